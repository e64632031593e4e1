"""The wrong answers in tests/exercises/wrong, and the mistake that each must be told.

Such a file is Python in cells. The line before each answer names its mistake, as the exercise's
Markdown file lists it, or mistakes.md where it can be made in every exercise:

    # %% REVERSED
    async def drain(client):
        …
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from exercises import catalogue
from exercises.exercise import COMMON

FOLDER = Path(__file__).parent / "wrong"
A_FEW = 4


@dataclass(frozen=True)
class Wrong:
    """A wrong answer that we expect, and the mistake that it must be told."""

    mistake: str
    code: str


def wrong_answers(name: str) -> list[Wrong]:
    """Return the wrong answers to the exercise `name`, in the order of their file."""
    file = FOLDER / f"{name.replace('.', '/')}.py"
    _, *cells = re.split(r"^# %% (\w+)\n", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    unknown = set(cells[::2]) - {*COMMON, *catalogue.find(name).mistakes}
    assert not unknown, f"{file}: {', '.join(unknown)} is no mistake of this exercise."
    return [Wrong(*pair) for pair in zip(cells[::2], map(str.strip, cells[1::2]), strict=True)]


def a_few(name: str) -> list[Wrong]:
    """Return some of them, from the first to the last part of their file."""
    answers = wrong_answers(name)
    return answers[:: max(1, len(answers) // A_FEW)]
