"""A clock for lessons and tests, which stands still until it is put forward."""

from __future__ import annotations


class Clock:
    """Call it to get the time, in seconds since 1970; it begins at `start`."""

    def __init__(self, start: float = 1_763_000_000.0) -> None:
        self._now = start

    def __call__(self) -> float:
        """Return the time, in seconds since 1970."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Put the clock forward."""
        self._now += seconds
