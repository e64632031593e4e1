"""Reserve and acknowledge, which lose nothing, against BLPOP, which may."""

from __future__ import annotations

import json
from typing import Any

from backend.core.redis import RedisClient
from backend.core.reliable_queue import ReliableQueue
from bench.calls import QUEUE, WAITING, filled, plain
from bench.measure import Variant, ratio, side_by_side
from bench.report import Row

BATCH = 100
CALLS = 10  # with a batch, in one slice at the most


async def rows(url: str, rounds: int) -> list[Row]:
    """Measure one item after the other, and a hundred in one step."""
    async with (
        RedisClient(url) as client,
        plain(url) as redis,
        ReliableQueue(client, QUEUE) as queue,
    ):

        async def reserve() -> None:
            async with queue.reserve(timeout=1):
                pass

        async def reserve_many() -> None:
            async with queue.reserve_many(BATCH, timeout=1):
                pass

        async def pop() -> Any:
            popped = await redis.blpop([QUEUE], timeout=1)
            return popped and json.loads(popped[1])

        before = filled(redis)
        variants = {
            "reserve": Variant(reserve, before=before, most=WAITING),
            "reserve_many": Variant(reserve_many, BATCH, filled(redis, CALLS * BATCH), CALLS),
            "BLPOP": Variant(pop, before=before, most=WAITING),
        }
        costs = await side_by_side(variants, rounds)
        await redis.delete(QUEUE)
    cpu = {of: [cost.ours for cost in each] for of, each in costs.items()}
    return [
        Row("reserve and acknowledge / BLPOP", ratio(cpu["reserve"], cpu["BLPOP"]), at_most=2.0),
        Row(
            f"BLPOP / reserve_many, {BATCH} items",
            ratio(cpu["BLPOP"], cpu["reserve_many"]),
            at_least=6,
        ),
    ]
