"""The wrong answers in tests/exercises/wrong, and the hint that each must draw.

Such a file is Python in cells. The line before each answer names its hint, a constant of the
exercise's check, or of the bench where the mistake can be made in every exercise:

    # %% REVERSED
    async def drain(client):
        …
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from exercises import bench

FOLDER = Path(__file__).parent / "wrong"


@dataclass(frozen=True)
class Wrong:
    """A wrong answer that we expect, and the hint that it must draw."""

    hint_name: str
    hint: str
    code: str


def wrong_answers(name: str) -> list[Wrong]:
    """Return the wrong answers to the exercise `name`, in the order of their file."""
    file = FOLDER / f"{name.replace('.', '/')}.py"
    _, *cells = re.split(r"^# %% (\w+)\n", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    known = hints(bench.__name__) | hints(f"exercises.{name}")
    unknown = set(cells[::2]) - set(known)
    assert not unknown, f"{file}: {', '.join(unknown)} is no hint of the check, nor of the bench."
    return [
        Wrong(hint, known[hint], code.strip())
        for hint, code in zip(cells[::2], cells[1::2], strict=True)
    ]


def hints(module: str) -> dict[str, str]:
    """Return the hints of a module by their names: constants that hold whole sentences."""
    values = vars(import_module(module)).items()
    return {
        name: value
        for name, value in values
        if name.isupper() and isinstance(value, str) and value.endswith((".", "?"))
    }
