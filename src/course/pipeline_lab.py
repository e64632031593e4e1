"""Lesson 05: a clock, what a stage logs, and where the time of an event goes, stage by stage."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from backend.services.stage import Stage, Step

__all__ = ["Clock", "log_of", "time_of_event"]


class Clock:
    """A clock that stands still until it is put forward.

    Call it to get the time, in seconds since 1970; it begins at `start`.
    """

    def __init__(self, start: float = 1_763_000_000.0) -> None:
        self._now = start

    def __call__(self) -> float:
        """Return the time, in seconds since 1970."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Put the clock forward."""
        self._now += seconds


class Span(NamedTuple):
    """A part of the way: at a stage, or in the queue in which the event's job waits."""

    what: str
    seconds: float


def time_of_event(
    event: dict[str, Any], *, watcher: Stage, detector: Stage, aggregator: Stage, analyzer: Stage
) -> list[Span]:
    """Return the parts of the way that an event has come, from its first file on, in order.

    Args:
        event: the data of the event, with its batch_id.
        watcher: the file watcher. It and the others must have run in this process.
        detector: the detection worker.
        aggregator: the aggregator, the same one that the detection worker was given.
        analyzer: the analysis worker.

    Raises:
        LookupError: a stage does not know of this event.
    """
    batch = _find(aggregator.steps, "aggregator", lambda step: step.subject == event["batch_id"])
    seen = _find(detector.steps, "detector", lambda step: batch.made[0] in step.made)
    queued = _find(watcher.steps, "file watcher", lambda step: step.subject == seen.subject)
    judged = _find(analyzer.steps, "analyzer", lambda step: step.subject == event["batch_id"])
    moments = [
        ("", Path(seen.subject).stat().st_mtime),
        ("file watcher", queued.ended),
        ("detection_queue", seen.started),
        # On the fast path, the batch is closed while the detector still has the job in hand.
        ("detector", min(seen.ended, batch.ended)),
        ("batch", batch.ended),
        ("analysis_queue", judged.started),
        ("analyzer", judged.ended),
    ]
    # Two steps may overlap by a millisecond: a job can be taken before its producer has noted it.
    return [
        Span(what, max(ended - before, 0.0)) for (_, before), (what, ended) in pairwise(moments)
    ]


def _find(steps: Iterable[Step], who: str, fits: Callable[[Step], bool]) -> Step:
    for step in steps:
        if fits(step):
            return step
    raise LookupError(f"the {who} knows nothing of this event: did it run in this process?")


@contextmanager
def log_of(stage: Stage) -> Iterator[list[str]]:
    """Collect what a stage logs, one line a record; it is printed nowhere meanwhile."""
    lines: list[str] = []

    def collect(record: logging.LogRecord) -> bool:
        lines.append(record.getMessage())
        return False  # a filter that says no: the record goes no further

    level = stage.log.level
    stage.log.setLevel(logging.INFO)
    stage.log.addFilter(collect)
    try:
        yield lines
    finally:
        stage.log.removeFilter(collect)
        stage.log.setLevel(level)
