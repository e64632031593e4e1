"""What the reader has solved on call: one line of JSON for each drill, beside the progress."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from exercises import record


@dataclass(frozen=True)
class Result:
    """How a drill ended."""

    incident: int
    """Its number."""
    recognised: bool
    """Whether part and cause were named rightly."""
    minutes: float
    """From the page to the verdict."""
    lost: int
    """Images that are nowhere any more."""
    harm: int
    """Sentences that the judge had to say about harm, the loss among them."""


def file() -> Path | None:
    """Return where results are kept; None if they are not, as in tests."""
    path = record.file()
    return path and path.with_name("drills.jsonl")


def remember(result: Result) -> None:
    """Add a result. Where the file cannot be written, a line says so."""
    if (path := file()) is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as kept:
            kept.write(json.dumps(asdict(result)) + "\n")
    except OSError as error:
        print(f"This result could not be kept in {path}: {error.strerror}.")


def results() -> list[Result]:
    """Return all results, the oldest first. A line that is none is left out."""
    return list(_read())


def _read() -> Iterator[Result]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines() if (path := file()) else []
    except (OSError, UnicodeDecodeError):
        return
    for line in lines:
        try:
            yield Result(**json.loads(line))
        except (ValueError, TypeError):
            continue
