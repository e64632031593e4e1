"""What an exercise is made of, and where to find one by its name."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from typing import Any

from private_redis import PlainError

LESSONS = {
    "start": "00_start_here",
    "health": "01_health",
    "queue": "02_queue",
    "cache": "03_cache",
    "pubsub": "04_pubsub",
    "pipeline": "05_pipeline",
    "lab": "06_failure_lab",
}
"""The folders of exercises, and the notebook that each belongs to."""


class WrongCall(PlainError, LookupError):
    """`check` or one of its like was called for what there is not."""


@dataclass(frozen=True)
class Wrong:
    """A wrong answer that we expect, and the hint that it must draw."""

    hint: str
    code: str


@dataclass(frozen=True)
class Exercise:
    """An exercise: the one value `EXERCISE` in a file of its own, `<lesson>/<name>.py`."""

    place: int
    """1 for the first exercise of its lesson."""
    statement: str
    """The text above the stub, as Markdown. It begins with `### Exercise: ` and a title."""
    stub: str
    """The code of the cell that the reader changes."""
    answers: tuple[str, ...]
    """Which names of that cell are judged."""
    check: Callable[..., Awaitable[None]]
    """`await check(bench, *answers)` returns when they are right, and else raises NotYet."""
    hints: tuple[str, ...]
    """For `hint()`, one after the other: from a nudge to nearly the answer."""
    solution: str
    """A right answer for that cell, with comments."""
    why: str
    """Why it matters in production: one line, shown with "right"."""
    wrong: tuple[Wrong, ...]
    """At least three."""

    @property
    def title(self) -> str:
        """The title in the statement's heading."""
        heading = re.match(r"### Exercise: (.+)", self.statement.strip())
        assert heading, "the statement begins with a heading, `### Exercise: …`"
        return heading[1]


@cache
def names(lesson: str) -> tuple[str, ...]:
    """Return the names of a lesson's exercises, as `queue.drain`, in the order of the lesson."""
    package = import_module(f"exercises.{lesson}")
    modules = [module.name for module in pkgutil.iter_modules(package.__path__)]
    return tuple(
        sorted((f"{lesson}.{name}" for name in modules), key=lambda name: _load(name).place)
    )


def find(name: str) -> Exercise:
    """Return the exercise of this name, as `queue.drain`.

    Raises:
        WrongCall: there is none; the message says which there are.
    """
    known = [each for lesson in LESSONS for each in names(lesson)]
    if name not in known:
        close = get_close_matches(name, known, n=1) or known
        raise WrongCall(f"There is no exercise {name!r}. Did you mean {' or '.join(close)}?")
    return _load(name)


def _load(name: str) -> Exercise:
    exercise: Any = import_module(f"exercises.{name}").EXERCISE
    assert isinstance(exercise, Exercise)
    return exercise
