"""How long the last of many listeners waits for a message, against a single listener."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

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
    ):
        variants = {"one": Variant(to_one), "many": Variant(to_many)}
        costs = await side_by_side(variants, rounds)
    passed = {of: [cost.passed for cost in each] for of, each in costs.items()}
    path = f"last delivery to {MANY} listeners / to 1"
    return [Row(path, ratio(passed["many"], passed["one"]), at_most=5)]


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
