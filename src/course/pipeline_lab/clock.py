"""A clock for lessons and tests: it stands still, or runs as fast as it is told to.

clock = Clock()
aggregator = BatchAggregator(client, clock=clock)
clock.advance(90)
"""

from __future__ import annotations

import time


class Clock:
    """Call it to get the time, in seconds since 1970.

    Args:
        start: the time at which it begins.
        speed: how many of its seconds pass in one real second; 0 stands still.
    """

    def __init__(self, start: float = 1_763_000_000.0, *, speed: float = 0.0) -> None:
        self._start = start
        self._speed = speed
        self._began = time.monotonic()

    def __call__(self) -> float:
        """Return the time, in seconds since 1970."""
        return self._start + self._speed * (time.monotonic() - self._began)

    def advance(self, seconds: float) -> None:
        """Put the clock forward."""
        self._start += seconds
