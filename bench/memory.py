"""Bytes that the server needs for a job: one that waits, one in hand, one that is dead."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack

from redis.asyncio import Redis

from backend.core.encoding import encode
from backend.core.redis import RedisClient
from backend.core.reliable_queue import ReliableQueue
from bench.calls import JOB, QUEUE, filled, plain
from bench.report import Row

CONSUMERS = 100  # who handle jobs, one after the other; each has a name of its own
LEFT = 1000  # bytes: less than a hundredth of a byte a job


async def rows(url: str, *, jobs: int = 100_000) -> list[Row]:
    """Measure what jobs need, and what is left when so many of them have been handled."""
    json_alone = len(encode(JOB))
    async with RedisClient(url) as client, plain(url) as redis:
        needed = {
            "waiting": await _waiting(redis, jobs),
            "in hand": await _in_hand(client, redis, jobs // 500),
            "dead": await _dead(client, redis, jobs // 50),
        }
        left = await _left(client, redis, jobs)
    measured = [Row("memory: the JSON of a job alone", json_alone, unit="bytes")]
    for place, each in needed.items():
        measured += [
            Row(f"memory: a job {place}", each, unit="bytes"),
            Row(f"memory: a job {place} / its JSON", each / json_alone),
        ]
    left_row = Row(f"memory left after {jobs:,} handled jobs", left, at_most=LEFT, unit="bytes")
    return [*measured, left_row]


async def _waiting(redis: Redis, jobs: int) -> float:
    await redis.flushall()  # the server is our own
    await redis.rpush(QUEUE, *[json.dumps(JOB, separators=(",", ":"))] * jobs)
    return await _used(redis) / jobs


async def _in_hand(client: RedisClient, redis: Redis, jobs: int) -> float:
    """Measure one job for each consumer, with what the server keeps of the consumer."""
    await filled(redis, jobs)()
    async with AsyncExitStack() as consumers:
        for _ in range(jobs):
            queue = await consumers.enter_async_context(ReliableQueue(client, QUEUE))
            await queue.take(timeout=1)
        return await _used(redis) / jobs


async def _dead(client: RedisClient, redis: Redis, jobs: int) -> float:
    await redis.flushall()
    await filled(redis, jobs)()
    async with ReliableQueue(client, QUEUE, max_attempts=1) as queue:
        for _ in range(jobs):
            if job := await queue.take(timeout=1):
                await queue.fail(job, "ValueError: the image is broken")
    return await _used(redis) / jobs


async def _left(client: RedisClient, redis: Redis, jobs: int) -> int:
    await redis.flushall()
    for _ in range(CONSUMERS):
        await filled(redis, jobs // CONSUMERS)()
        async with ReliableQueue(client, QUEUE) as queue:
            for _ in range(jobs // CONSUMERS):
                async with queue.reserve(timeout=1):
                    pass
    left = await _used(redis)
    await redis.flushall()
    return left


async def _used(redis: Redis) -> int:
    """Return the bytes of all keys, with what the server needs to find them."""
    return sum([await redis.memory_usage(key, samples=0) or 0 async for key in redis.scan_iter()])
