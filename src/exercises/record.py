"""What the reader has solved, and with which answer: a small file in the reader's state folder."""

import dataclasses
import hashlib
import json
import os
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from platformdirs import user_state_path

from exercises.exercise import Exercise


@dataclass(frozen=True)
class Solved:
    """An exercise that was solved."""

    version: str = ""
    """Which version of the exercise; "" if it was solved before versions were kept."""
    answer: str = ""
    """The reader's cell that was judged right; "" if it is not known."""


def file() -> Path | None:
    """Return where progress is kept; None if it is neither read nor written.

    That is so where notebooks are run as tests: in CI, and wherever COURSE_PROGRESS is `off`.
    """
    if os.environ.get("CI") or os.environ.get("COURSE_PROGRESS") == "off":
        return None
    return user_state_path("home-security-redis-course", appauthor=False) / "progress.json"


def solved() -> dict[str, Solved]:
    """Return the solved exercises by name.

    A file that is not ours, or is broken, is set aside, and a line says so.
    """
    if (path := file()) is None:
        return {}
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))["solved"]
        if isinstance(kept, list):  # as it was kept before there were versions
            kept = {str(name): {} for name in kept}
        return {name: Solved(**each) for name, each in kept.items()}
    except FileNotFoundError:
        return {}
    except OSError as error:
        print(f"Your progress in {path} could not be read: {error.strerror}.")
    except (ValueError, TypeError, LookupError, AttributeError):  # no JSON, or none of ours
        aside = path.with_suffix(".set-aside.json")
        try:
            path.replace(aside)
            print(f"{path} is no progress of this course. It is now {aside.name}.")
        except OSError:
            print(f"{path} is no progress of this course, and cannot be set aside.")
    return {}


def version(exercise: Exercise) -> str:
    """Return eight characters that change when the task, the stub or the check does."""
    check = Path(import_module(f"exercises.{exercise.name}").__file__ or "").read_text("utf-8")
    text = "\0".join([exercise.task, exercise.stub, check])
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def remember(exercise: Exercise, answer: str = "") -> None:
    """Add a solved exercise, and the cell that answers it.

    Where the file cannot be written, a line says so.
    """
    if (path := file()) is None:
        return
    now = {exercise.name: Solved(version(exercise), answer)}
    kept = {name: dataclasses.asdict(each) for name, each in sorted((solved() | now).items())}
    text = json.dumps({"solved": kept}, indent=1, ensure_ascii=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written beside it and moved into its place: nobody ever reads half a file.
        new = path.with_suffix(f".{os.getpid()}.new")
        new.write_text(text, encoding="utf-8")
        new.replace(path)
    except OSError as error:
        print(f"Your progress could not be kept in {path}: {error.strerror}.")
