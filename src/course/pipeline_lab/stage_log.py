"""What the lesson on the pipeline needs beside the stages: reading a stage's log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from backend.services.stage import Stage


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
