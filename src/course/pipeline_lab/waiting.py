"""What the lesson on the pipeline needs beside the stages: waiting, and reading a log."""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

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
