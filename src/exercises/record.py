"""Which exercises the reader has solved: a small file in the reader's own state folder."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from platformdirs import user_state_path


def file() -> Path | None:
    """Return where progress is kept; None if it is neither read nor written.

    That is so where notebooks are run as tests: in CI, and wherever COURSE_PROGRESS is `off`.
    """
    if os.environ.get("CI") or os.environ.get("COURSE_PROGRESS") == "off":
        return None
    return user_state_path("home-security-redis-course", appauthor=False) / "progress.json"


def solved() -> set[str]:
    """Return the names of the solved exercises.

    A file that is not ours, or is broken, is set aside, and a line says so.
    """
    if (path := file()) is None:
        return set()
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(kept, dict) or not isinstance(kept.get("solved"), list):
            raise ValueError("it holds something else")
        return {str(name) for name in kept["solved"]}
    except FileNotFoundError:
        return set()
    except OSError as error:
        print(f"Your progress in {path} could not be read: {error.strerror}.")
    except ValueError as error:  # not JSON, not UTF-8, or not our JSON
        aside = path.with_suffix(".set-aside.json")
        try:
            path.replace(aside)
            print(f"{path} is no progress of this course ({error}). It is now {aside.name}.")
        except OSError:
            print(f"{path} is no progress of this course ({error}), and cannot be set aside.")
    return set()


def remember(name: str) -> None:
    """Add a solved exercise. Where the file cannot be written, a line says so."""
    if (path := file()) is None or name in (before := solved()):
        return
    text = json.dumps({"solved": sorted(before | {name})}, indent=1)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written beside it and moved into its place: nobody ever reads half a file.
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, suffix=".new", delete=False
        ) as new:
            new.write(text)
        Path(new.name).replace(path)
    except OSError as error:
        print(f"Your progress could not be kept in {path}: {error.strerror}.")
