"""Measure: read numbers from the server while producers and consumers run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from redis import exceptions

from backend.core.redis import RedisClient
from course.plots.lengths import Lengths
from course.plots.live import draw_until

NO_ANSWER = TimeoutError, exceptions.TimeoutError, exceptions.ConnectionError


@asynccontextmanager
async def watch(
    client: RedisClient,
    queues: Sequence[str],
    *,
    every: float | None = 0.02,
    live: bool = False,
    timeout: float = 5.0,
) -> AsyncIterator[Lengths]:
    """Sample the lengths of queues while the body of the `async with` runs, and before and after.

    A queue changes between two samples too: to be sure of a moment, such as the top of a burst,
    take a sample there with `await lengths.sample()`.

    Args:
        client: a connected client.
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

    async def read() -> Sequence[int]:
        return await asyncio.gather(*map(client.get_queue_length, queues))

    lengths = Lengths(read, queues, timed=every is not None, timeout=timeout)
    if every is None:
        yield lengths
        return
    async with sampled(lengths, every, live=live):
        yield lengths


@asynccontextmanager
async def sampled(
    lengths: Lengths, every: float, *, live: bool = False, outages: bool = False
) -> AsyncIterator[None]:
    """Sample by the clock while the body runs: see `watch`.

    With `outages`, a server that is away leaves a gap and no error. It has to be back at the end.
    """
    await lengths.sample()
    failures: Sequence[BaseException] = ()
    done = asyncio.Event()
    try:
        # The group ends the body when the sampling fails: it may wait for the same server.
        async with asyncio.TaskGroup() as tasks:
            sampling = tasks.create_task(_sample_until(done, lengths, every, outages))
            if live:
                tasks.create_task(draw_until(sampling, lengths))
            yield
            done.set()
    except* Exception as group:
        failures = group.exceptions
    if failures:  # raised out here, the reader sees the error itself and not a group of one
        first, *others = failures
        for other in others:
            first.add_note(f"And at the same time: {type(other).__name__}: {other}")
        raise first


async def _sample_until(done: asyncio.Event, lengths: Lengths, every: float, outages: bool) -> None:
    last = False
    while not last:
        with suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), every)
        last = done.is_set()  # before reading: what is read next was asked for after the body
        try:
            await lengths.sample()
        except NO_ANSWER:
            if last or not outages:
                raise
