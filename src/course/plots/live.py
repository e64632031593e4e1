"""Watch: a figure below the cell that moves while the cell runs."""

from __future__ import annotations

import asyncio
import time
from copy import deepcopy

from course.plots.figures import queue_lengths
from course.plots.lengths import Lengths
from course.plots.output import png, publish

FRAME = 1 / 8
"""Seconds from one frame to the next, at least."""


async def draw_until(sampling: asyncio.Task[None], lengths: Lengths) -> None:
    """Draw the lengths again and again until the sampling has ended, and once more then.

    All frames have the same text: nbval compares the first with the last, which is stored.
    """
    text = f"Live view of {', '.join(lengths)}. Its numbers are others in every run."
    handle = None
    last = False
    while not last:
        last = sampling.done()
        started = time.monotonic()
        # Drawing takes tens of milliseconds: in a thread, producers and consumers go on meanwhile.
        frame = await asyncio.to_thread(_frame, deepcopy(lengths), text)
        handle = publish(frame, text, handle)
        took = time.monotonic() - started
        await asyncio.wait([sampling], timeout=max(FRAME - took, took))


def _frame(lengths: Lengths, text: str) -> bytes:
    longest = max(map(max, lengths.values()))
    figure = queue_lengths(
        lengths,
        title=f"Live view of {', '.join(lengths)}",
        reach=(_doubled(2, lengths.x[-1]), _doubled(10, longest)),
    )
    return png(figure, text)


def _doubled(start: float, least: float) -> float:
    """Double `start` until it holds `least`: so the axes hold still from frame to frame."""
    while start < least:
        start *= 2
    return start
