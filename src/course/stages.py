"""What the lesson on the pipeline needs beside the stages: waiting, reading a log, taking times."""

from __future__ import annotations

import asyncio
import inspect
import logging
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from backend.services.stage import Stage


async def until(condition: Callable[[], bool | Awaitable[bool]], *, within: float = 20.0) -> None:
    """Wait until a condition holds.

    Args:
        condition: asked again and again; may be a coroutine function.
        within: seconds to wait at the most.

    Raises:
        TimeoutError: it did not hold in time.
    """
    ends = time.monotonic() + within
    while True:
        answer = condition()
        if await answer if inspect.isawaitable(answer) else answer:
            return
        if time.monotonic() > ends:
            raise TimeoutError(f"what was waited for has not happened within {within:g} s")
        await asyncio.sleep(0.01)


@contextmanager
def log_of(stage: Stage) -> Iterator[list[str]]:
    """Collect what a stage logs, one line a record; it is printed nowhere meanwhile."""
    lines: list[str] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    handler, level, propagate = Collect(), stage.log.level, stage.log.propagate
    stage.log.addHandler(handler)
    stage.log.setLevel(logging.INFO)
    stage.log.propagate = False
    try:
        yield lines
    finally:
        stage.log.removeHandler(handler)
        stage.log.setLevel(level)
        stage.log.propagate = propagate


PARTS = ("until whole", "detection_queue", "detector", "batch", "analysis_queue", "analyzer")
"""The parts of an event's way, from a file in a folder to a message on the channel."""


def where_the_time_goes(
    watcher: Stage, detector: Stage, aggregator: Stage, analyzer: Stage
) -> dict[str, float]:
    """Return the seconds that an event spends in each part of its way: {part: median}.

    An event is followed from the first detection in its batch. The stages have run in this
    process, and the files are still there.
    """
    files = {step.subject: step for step in watcher.steps}
    images = {made: step for step in detector.steps for made in step.made}
    batches = {step.subject: step for step in aggregator.steps}
    spent: dict[str, list[float]] = {part: [] for part in PARTS}
    for analysed in analyzer.steps:
        batch = batches[analysed.subject]
        image = images[batch.made[0]]
        file = files[image.subject]
        moments = (
            Path(file.subject).stat().st_mtime,
            file.ended,
            image.started,
            image.ended,
            batch.ended,
            analysed.started,
            analysed.ended,
        )
        for part, begins, ends in zip(PARTS, moments, moments[1:], strict=False):
            spent[part].append(max(ends - begins, 0.0))
    return {part: statistics.median(values) for part, values in spent.items()}
