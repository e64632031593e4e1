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


async def _silence() -> None:
    """Take half a second, in steps: a program that itself stands still for as long takes one."""
    for _ in range(10):
        await asyncio.sleep(0.05)


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
        self._owed: tuple[float, asyncio.Task[None]] | None = None  # an answer: since when

    @property
    def x(self) -> list[float]:
        """Where each sample is drawn: see `times`; not timed, its number from 0."""
        return self.times if self.timed else [float(step) for step in range(len(self.times))]

    async def sample(self) -> None:
        """Take one sample of all queues now; an answer that is long in coming leaves an outage.

        A question that fails leaves one too, which ends with the first answer after it.

        Raises:
            TimeoutError: the server did not answer within the watch's timeout.
        """
        if self._owed is None:
            self._owed = self._elapsed(), asyncio.create_task(_silence())
        try:
            async with asyncio.timeout(self._timeout) as deadline:
                values = await self._read()
        except TimeoutError as error:
            if not deadline.expired():
                raise  # the client's own, with words of its own
            raise TimeoutError(
                f"Counting {', '.join(self)} took longer than {self._timeout:g} s: Redis hangs, or "
                "has one long command. `redis-cli ping` and `redis-cli slowlog get` tell which."
            ) from error
        # The time and the values are stored together, without an await between them.
        answered = self._elapsed()
        # Another sample may have been answered meanwhile: then no answer is owed any more.
        if self._owed:
            (since, silence), self._owed = self._owed, None
            if silence.done() and self.timed:
                self.outages.append(Outage(since, answered))
            silence.cancel()
        self.times.append(answered)
        for queue, value in zip(self, values, strict=True):
            self[queue].append(value)

    def mark(self, label: str) -> None:
        """Name this moment: it is drawn as a vertical line with these words."""
        at = self._elapsed() if self.timed else float(max(len(self.times) - 1, 0))
        self.marks.append(Mark(at, label))

    def __getstate__(self) -> dict[str, object]:
        return vars(self) | {"_owed": None}  # a copy, which is to be drawn, asks nobody

    def _elapsed(self) -> float:
        return time.monotonic() - self._start
