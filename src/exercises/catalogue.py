"""Where to find an exercise: by its name, or by its lesson."""

from difflib import get_close_matches
from functools import cache
from pathlib import Path

from exercises.exercise import Exercise, read
from private_redis import PlainError

LESSONS = {
    "start": "00_start_here",
    "health": "01_health",
    "queue": "02_queue",
    "cache": "03_cache",
    "pubsub": "04_pubsub",
    "pipeline": "05_pipeline",
    "lab": "06_lose_nothing",
    "outage": "07_when_redis_fails",
    "outside": "08_from_outside",
}
"""The folders of exercises, and the notebook that each belongs to."""


class WrongCall(PlainError, LookupError):
    """`check` or one of its like was called for what there is not."""


def find(name: str) -> Exercise:
    """Return the exercise of this name, as `queue.drain`.

    Raises:
        WrongCall: there is none; the message says which there are.
    """
    known = {exercise.name: exercise for lesson in LESSONS for exercise in in_lesson(lesson)}
    return known[_known(name, [*known], "exercise")]


@cache
def in_lesson(lesson: str) -> tuple[Exercise, ...]:
    """Return the exercises of a lesson, as `queue`, in the order of its notebook.

    Raises:
        WrongCall: there is no such lesson; the message says which there are.
    """
    files = (Path(__file__).parent / _known(lesson, [*LESSONS], "lesson")).glob("*.md")
    return tuple(sorted(map(read, files), key=lambda exercise: exercise.place))


def _known(name: str, known: list[str], what: str) -> str:
    if name in known:
        return name
    close = get_close_matches(name, known, n=1) or known
    raise WrongCall(f"There is no {what} {name!r}. Did you mean {' or '.join(close)}?")
