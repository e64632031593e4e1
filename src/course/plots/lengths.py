"""Lengths: what has been measured, sample by sample."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple


class Mark(NamedTuple):
    """A moment with a name; `at` is its place on the x axis: see `Lengths.x`."""

    at: float
    label: str


class Outage(NamedTuple):
    """From when a question was asked that got no answer to the next answer, as `Lengths.times`."""

    start: float
    end: float


Read = Callable[[], Awaitable[Sequence[int]]]  # one sample: a number for each name
SILENCE = 0.5
"""Seconds without an answer after which it is said: until then, a length holds."""


class Lengths(dict[str, list[int]]):
    """The lengths of each queue, or other counts, sample by sample, oldest first. `watch` makes it.

    Attributes:
        timed: True when samples are taken by the clock, False when only `sample()` takes them.
        times: when each sample arrived, in seconds after the watch began.
        marks: the moments named with `mark()`.
        outages: when the server gave no answer for half a second or longer, by the clock.
    """

    def __init__(self, read: Read, queues: Sequence[str], *, timed: bool, timeout: float) -> None:
        super().__init__({queue: [] for queue in queues})
        self.timed = timed
        self.times: list[float] = []
        self.marks: list[Mark] = []
        self.outages: list[Outage] = []
        self._read = read
        self._timeout = timeout
        self._start = time.monotonic()
        self._asked: float | None = None  # since when an answer is owed

    @property
    def x(self) -> list[float]:
        """Where each sample is drawn: see `times`; not timed, its number from 0."""
        return self.times if self.timed else [float(step) for step in range(len(self.times))]

    async def sample(self) -> dict[str, int]:
        """Take one sample of all queues now, and return it.

        An answer that is long in coming leaves an outage behind. A question that fails leaves one
        too, which ends with the first answer after it.

        Raises:
            TimeoutError: the server did not answer within the watch's timeout.
        """
        if self._asked is None:
            self._asked = self._elapsed()
        try:
            async with asyncio.timeout(self._timeout) as deadline:
                values = await self._read()
        except TimeoutError as error:
            if not deadline.expired():
                raise  # the client's own, with words of its own
            raise TimeoutError(
                f"Counting {', '.join(self)} took longer than "
                f"{self._timeout:g} s: the server hangs, or is busy with one long command. "
                "`redis-cli ping` and `redis-cli slowlog get` tell which."
            ) from error
        # The time and the values are stored together, without an await between them.
        answered = self._elapsed()
        # Another sample may have been answered meanwhile: then no answer is owed any more.
        if self._asked is not None and self.timed and answered - self._asked >= SILENCE:
            self.outages.append(Outage(self._asked, answered))
        self._asked = None
        self.times.append(answered)
        sample = dict(zip(self, values, strict=True))
        for queue, value in sample.items():
            self[queue].append(value)
        return sample

    def mark(self, label: str) -> None:
        """Name this moment: it is drawn as a vertical line with these words."""
        at = self._elapsed() if self.timed else float(max(len(self.times) - 1, 0))
        self.marks.append(Mark(at, label))

    def _elapsed(self) -> float:
        return time.monotonic() - self._start
