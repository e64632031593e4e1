"""May this user do what the lessons do? For the doctor: each thing is done once, for real."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable

from redis import ResponseError

from backend.core.dead_letters import DeadLetters
from backend.core.push import add_to_queue_safe
from backend.core.redis import RedisClient
from backend.core.reliable_queue import ReliableQueue
from backend.services.batch_aggregator import BatchAggregator
from backend.services.event_broadcaster import publish_event, recent_events
from backend.services.system_status import system_status
from course import session, wire

WIRE, EXAMPLE = "the commands on the wire", "the example script"
SPOILS = {
    WIRE: "The cells that watch commands on the wire will fail.",
    EXAMPLE: "The example script, which lesson 04 runs too, will fail.",
}
"""What a lesson can do without, and what is missed then."""


def refusals(url: str) -> dict[str, str]:
    """Do once what the lessons do, and remove it; return {what is refused: the server's words}."""
    return asyncio.run(_refusals(url))


async def _refusals(url: str) -> dict[str, str]:
    token = secrets.token_hex(4)
    refused: dict[str, str] = {}

    async def attempt(what: str, use: Awaitable[None]) -> None:
        try:
            await use
        except (ResponseError, wire.MonitorRefused) as error:
            refused[what] = str(error)

    async with RedisClient(url, namespace=f"course:{token}:", attempts=1) as client:
        for what, use in LESSONS.items():
            await attempt(what, use(client))
        await attempt(WIRE, _wire(session.CourseRedis(url, client.namespace, "")))
        await attempt("cleaning up", _clean_up(client, url))
    if not refused.keys() - SPOILS.keys():  # else what is refused everywhere has been named
        async with RedisClient(url, namespace=f"example:{token}:", attempts=1) as client:
            await attempt(EXAMPLE, _example(client))
    return refused


async def _queue(client: RedisClient) -> None:
    await client.add_to_queue("queue", 1)
    await client.get_from_queue("queue", timeout=1)
    await client.get_queue_length("queue")
    await client.peek_queue("queue")
    await client.clear_queue("queue")
    for _ in range(2):
        await add_to_queue_safe(client, "queue", 1, max_size=1, overflow_policy="drop_oldest")


async def _reliable_queue(client: RedisClient) -> None:
    await client.add_to_queue("reliable", 1)
    async with ReliableQueue(client, "reliable", max_attempts=2, backoff_base=0.01) as queue:
        while job := await queue.take(0.1):
            await queue.fail(job, "tried again once, then a dead letter")
        taking = asyncio.create_task(queue.take(1))
        await asyncio.sleep(0.1)  # by now it waits, and is woken by the push
        await client.add_to_queue("reliable", 1)
        await taking
    await DeadLetters(client, "reliable").requeue_all()


async def _overview(client: RedisClient) -> None:
    await client.call("SADD", client.full_name("cameras"), "garden")
    await system_status(client)


async def _cache(client: RedisClient) -> None:
    await client.set("cache", 1, expire=60)
    await client.get("cache")
    await client.exists("cache")
    await client.call("EXPIRE", client.full_name("cache"), 60)
    await client.call("TTL", client.full_name("cache"))
    await client.call("PTTL", client.full_name("cache"))
    await client.delete("cache")


async def _batches(client: RedisClient) -> None:
    aggregator = BatchAggregator(client, idle=0)
    await aggregator.add_detection(
        {"id": "1", "camera_id": "garden", "type": "cat", "confidence": 0.9}
    )
    await aggregator.close_due()


async def _events(client: RedisClient) -> None:
    await client.subscribe("events")
    await client.publish("events", 1)
    await client.unsubscribe("events")
    await publish_event(client, {"batch_id": "1"})
    await recent_events(client)


async def _wire(ours: session.CourseRedis) -> None:
    async with wire.watch(ours):
        pass


async def _clean_up(client: RedisClient, url: str) -> None:
    await client.call("PUBSUB", "CHANNELS", client.full_name("*"))
    await asyncio.to_thread(session.remove_keys, url, client.namespace, timeout=5.0)


async def _example(client: RedisClient) -> None:
    await client.publish("events", 1)
    await client.delete("queue")


LESSONS: dict[str, Callable[[RedisClient], Awaitable[None]]] = {
    "the queue": _queue,
    "the reliable queue": _reliable_queue,
    "the cache": _cache,
    "batches": _batches,
    "events": _events,
    "the overview": _overview,
}
