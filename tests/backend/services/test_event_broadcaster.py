"""Events: published once, kept, and passed on to all who listen, whatever happens to Redis."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime

import pytest
import redis.asyncio
from redis.exceptions import OutOfMemoryError
from tests.support import hear, until

from backend.core.redis import RedisClient
from backend.core.reliable_queue import ReliableQueue, queue_counts
from backend.services.event_broadcaster import (
    EVENT_CHANNEL,
    RECENT,
    EventBroadcaster,
    Listener,
    event_of_batch,
    publish_event,
    recent_events,
)
from backend.services.system_status import STATUS_CHANNEL, SystemStatus
from private_redis import PrivateServer


def event(batch_id: str, **fields) -> dict:
    return {
        "batch_id": batch_id,
        "camera_id": "garden",
        "risk_score": 44,
        "risk_level": "medium",
        "summary": 'A "person" <b>at</b> the gate — ü',
        "started_at": "2026-01-15T10:30:00+00:00",
        **fields,
    }


async def take(listener: Listener, count: int) -> list[str]:
    """Return the batch ids of the next events."""
    taken: list[str] = []
    async with asyncio.timeout(10):
        async for text in listener:
            message = json.loads(text)
            if message["type"] == "event":
                taken.append(message["data"]["batch_id"])
            if len(taken) >= count:
                break
    return taken


# ---- publishing ------------------------------------------------------------------------


async def test_a_published_event_has_its_number_and_all_its_fields(client):
    subscription = await client.subscribe(EVENT_CHANNEL)
    heard = asyncio.create_task(hear(client, subscription))
    assert await publish_event(client, event("a1")) == 1
    assert await heard == [{"type": "event", "data": {"id": 1, "event_id": 1, **event("a1")}}]
    await client.unsubscribe()


async def test_a_batch_gets_one_event(client):
    subscription = await client.subscribe(EVENT_CHANNEL)
    heard = asyncio.create_task(hear(client, subscription, 2))
    ids = await asyncio.gather(*(publish_event(client, event("a1")) for _ in range(10)))
    assert set(ids) == {1}
    assert await publish_event(client, event("a2")) == 2
    assert [message["data"]["batch_id"] for message in await heard] == ["a1", "a2"]
    assert await event_of_batch(client, "a1") == 1
    assert await event_of_batch(client, "a3") is None
    await client.unsubscribe()
    assert 3590 <= await client.call("TTL", client.full_name("batch_event:a1")) <= 3600


async def test_from_the_event_on_the_records_of_its_detections_live_for_an_hour(client):
    for each in ("d1", "d2"):
        await client.set(f"detection:{each}", {"id": each})
    await publish_event(client, event("a1"), ["d1", "d2"])
    for each in ("d1", "d2"):
        assert 3590 <= await client.call("TTL", client.full_name(f"detection:{each}")) <= 3600


async def test_only_the_latest_events_are_kept_the_newest_first(client):
    for number in range(RECENT + 5):
        await publish_event(client, event(f"{number:x}"))
    kept = await recent_events(client)
    assert [each["id"] for each in kept] == list(range(RECENT + 5, 5, -1))
    assert len(await recent_events(client, 3)) == 3


# ---- passing on ------------------------------------------------------------------------


async def test_all_who_listen_get_each_event_by_one_subscription(client):
    async with EventBroadcaster(client) as broadcaster:
        with broadcaster.listen() as one, broadcaster.listen() as two:
            await publish_event(client, event("a1"))
            assert await take(one, 1) == ["a1"]
            assert await take(two, 1) == ["a1"]
        counts = await client.call("PUBSUB", "NUMSUB", client.full_name(EVENT_CHANNEL))
        assert counts[1] == 1
        assert broadcaster.listeners == 0


async def test_who_comes_later_gets_the_latest_events_first(client):
    await publish_event(client, event("a1"))
    async with EventBroadcaster(client) as broadcaster:
        await publish_event(client, event("a2"))
        with broadcaster.listen() as early:
            assert await take(early, 2) == ["a1", "a2"]
        with broadcaster.listen() as late:
            await publish_event(client, event("a3"))
            assert await take(late, 3) == ["a1", "a2", "a3"]


async def test_who_takes_nothing_is_dropped_and_the_others_do_not_wait(client):
    async with EventBroadcaster(client, backlog=5) as broadcaster:
        with broadcaster.listen() as asleep, broadcaster.listen() as awake:
            for number in range(RECENT + 6):
                await publish_event(client, event(f"{number:x}"))
                assert await take(awake, 1) == [f"{number:x}"]
            async with asyncio.timeout(5):
                await asleep.too_slow.wait()
            assert not awake.too_slow.is_set()


async def test_after_a_restart_of_redis_events_come_again(quick, private_server, caplog):
    broadcaster = EventBroadcaster(quick)
    broadcaster._retry_after = 0.05
    async with broadcaster:
        with broadcaster.listen() as listener:
            await publish_event(quick, event("a1"))
            assert await take(listener, 1) == ["a1"]
            private_server.stop()

            async def is_noticed() -> bool:
                return "trying again" in caplog.text

            await until(is_noticed)
            private_server.start()  # empty: what it knew was in memory
            await publish_event(quick, event("b1"))
            assert await take(listener, 1) == ["b1"]
        with broadcaster.listen() as late:  # what happened before is still known here
            assert await take(late, 2) == ["a1", "b1"]


async def test_what_is_published_while_the_connection_is_cut_is_made_up_for_at_once(
    quick, private_server
):
    async with (
        redis.asyncio.Redis.from_url(private_server.url) as admin,
        EventBroadcaster(quick) as broadcaster,
    ):
        with broadcaster.listen() as listener:
            missed = json.dumps({"type": "event", "data": event("a1")})
            # In one step, so that the broadcaster cannot be back before the event is published.
            step = admin.pipeline(transaction=True)
            step.client_kill_filter(_type="pubsub")
            step.lpush("events:recent", missed)
            step.publish(EVENT_CHANNEL, missed)
            killed, _, heard_by = await step.execute()
            assert (killed, heard_by) == (1, 0)
            assert await take(listener, 1) == ["a1"]
            await publish_event(quick, event("a2"))
            assert await take(listener, 1) == ["a2"]


async def test_an_event_that_is_heard_twice_is_passed_on_once(client):
    async with EventBroadcaster(client) as broadcaster:
        with broadcaster.listen() as listener:
            for batch_id in ("a1", "a1", "a2"):
                await client.publish(EVENT_CHANNEL, {"type": "event", "data": event(batch_id)})
            assert await take(listener, 2) == ["a1", "a2"]


async def test_what_is_no_message_of_ours_harms_nobody(client, caplog):
    async with EventBroadcaster(client) as broadcaster:
        with broadcaster.listen() as listener:
            for nonsense in ("hello", [1], {"type": "event"}, {"type": "event", "data": {"id": 1}}):
                await client.publish(EVENT_CHANNEL, nonsense)
            await client.call("PUBLISH", client.full_name(EVENT_CHANNEL), b"\xff\xfe")
            await publish_event(client, event("a1"))
            assert await take(listener, 1) == ["a1"]
    assert "not a message of ours" in caplog.text


async def test_an_overview_tells_of_queues_and_cameras_while_somebody_listens(client):
    await client.add_to_queue("detection_queue", {"n": 1})
    await client.add_to_queue("dlq:detection_queue", {"n": 1})
    await client.call("SADD", client.full_name("cameras"), "garden", "attic")
    await client.set("camera:garden:status", {"camera_id": "garden", "status": "online"})
    async with EventBroadcaster(client, overview_every=0.05) as broadcaster:
        with broadcaster.listen() as listener:
            async with asyncio.timeout(5):
                async for text in listener:
                    message = json.loads(text)
                    break
    assert message["type"] == "overview"
    assert message["data"] == {
        "redis": "healthy",
        "queues": {
            "detection_queue": {"pending": 1, "processing": 0, "dead": 1},
            "analysis_queue": {"pending": 0, "processing": 0, "dead": 0},
        },
        "cameras": [
            {"camera_id": "attic", "status": "unknown", "last_seen": None},
            {"camera_id": "garden", "status": "online", "last_seen": None},
        ],
    }


async def test_an_overview_says_soon_that_redis_hangs(private_server):
    async with (
        RedisClient(private_server.url) as client,
        EventBroadcaster(client, overview_every=0.05) as broadcaster,
    ):
        private_server.pause()
        with broadcaster.listen() as listener:
            async with asyncio.timeout(4):  # the page gives up a connection after 6 s of silence
                async for text in listener:
                    message = json.loads(text)
                    if message["data"]["redis"] == "unhealthy":
                        break
        private_server.resume()
    assert message["data"]["error"] == "no answer within 1.5 s"


async def test_an_overview_says_when_redis_is_away(quick, private_server):
    async with EventBroadcaster(quick, overview_every=0.05) as broadcaster:
        private_server.stop()
        with broadcaster.listen() as listener:
            async with asyncio.timeout(10):
                async for text in listener:
                    message = json.loads(text)
                    if message["data"]["redis"] == "unhealthy":
                        break
    assert message["data"]["error"]


# ---- the state of the system -----------------------------------------------------------


async def test_the_state_of_the_system_is_published_with_production_s_fields(client):
    for number in range(3):
        await client.add_to_queue("analysis_queue", {"n": number})
    subscription = await client.subscribe(STATUS_CHANNEL)
    async with SystemStatus(client, every=0.05):
        (message,) = await hear(client, subscription)
    await client.unsubscribe()
    assert message == {
        "type": "system_status",
        "data": {
            "gpu": None,
            "cameras": {"active": 0, "total": 0},
            "queue": {"pending": 3, "processing": 0},
            "health": "healthy",
        },
        "timestamp": message["timestamp"],
    }


async def test_the_state_of_the_system_is_published_as_often_as_is_said(client):
    subscription = await client.subscribe(STATUS_CHANNEL)
    async with SystemStatus(client, every=0.2):
        first, _, third = await hear(client, subscription, 3)
    await client.unsubscribe()
    began, ended = (datetime.fromisoformat(each["timestamp"]) for each in (first, third))
    assert 0.4 <= (ended - began).total_seconds() < 2


async def test_a_job_in_hand_is_in_processing(client):
    await client.add_to_queue("detection_queue", {"n": 1})
    async with (
        ReliableQueue(client, "detection_queue") as queue,
        queue.reserve(timeout=5) as job,
    ):
        assert job
        assert await queue_counts(client, "detection_queue") == {
            "pending": 0,
            "processing": 1,
            "dead": 0,
        }


async def test_a_foreign_value_where_a_batch_has_its_event_keeps_no_event_back(client):
    await client.call("HSET", client.full_name("batch_event:ab12"), "a", "b")
    assert await event_of_batch(client, "ab12") is None
    known = await publish_event(client, {"batch_id": "ab12"})
    assert await event_of_batch(client, "ab12") == known


async def test_a_full_memory_keeps_an_event_back_and_spoils_no_id(
    private_server: PrivateServer,
) -> None:
    async with RedisClient(private_server.url) as client:
        for last_id in (None, 5):
            if last_id:
                await client.set("events:last_id", last_id)
            await client.call("CONFIG", "SET", "maxmemory", 1)
            with pytest.raises(OutOfMemoryError):
                await publish_event(client, {"batch_id": "ab12"})
            await client.call("CONFIG", "SET", "maxmemory", 0)
            assert await client.get("events:last_id") == last_id
        assert await publish_event(client, {"batch_id": "ab12"}) == 6
