"""May this user do what the lessons do? Each thing is done once, for real, and removed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from redis import ResponseError

from backend.core.dead_letters import DeadLetters
from backend.core.namespaces import new_namespace
from backend.core.push import add_to_queue_safe
from backend.core.redis import RedisClient
from backend.core.reliable_queue import ReliableQueue
from backend.services.batch_aggregator import BatchAggregator
from backend.services.event_broadcaster import publish_event, recent_events
from backend.services.system_status import system_status
from course import session, wire

SPOILS = {
    "the commands on the wire": "The cells that show commands on the wire will say so instead.",
    "a channel as it is written": "A cell of lesson 04 that listens to one will fail.",
    "the example script": "The example script, which lesson 04 runs too, will fail.",
}
"""What the lessons can do without, and what is missed then."""


def refusals(url: str) -> dict[str, str]:
    """Do once what the lessons do, and remove it; return {what is refused: the server's words}."""
    return asyncio.run(_refusals(url))


async def _refusals(url: str) -> dict[str, str]:
    refused: dict[str, str] = {}

    async def attempt(what: str, use: Awaitable[None]) -> None:
        try:
            await use
        except ResponseError as error:
            refused[what] = str(error)

    async with RedisClient(url, namespace=new_namespace("course", url), attempts=1) as client:
        await attempt("the queue", _queue(client))
        await attempt("the reliable queue", _reliable_queue(client))
        await attempt("the cache", _cache(client))
        await attempt("batches", _batches(client))
        await attempt("events", _events(client))
        await attempt("the judge of the exercises", _judge(client))
        await attempt("a channel as it is written", _plain_channel(url))
        await attempt("the commands on the wire", _wire(client, url))
        await attempt("cleaning up", _clean_up(client, url))
    if not refused.keys() - SPOILS.keys():  # else what is refused everywhere has been named
        async with RedisClient(url, namespace=new_namespace("example", url), attempts=1) as client:
            await attempt("the example script", _example(client))
    return refused


async def _queue(client: RedisClient) -> None:
    await client.add_to_queue("queue", 1)
    await client.get_from_queue("queue", timeout=1)
    await client.get_queue_length("queue")
    await client.peek_queue("queue")
    await client.clear_queue("queue")
    await client.add_many_to_queue("queue", [1, 2])
    await client.get_many_from_queue("queue", 2)
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


async def _cache(client: RedisClient) -> None:
    await client.set("cache", 1, expire=60)
    await client.get("cache")
    await client.set_many({"cache": 1}, expire=60)
    await client.get_many(["cache"])
    await client.exists("cache")
    for command in (("EXPIRE", 60), ("TTL",), ("PTTL",)):
        await client.call(command[0], client.full_name("cache"), *command[1:])
    await client.delete("cache")


async def _batches(client: RedisClient) -> None:
    seen = {"id": "1", "camera_id": "garden", "type": "cat", "confidence": 0.9}
    aggregator = BatchAggregator(client, idle=0)
    await aggregator.add_detection(seen)
    await aggregator.close_due()


async def _events(client: RedisClient) -> None:
    await client.subscribe("events")
    await client.publish("events", 1)
    await client.unsubscribe("events")
    await publish_event(client, {"batch_id": "1"})
    await recent_events(client)
    await client.call("SADD", client.full_name("cameras"), "garden")
    await system_status(client)  # the overview beside them


async def _judge(client: RedisClient) -> None:
    for command in ("DUMP", "PEXPIRETIME", "PERSIST"):
        await client.call(command, client.full_name("cameras"))
    await client.call("PUBSUB", "NUMSUB", client.full_name("events"))


async def _plain_channel(url: str) -> None:
    async with RedisClient(url, attempts=1) as client:  # lesson 04 shows what a namespace hides
        await client.subscribe("security_events")


async def _wire(client: RedisClient, url: str) -> None:
    async with wire.watch(session.CourseRedis(url, client.namespace, "")) as refused:
        pass
    if refused:
        raise ResponseError(*refused)


async def _clean_up(client: RedisClient, url: str) -> None:
    await client.call("PUBSUB", "CHANNELS", client.full_name("*"))
    await asyncio.to_thread(session.remove_keys, url, client.namespace, timeout=5.0)


async def _example(client: RedisClient) -> None:
    await client.publish("events", 1)
    await client.delete("queue")
