"""On a cluster a script may touch the keys that are declared with it (KEYS), and no others."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import redis.asyncio
from redis import exceptions
from tests.support import until

from backend.core.dead_letters import DeadLetters
from backend.core.declared_keys import run_declaring
from backend.core.push import add_to_queue_safe
from backend.core.queue_state import queue_state
from backend.core.redis import RedisClient
from backend.core.reliable_queue import ReliableQueue, contents, queue_counts
from backend.core.scripts import Script
from backend.services.batch_aggregator import BatchAggregator
from backend.services.event_broadcaster import publish_event

QUEUE = "detection_queue"


@asynccontextmanager
async def undeclared(url: str) -> AsyncIterator[set[str]]:
    """Collect the commands of scripts whose key their script had not declared (MONITOR)."""
    found: set[str] = set()
    declared: list[str] = []

    async def read(monitor: redis.asyncio.client.Monitor) -> None:
        async for seen in monitor.listen():
            words = seen["command"].split(" ")
            if words[0] == "EVALSHA":
                declared[:] = words[3 : 3 + int(words[2])]
            elif seen["client_type"] == "lua" and words[0] not in ("TIME", "PUBLISH"):
                number = {"LMOVE": 2, "RENAME": 2, "DEL": len(words)}.get(words[0], 1)
                keys = words[1 : 1 + number]
                if not set(keys) <= set(declared):
                    found.add(seen["command"])
            elif words == ["ECHO", "end"]:
                return

    async with (
        redis.asyncio.Redis.from_url(url, decode_responses=True) as plain,
        plain.monitor() as monitor,
        asyncio.timeout(30),
    ):
        reading = asyncio.create_task(read(monitor))
        yield found
        await plain.echo("end")
        await reading


async def test_a_script_touches_no_key_that_was_not_declared(client: RedisClient) -> None:
    async with undeclared(client.redis_url) as found:
        for number in range(3):
            await add_to_queue_safe(
                client, QUEUE, number, max_size=2, overflow_policy="dlq", dedupe_key=str(number)
            )
        options = {"lease": 0.2, "max_attempts": 2, "backoff_base": 0.001}
        living = ReliableQueue(client, QUEUE, consumer="living", **options)
        dying = ReliableQueue(client, QUEUE, consumer="dying", **options)
        async with living:
            async with dying:
                assert await dying.take(1)
                assert await queue_counts(client, QUEUE) == {
                    "pending": 1,
                    "processing": 1,
                    "dead": 0,
                }
                assert len((await queue_state(client, QUEUE)).consumers) == 2
                assert (await contents(client, QUEUE))["in_hand"] == [1]
                dying._heart.cancel()

                async def is_back() -> bool:  # whether we bring it, or the heart of the living
                    await living.return_lost()
                    return not (await contents(client, QUEUE))["in_hand"]

                await until(is_back)
            for _ in range(2):
                await living.give_back(await living.take(1))
            while (job := await living.take(0.1)) is not None:
                await (living.fail(job, "no") if job.data == 1 else living.acknowledge(job))
        letters = DeadLetters(client, QUEUE)
        assert await letters.requeue_all() == 1
        await DeadLetters(client, QUEUE, overflow=True).delete_all()
    assert not found


async def test_nor_do_the_scripts_of_the_batches(client: RedisClient) -> None:
    now = 1000.0
    async with undeclared(client.redis_url) as found:
        ours, other = (BatchAggregator(client, clock=lambda: now) for _ in range(2))
        for number, aggregator in enumerate((ours, ours, other, ours)):
            detection = {"id": f"d{number}", "camera_id": "door", "type": "car", "confidence": 0.5}
            await aggregator.add_detection(detection)
        person = {"id": "p", "camera_id": "door", "type": "person", "confidence": 0.95}
        await ours.add_detection(person)
        now += 100
        await ours.add_detection(detection | {"id": "late"})  # closes what is due, opens another
        now += 100
        assert len(await other.close_due()) == 1
    assert not found
    assert await client.get_queue_length("analysis_queue") == 3


async def test_nor_does_that_of_an_event_when_others_have_taken_its_names(
    client: RedisClient,
) -> None:
    event = {"batch_id": "ab", "camera_id": "door", "risk_score": 10}
    await client.set("events:recent", "somebody else's")
    await client.add_to_queue("events:last_id", "no number")
    async with undeclared(client.redis_url) as found:
        await publish_event(client, event, detection_ids=["d1"])
    assert not found
    assert await client.get("events:recent:set-aside") == "somebody else's"
    assert await client.get_queue_length("events:last_id:set-aside") == 1


async def test_a_script_is_run_again_with_the_keys_that_it_asks_for(client: RedisClient) -> None:
    await client.set("key:a", "value")
    script = Script(
        "it",
        "if #KEYS == 1 then return {'declare', ARGV[1] .. 'key:a'} end\n"
        "return redis.call('GET', KEYS[2])",
    )
    known: set[str] = set()
    answer = await run_declaring(client, script, ["key"], client.namespace, known=known)
    assert (answer, known) == (b'"value"', {"key:a"})


@pytest.mark.parametrize("name", [b"\xff no text", b"with space"])
async def test_a_foreign_member_among_the_consumers_is_removed_whatever_its_bytes(
    client: RedisClient, other_program: redis.asyncio.Redis, name: bytes
) -> None:
    consumers = client.full_name(f"{QUEUE}:consumers")
    await other_program.zadd(consumers, {name: 0})
    async with ReliableQueue(client, QUEUE, consumer="living") as queue:
        assert await queue.return_lost() == 0
        assert await other_program.zrange(consumers, 0, -1) == [b"living"]


async def test_a_script_that_asks_for_others_each_time_comes_to_an_end(
    client: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = itertools.count()

    async def run(*_: object, **__: object) -> list[bytes]:
        return [b"declare", b"lease-%d" % next(names)]

    monkeypatch.setattr(client, "run", run)
    with pytest.raises(exceptions.TryAgainError, match="queue_counts: consumers came and went"):
        await queue_counts(client, QUEUE)
