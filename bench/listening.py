"""How long the last of many listeners waits for a message, against a single listener."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

from backend.core.fan_out import FanOut, Listener
from backend.core.redis import RedisClient
from backend.core.subscription import Subscription
from bench.calls import JOB
from bench.measure import Step, Variant, ratio, side_by_side
from bench.report import Row

MANY = 100  # listeners of one client, on one channel


async def rows(url: str, rounds: int) -> list[Row]:
    """Measure the time from a publish to its last delivery, which includes the JSON of each."""
    async with (
        RedisClient(url) as client,
        _listeners(client, "bench:one", 1) as to_one,
        _listeners(client, "bench:many", MANY) as to_many,
        FanOut(client, "bench:fan_out") as fan_out,
        _sharing(client, fan_out) as to_sharing,
    ):
        calls = {"one": to_one, "many": to_many, "sharing": to_sharing}
        costs = await side_by_side({name: Variant(call) for name, call in calls.items()}, rounds)
    passed = {of: [cost.passed for cost in each] for of, each in costs.items()}
    path = f"last delivery to {MANY} listeners"
    return [
        Row(f"{path}, FanOut / to 1", ratio(passed["sharing"], passed["one"]), at_most=5),
        Row(f"{path}, a connection each / to 1", ratio(passed["many"], passed["one"])),
    ]


@asynccontextmanager
async def _sharing(client: RedisClient, fan_out: FanOut) -> AsyncIterator[Step]:
    """As `_listeners`, on one connection."""
    arrived = asyncio.Semaphore(0)

    async def listen(listener: Listener) -> None:
        async for _ in listener:
            arrived.release()

    async def publish() -> None:
        await client.publish("bench:fan_out", JOB)
        for _ in range(MANY):
            await arrived.acquire()

    with ExitStack() as stack:
        listeners = [stack.enter_context(fan_out.listen()) for _ in range(MANY)]
        listening = [asyncio.create_task(listen(each)) for each in listeners]
        yield publish
        for task in listening:
            task.cancel()
        await asyncio.wait(listening)


@asynccontextmanager
async def _listeners(client: RedisClient, channel: str, count: int) -> AsyncIterator[Step]:
    """Listen so many times; yield what publishes once, and waits until all have the message."""
    arrived = asyncio.Semaphore(0)

    async def listen(subscription: Subscription) -> None:
        async for _ in client.listen(subscription):
            arrived.release()

    async def publish() -> None:
        await client.publish(channel, JOB)
        for _ in range(count):
            await arrived.acquire()

    subscriptions = [await client.subscribe(channel) for _ in range(count)]
    listening = [asyncio.create_task(listen(each)) for each in subscriptions]
    yield publish
    await client.unsubscribe(channel)  # which is the end of the messages
    await asyncio.gather(*listening)
