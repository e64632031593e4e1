"""Scenarios beyond one server: a replica takes over, a slot moves. With real servers.

What a server has acknowledged, and passed on to no replica, is lost with it, in any kind of queue.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from typing import Any, Self

from redis import exceptions
from tests.moving_slots import move_slot
from tests.reliability.worker import Worker, working
from tests.support import until

from backend.core.redis import RedisClient
from backend.examples.pop_or_reserve import QUEUE
from course.failure_lab.round import Round
from private_redis import PrivateServer
from private_redis.several import Cluster, SentinelSet, ask

NAMESPACE = "{lab}:"


class Servers:
    """Several servers in the place of a round's one."""

    def __init__(self, kind: Callable[[], AbstractContextManager[SentinelSet | Cluster]]) -> None:
        self._kind = kind
        self._open = ExitStack()

    def start(self) -> None:
        self.started: Any = self._open.enter_context(self._kind())
        self.url = self.started.url

    def stop(self) -> None:
        self._open.close()


class RoundOfSeveral(Round):
    """A round with several servers; its namespace is a hash tag."""

    def __init__(self, kind: Callable[[], AbstractContextManager[SentinelSet | Cluster]]) -> None:
        super().__init__()
        self.server: Any = Servers(kind)

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.server.start)  # seconds, and other rounds are under way
        self.client = self.new_client()
        await self.client.connect()
        await self.begin("pop")
        return self

    def new_client(self, **options: Any) -> RedisClient:
        """Return a client that waits while a replica takes over."""
        often = {"attempts": 200, "backoff_base": 0.05, "backoff_cap": 0.1}
        settings = {"timeout": 10.0} | often | options
        return RedisClient(self.server.url, namespace=NAMESPACE, **settings)


def with_sentinels() -> Round:
    """Make a round with a primary, its replicas, and the Sentinels that watch them."""
    return RoundOfSeveral(SentinelSet)


def with_a_cluster() -> Round:
    """Make a round with three servers that share the slots, and a replica of each."""
    return RoundOfSeveral(Cluster)


async def fail_over(round: RoundOfSeveral, tries: int) -> None:
    """The primary dies when it has acknowledged so many pushes, and no replica has one of them."""
    async with cut_off(round.server.started):
        await round.add(tries)
    async with at_work(round):
        pass


@asynccontextmanager
async def cut_off(several: SentinelSet) -> AsyncIterator[None]:
    """Cut the primary off from its replicas meanwhile; in the end it dies, and one takes over."""
    with several.cut_off() as primary:
        yield
        primary.kill()
    await until(lambda: several.primary() is not primary, within=60)


async def fail_over_waiting(round: RoundOfSeveral, tries: int) -> None:
    """The same, and each push waits until a replica has it: not one is acknowledged."""
    async with (
        round.new_client(replicas=1, timeout=1.0) as producer,
        cut_off(round.server.started),
    ):
        await add_until(round, lambda: has_items(round), tries, client=producer)
    await add_again(round, tries)


async def fail_over_refusing(round: RoundOfSeveral, tries: int) -> None:
    """The same, and the primary takes no push while it has no replica: none is acknowledged."""
    several: SentinelSet = round.server.started
    ask(several.primary(), "CONFIG", "SET", "min-replicas-to-write", 1)
    async with cut_off(several):
        await add_until(round, lambda: has_refused(several.primary()), tries)
    await add_again(round, tries)


async def add_until(
    round: RoundOfSeveral,
    condition: Callable[[], bool | Awaitable[bool]],
    tries: int,
    **options: Any,
) -> None:
    """Add items until a condition holds, and break it off there: none may be acknowledged."""
    adding = asyncio.create_task(round.add(tries, **options))
    await until(condition, within=20)
    adding.cancel()
    await asyncio.gather(adding, return_exceptions=True)
    if round.added:
        raise AssertionError(f"acknowledged, and on no replica: {round.added}")


async def add_again(round: RoundOfSeveral, tries: int) -> None:
    """Add the items for good, as their producer does, and have all of them handled."""
    await round.add(tries)
    async with at_work(round):
        pass


def has_refused(primary: PrivateServer) -> bool:
    """Return whether the primary has refused a write since it has no replica."""
    return "errorstat_NOREPLICAS" in ask(primary, "INFO", "errorstats")


async def has_items(round: RoundOfSeveral) -> bool:
    """Return whether a push has come to the queue."""
    return await round.client.get_queue_length(QUEUE) > 0


async def kill_a_server_of_the_cluster(round: RoundOfSeveral, tries: int) -> None:
    """The server that has the queue dies while two workers empty it. A replica has all items."""
    several: Cluster = round.server.started
    async with round.new_client(replicas=1) as producer:
        await round.add(100 * tries, client=producer)
    async with at_work(round):
        await until(lambda: len(round.handled) > 5, within=30)
        killed = several.owner(NAMESPACE)
        killed.kill()
        await until(lambda: several.owner(NAMESPACE) is not killed, within=60)


async def move_the_slot(round: RoundOfSeveral, tries: int) -> None:
    """The slot of the queue moves to another server again and again, under load."""
    async with at_work(round):
        adding = asyncio.create_task(round.add(50 * tries))
        for moved in range(1, tries + 1):
            await until(lambda moved=moved: len(round.handled) > 5 * moved, within=30)
            await move_slot(round.server.started, NAMESPACE)
        await adding


@asynccontextmanager
async def at_work(round: RoundOfSeveral) -> AsyncIterator[None]:
    """Two workers handle items meanwhile; in the end, they handle what is left."""

    done = False

    async def work(worker: Worker) -> None:
        while not done:
            try:
                await worker.work(0.2)
            except exceptions.RedisError:  # no server is the right one just now
                await asyncio.sleep(0.02)

    async with working(round) as first, working(round) as second:
        tasks = [asyncio.create_task(work(each)) for each in (first, second)]
        yield
        await round.settled(60)
        done = True
        await asyncio.gather(*tasks)
