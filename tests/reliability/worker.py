"""What the scenarios share: a consumer in this process, and the ways in which its work ends."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from redis import exceptions

from backend.core.redis import RedisClient
from backend.core.unavailable import Unavailable
from backend.examples.pop_or_reserve import Options, Take, consume
from course.failure_lab.connection import Proxy
from course.failure_lab.round import Round

UNANSWERED = (exceptions.ConnectionError, exceptions.TimeoutError)
Ending = Callable[[], Awaitable[None]]


async def done() -> None:
    """The work on an item comes to its end."""


async def fail() -> None:
    """The work on an item ends with an error."""
    raise ValueError("the detector failed")


async def give_back() -> None:
    """The work on an item cannot be done now."""
    raise Unavailable("the model is away")


ENDINGS = (done, fail, give_back)
NOT_DONE = (ValueError, Unavailable)


def endings(round: Round, tries: int) -> Iterator[Ending]:
    """Yield how the work on each item ends: it is done, it fails, it is given back.

    With the plain queue always the first: the other two would lose the item without any fault.
    """
    return itertools.islice(
        itertools.cycle(ENDINGS if round.mode == "reserve" else ENDINGS[:1]), tries
    )


@dataclass
class Worker:
    """A consumer in this process, which takes one item at a time."""

    round: Round
    client: RedisClient
    take: Take

    async def work(self, timeout: float = 1.0, before_the_end: Ending = done) -> bool:
        """Take one item and handle it; return whether there was one.

        Args:
            timeout: seconds to wait for an item.
            before_the_end: called when the item is taken and not yet handled; may raise.
        """
        async with self.take(timeout) as item:
            if item is not None:
                await before_the_end()
                self.round.handled.append(item["id"])
        return item is not None

    async def drain(self) -> None:
        """Handle all that is left, also what is to be tried again."""
        settled = asyncio.create_task(self.round.settled())
        while not settled.done():
            await self.work(0.02)
        await settled


@asynccontextmanager
async def working(
    round: Round, client: RedisClient | None = None, **options: Any
) -> AsyncIterator[Worker]:
    """A worker, with the options of a consumer and a client of its own or that of the round."""
    client = client or round.client
    settings = Options(**{"backoff_base": 0.02} | options)
    async with consume(client, round.mode, settings) as take:
        yield Worker(round, client, take)


@asynccontextmanager
async def behind_a_proxy(round: Round, tries: int) -> AsyncIterator[tuple[Proxy, Worker]]:
    """A worker whose connection can be cut. A reply that was not lost proves nothing.

    Raises:
        AssertionError: not as many replies were lost as there were tries.
    """
    proxy = round.proxy()
    async with (
        RedisClient(proxy.url, backoff_base=0.01) as client,
        working(round, client) as worker,
    ):
        yield proxy, worker
        await worker.drain()
    if proxy.lost != tries:
        raise AssertionError(f"{proxy.lost} of {tries} replies were lost")
