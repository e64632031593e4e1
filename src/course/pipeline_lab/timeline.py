"""Where the time of an event goes, from the file to the browser, stage by stage."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from backend.services.stage import Stage, Step


@dataclass(frozen=True)
class Span:
    """A part of the way."""

    what: str
    """A stage, or the queue in which the event's job waits."""
    seconds: float


def time_of_event(
    event: dict[str, Any],
    *,
    watcher: Stage,
    detector: Stage,
    aggregator: Stage,
    analyzer: Stage,
    heard: float | None = None,
) -> list[Span]:
    """Return the parts of the way that an event has come, in order.

    It follows the first detection of the event's batch. The stages must have run in this process,
    for they remember only their own steps.

    Args:
        event: the data of the event, with its batch_id.
        watcher: the file watcher.
        detector: the detection worker.
        aggregator: the aggregator, the same one that the detection worker was given.
        analyzer: the analysis worker.
        heard: when the event was heard at the far end, in seconds since 1970.

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
    if heard is not None:
        moments.append(("to the browser", heard))
    # Two steps may overlap by a millisecond: a job can be taken before its producer has noted it.
    return [
        Span(what, max(ended - before, 0.0)) for (_, before), (what, ended) in pairwise(moments)
    ]


def _find(steps: Iterable[Step], who: str, fits: Callable[[Step], bool]) -> Step:
    for step in steps:
        if fits(step):
            return step
    raise LookupError(f"the {who} knows nothing of this event: did it run in this process?")
