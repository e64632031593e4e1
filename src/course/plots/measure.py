"""Measure: read the lengths of queues from the server while producers and consumers run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple, Protocol

import redis.asyncio


class HasQueueLengths(Protocol):
    """What `watch` needs of a client; `backend.core.redis.RedisClient` has it."""

    async def get_queue_length(self, queue_name: str, /) -> int:
        """Return the number of items in the queue, 0 when there is no such queue."""
        ...


Read = Callable[[Sequence[str]], Awaitable[list[int]]]


class Mark(NamedTuple):
    """A moment with a name."""

    at: float
    """Where on the x axis of the lengths it belongs: see `Lengths.x`."""
    label: str


class Lengths:
    """The lengths of some queues, sample by sample. `watch` makes it.

    Attributes:
        queues: the names of the queues, in the order in which they are drawn.
        timed: True when samples are taken by the clock, False when only `sample()` takes them.
        times: when each sample arrived, in seconds after the first.
        marks: the moments named with `mark()`.
    """

    def __init__(self, queues: Sequence[str], read: Read, *, timed: bool, timeout: float) -> None:
        self.queues = tuple(queues)
        self.timed = timed
        self.times: list[float] = []
        self.marks: list[Mark] = []
        self._values: dict[str, list[int]] = {queue: [] for queue in queues}
        self._read = read
        self._timeout = timeout
        self._start: float | None = None

    def __getitem__(self, queue: str) -> list[int]:
        """Return all lengths of one queue, in items, oldest first."""
        return self._values[queue]

    @property
    def x(self) -> list[float]:
        """Where each sample is drawn: seconds after the first; not timed, its number from 0."""
        return self.times if self.timed else [float(step) for step in range(len(self.times))]

    async def sample(self) -> dict[str, int]:
        """Take one sample of all queues now, and return it.

        Raises:
            TimeoutError: the server did not answer within the watch's timeout.
        """
        try:
            async with asyncio.timeout(self._timeout) as deadline:
                values = await self._read(self.queues)
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
        self.times.append(self._elapsed())
        for queue, value in zip(self.queues, values, strict=True):
            self._values[queue].append(value)
        return dict(zip(self.queues, values, strict=True))

    def copy(self) -> Lengths:
        """Return what has been measured so far: sampling goes on, and leaves the copy as it is."""
        copy = Lengths(self.queues, self._read, timed=self.timed, timeout=self._timeout)
        copy.times, copy.marks = self.times.copy(), self.marks.copy()
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


@asynccontextmanager
async def watch(
    source: HasQueueLengths | str,
    queues: Sequence[str],
    *,
    every: float | None = 0.02,
    live: bool = False,
    timeout: float = 5.0,
) -> AsyncIterator[Lengths]:
    """Sample the lengths of queues while the body of the `async with` runs.

    The first sample is taken before the body starts, the last one after it has ended. A queue
    changes between two samples too: to be sure of a moment, such as the top of a burst, take a
    sample there with `await lengths.sample()`.

    Args:
        source: a connected client, or the URL of a server. A client puts its namespace in front of
            the names; with a URL they are the full names of the keys, over a connection of its own.
        queues: the names of the queues. All of one sample are read close together.
        every: seconds between two samples; None takes none by itself: then call `sample()`.
        live: also draw the lengths below the cell while it runs, up to 8 times a second.
        timeout: seconds that the server has for one sample.

    Raises:
        TimeoutError: the server did not answer a sample in time.
        Exception: whatever else the sampling met. It ends the body at once, and is raised as it is.
    """
    if isinstance(queues, str):
        raise TypeError(f"queues is a list of names: write [{queues!r}]")
    if not queues or (every is not None and every <= 0):
        raise ValueError("watch needs at least one queue, and `every` above 0 seconds (or None)")
    if live and every is None:
        raise ValueError("a live view samples by the clock: give `every` in seconds")

    async with _reader(source, timeout) as read:
        lengths = Lengths(queues, read, timed=every is not None, timeout=timeout)
        if every is None:
            yield lengths
            return
        await lengths.sample()
        failures: Sequence[BaseException] = ()
        done = asyncio.Event()
        try:
            # The group ends the body when the sampling fails: it may wait for the same server.
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_sample_until(done, lengths, every))
                if live:
                    from course.plots.live import draw_until

                    tasks.create_task(draw_until(done, lengths))
                yield lengths
                done.set()
        except* Exception as group:
            failures = group.exceptions
        if failures:  # raised out here, the reader sees the error itself and not a group of one
            first, *others = failures
            for other in others:
                first.add_note(f"And at the same time: {type(other).__name__}: {other}")
            raise first


async def _sample_until(done: asyncio.Event, lengths: Lengths, every: float) -> None:
    while not done.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), every)
        await lengths.sample()


@asynccontextmanager
async def _reader(source: HasQueueLengths | str, timeout: float) -> AsyncIterator[Read]:
    """Give the function that reads the lengths of all queues as one sample."""
    if not isinstance(source, str):

        async def ask_client(queues: Sequence[str]) -> list[int]:
            return list(await asyncio.gather(*map(source.get_queue_length, queues)))

        yield ask_client
        return

    async with redis.asyncio.Redis.from_url(source, socket_connect_timeout=timeout) as connection:

        async def ask_server(queues: Sequence[str]) -> list[int]:
            async with connection.pipeline(transaction=False) as pipeline:
                for queue in queues:
                    pipeline.llen(queue)
                return list(await pipeline.execute())

        yield ask_server
