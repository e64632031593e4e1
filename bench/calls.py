"""The calls of RedisClient, one by one, against redis-py doing the same.

redis-py twice: as it comes, with a timeout of 5 seconds on its socket; and with that switched off
(`socket_timeout=None`), which is quicker, and waits for a hung server without an end.
"""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from redis.asyncio import Redis

from backend.core.redis import RedisClient
from bench.measure import Step, Variant, ratio, side_by_side
from bench.report import Row

JOB = {
    "camera_id": "front_door",
    "file_path": "/export/foscam/front_door/snapshot_20260704_121500.jpg",
    "timestamp": "2026-07-04T12:15:00+00:00",
    "media_type": "image",
    "file_hash": "9f86d081884c7d65",
}
QUEUE, KEY, CHANNEL = "bench:queue", "bench:key", "bench:channel"
WAITING = 3000  # items that wait before a slice of pops: more than it can take

# With asyncio's quicker timeouts since Python 3.12, redis-py's own deadline costs less.
AGAINST_DEFAULTS = 0.85 if sys.version_info < (3, 12) else 1.0


@asynccontextmanager
async def plain(url: str, **options: Any) -> AsyncIterator[Redis]:
    """Yield redis-py as it comes, which retries; by URL it would not."""
    at = urlsplit(url)
    async with Redis(host=at.hostname or "", port=at.port or 6379, **options) as redis:
        yield redis


def filled(redis: Redis, items: int = WAITING) -> Step:
    """Return what fills the queue anew, with so many items."""
    jobs = [json.dumps(JOB)] * items

    async def fill() -> None:
        await redis.delete(QUEUE)
        await redis.rpush(QUEUE, *jobs)

    return fill


async def rows(url: str, rounds: int) -> list[Row]:
    """Measure the calls."""
    async with AsyncExitStack() as stack:
        ours = await stack.enter_async_context(RedisClient(url))
        defaults = await stack.enter_async_context(plain(url))
        no_timeout = await stack.enter_async_context(plain(url, socket_timeout=None))
        await no_timeout.set(KEY, json.dumps(JOB))
        measured = []
        for name, with_client, with_redis, variant in _paths(ours, no_timeout):
            costs = await side_by_side(
                {
                    "ours": variant(with_client),
                    "defaults": variant(with_redis(defaults)),
                    "no timeout": variant(with_redis(no_timeout)),
                },
                rounds,
            )
            cpu = {of: [cost.ours for cost in each] for of, each in costs.items()}
            is_pop = name == "get_from_queue"
            measured += [
                Row(
                    f"{name} / redis-py's defaults",
                    ratio(cpu["ours"], cpu["defaults"]),
                    at_most=0.80 if is_pop else AGAINST_DEFAULTS,
                ),
                Row(
                    f"{name} / socket_timeout=None",
                    ratio(cpu["ours"], cpu["no timeout"]),
                    at_most=1.10 if is_pop else 1.20,
                ),
            ]
        return measured


def _paths(
    ours: RedisClient, redis: Redis
) -> list[tuple[str, Step, Callable[[Redis], Step], Callable[[Step], Variant]]]:
    """Return each call: its name, ours, redis-py's, and how a slice of it is prepared."""

    def push(plain: Redis) -> Step:
        return lambda: plain.rpush(QUEUE, json.dumps(JOB))

    def get(plain: Redis) -> Step:
        async def get_and_load() -> Any:
            stored = await plain.get(KEY)
            return stored and json.loads(stored)

        return get_and_load

    def store(plain: Redis) -> Step:
        return lambda: plain.set(KEY, json.dumps(JOB), ex=300)

    def publish(plain: Redis) -> Step:
        return lambda: plain.publish(CHANNEL, json.dumps(JOB))

    def pop(plain: Redis) -> Step:
        async def pop_and_load() -> Any:
            popped = await plain.blpop([QUEUE], timeout=1)
            return popped and json.loads(popped[1])

        return pop_and_load

    def clear() -> Any:
        return redis.delete(QUEUE)

    def pushing(call: Step) -> Variant:
        return Variant(call, before=clear)

    def popping(call: Step) -> Variant:
        return Variant(call, before=filled(redis), most=WAITING)

    return [
        ("add_to_queue", lambda: ours.add_to_queue(QUEUE, JOB), push, pushing),
        ("get", lambda: ours.get(KEY), get, Variant),
        ("set", lambda: ours.set(KEY, JOB, expire=300), store, Variant),
        ("publish", lambda: ours.publish(CHANNEL, JOB), publish, Variant),
        ("get_from_queue", lambda: ours.get_from_queue(QUEUE, timeout=1), pop, popping),
    ]
