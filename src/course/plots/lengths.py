"""Lengths: what `watch` has measured, sample by sample."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import NamedTuple

from backend.core.redis import RedisClient


class Mark(NamedTuple):
    """A moment with a name."""

    at: float
    """Where on the x axis of the lengths it belongs: see `Lengths.x`."""
    label: str


class Outage(NamedTuple):
    """A time in which no length could be read: what was asked got no answer."""

    start: float
    """When the question was asked that got none; seconds after the first sample."""
    end: float
    """When the server answered again."""


SILENCE = 0.5
"""Seconds without an answer after which it is said: until then, a length holds."""


class Lengths:
    """The lengths of some queues, sample by sample. `watch` makes it.

    Attributes:
        queues: the names of the queues, in the order in which they are drawn.
        timed: True when samples are taken by the clock, False when only `sample()` takes them.
        times: when each sample arrived, in seconds after the first.
        marks: the moments named with `mark()`.
        outages: when the server gave no answer for half a second or longer, by the clock.
    """

    def __init__(
        self, client: RedisClient, queues: Sequence[str], *, timed: bool, timeout: float
    ) -> None:
        self.queues = tuple(queues)
        self.timed = timed
        self.times: list[float] = []
        self.marks: list[Mark] = []
        self.outages: list[Outage] = []
        self._values: dict[str, list[int]] = {queue: [] for queue in queues}
        self._client = client
        self._timeout = timeout
        self._start: float | None = None
        self._asked: float | None = None  # since when an answer is owed

    def __getitem__(self, queue: str) -> list[int]:
        """Return all lengths of one queue, in items, oldest first."""
        return self._values[queue]

    @property
    def x(self) -> list[float]:
        """Where each sample is drawn: seconds after the first; not timed, its number from 0."""
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
                values = await asyncio.gather(*map(self._client.get_queue_length, self.queues))
        except TimeoutError as error:
            if not deadline.expired():
                raise  # the client's own, with words of its own
            raise TimeoutError(
                f"Reading the length of {', '.join(self.queues)} took longer than "
                f"{self._timeout:g} s. The server took the question and did not answer: it hangs, "
                "or it is busy with one long command. "
                "`redis-cli ping` and `redis-cli slowlog get` tell which."
            ) from error
        # The time and the values are stored together, without an await between them.
        answered = self._elapsed()
        # Another sample may have been answered meanwhile: then no answer is owed any more.
        if self._asked is not None and self.timed and answered - self._asked >= SILENCE:
            self.outages.append(Outage(self._asked, answered))
        self._asked = None
        self.times.append(answered)
        for queue, value in zip(self.queues, values, strict=True):
            self._values[queue].append(value)
        return dict(zip(self.queues, values, strict=True))

    def copy(self) -> Lengths:
        """Return what has been measured so far: sampling goes on, and leaves the copy as it is."""
        copy = Lengths(self._client, self.queues, timed=self.timed, timeout=self._timeout)
        copy.times, copy.marks = self.times.copy(), self.marks.copy()
        copy.outages = self.outages.copy()
        copy._values = {queue: values.copy() for queue, values in self._values.items()}
        copy._start = self._start
        return copy

    def mark(self, label: str) -> None:
        """Name this moment: it is drawn as a vertical line with these words."""
        at = self._elapsed() if self.timed else float(max(len(self.times) - 1, 0))
        self.marks.append(Mark(at, label))

    def _elapsed(self) -> float:
        now = time.monotonic()
        if self._start is None:
            self._start = now
        return now - self._start
