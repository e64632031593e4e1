"""Listeners that are told what they missed: after an outage, and when they are too slow."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import pytest
import redis.asyncio
from redis import exceptions
from tests.support import hear, publish_until_heard, until

from backend.core.gaps import ReadAhead, gap
from backend.core.redis import RedisClient
from backend.core.subscription import Subscription
from private_redis import PrivateServer

GAP = "gap"
BOTH_WAYS = pytest.mark.parametrize("buffer", [None, 100], ids=["direct", "buffered"])


def short(message: dict[str, Any]) -> Any:
    """Return a message's data; for a gap, what is missing."""
    if message["type"] == GAP:
        return GAP, message["data"]["reason"], message["data"]["missed"]
    return message["data"]


LOST = (GAP, "connection lost", None)


def too_slow(missed: int) -> tuple[str, str, int]:
    return GAP, "listener too slow", missed


async def hear_gaps(
    client: RedisClient,
    subscription: Subscription,
    last: Any,
    buffer: int | None = None,
    pause: float | None = None,
) -> list[Any]:
    """Listen until a message with the data `last` has come, and return what came."""
    heard: list[Any] = []
    async for message in client.listen(subscription, gaps=True, buffer=buffer):
        heard.append(short(message))
        if heard[-1] == last:
            break
        if pause is not None:
            await asyncio.sleep(pause)
    return heard


async def reached(admin: redis.asyncio.Redis, channel: str, count: int = 1) -> bool:
    with suppress(exceptions.ConnectionError):
        return (await admin.pubsub_numsub(channel))[0][1] == count
    return False


# ---- after an outage ----


@BOTH_WAYS
async def test_after_a_restart_the_gap_stands_between_what_came_before_and_after(
    private_server: PrivateServer, admin: redis.asyncio.Redis, buffer: int | None
) -> None:
    async with RedisClient(private_server.url, backoff_base=0.02, attempts=50) as client:
        subscription = await client.subscribe("c", "d")
        await client.publish("c", "before")
        listener = asyncio.create_task(hear_gaps(client, subscription, "after", buffer))
        private_server.stop()
        private_server.start()
        await until(lambda: reached(admin, "c"))
        await client.publish("d", "after")
        assert await listener == ["before", LOST, "after"]


@BOTH_WAYS
async def test_after_a_killed_connection_the_gap_says_why(
    quick: RedisClient, admin: redis.asyncio.Redis, buffer: int | None
) -> None:
    subscription = await quick.subscribe("c")
    messages = quick.listen(subscription, gaps=True, buffer=buffer)
    message = asyncio.create_task(anext(messages))
    await admin.client_kill_filter(_type="pubsub")
    assert await message == {
        "type": "gap",
        "pattern": None,
        "channel": None,
        "data": {
            "reason": "connection lost",
            "missed": None,
            "error": "Connection closed by server.",
        },
    }
    await quick.publish("c", "after")
    assert (await anext(messages))["data"] == "after"


@BOTH_WAYS
async def test_each_outage_is_one_gap(
    quick: RedisClient, admin: redis.asyncio.Redis, buffer: int | None
) -> None:
    subscription = await quick.subscribe("a", "b", "c")
    messages = quick.listen(subscription, gaps=True, buffer=buffer)
    heard = []
    for number in range(3):
        await quick.publish("b", number)
        heard.append(short(await anext(messages)))
        await admin.client_kill_filter(_type="pubsub")
        heard.append(short(await anext(messages)))  # and now the channels are heard again
    assert heard == [0, LOST, 1, LOST, 2, LOST]


@BOTH_WAYS
async def test_after_a_hang_the_gap_comes_before_what_is_heard_again(
    private_server: PrivateServer, caplog: pytest.LogCaptureFixture, buffer: int | None
) -> None:
    async with RedisClient(
        private_server.url, timeout=0.1, backoff_base=0.05, attempts=50
    ) as client:
        subscription = await client.subscribe("c")
        listener = asyncio.create_task(hear_gaps(client, subscription, "after", buffer))
        private_server.pause()

        async def noticed() -> bool:
            return "Lost the subscription" in caplog.text

        await until(noticed)
        private_server.resume()
        await publish_until_heard(client, "c", "after", listener)
        assert await listener == [LOST, "after"]


@BOTH_WAYS
async def test_a_listener_that_comes_back_after_an_error_is_told_of_the_gap(
    private_server: PrivateServer, admin: redis.asyncio.Redis, buffer: int | None
) -> None:
    async with RedisClient(private_server.url, backoff_base=0.01, attempts=2) as client:
        subscription = await client.subscribe("c")
        private_server.stop()
        with pytest.raises(exceptions.ConnectionError):
            await hear_gaps(client, subscription, "nothing", buffer)
        private_server.start()
        listener = asyncio.create_task(hear_gaps(client, subscription, "after", buffer))
        await until(lambda: reached(admin, "c"))
        await client.publish("c", "after")
        assert await listener == [LOST, "after"]


async def test_a_connection_that_is_lost_while_nobody_listens_is_a_gap_too(
    quick: RedisClient, admin: redis.asyncio.Redis
) -> None:
    """Leaving a channel makes the lost connection anew, before a listener could notice."""
    subscription = await quick.subscribe("leave", "stay")
    await quick.publish("stay", "before")
    await admin.client_kill_filter(_type="pubsub")
    with suppress(exceptions.ConnectionError):
        await quick.unsubscribe("leave")
    listener = asyncio.create_task(hear_gaps(quick, subscription, "after"))
    await until(lambda: reached(admin, "stay"))
    await quick.publish("stay", "after")
    heard = await listener
    assert heard[-2:] == [LOST, "after"]
    assert heard.count(LOST) == 1


async def test_without_gaps_a_listener_hears_messages_alone(
    quick: RedisClient, admin: redis.asyncio.Redis
) -> None:
    subscription = await quick.subscribe("c")
    listener = asyncio.create_task(hear(quick, subscription))
    await asyncio.sleep(0)
    await admin.client_kill_filter(_type="pubsub")
    await publish_until_heard(quick, "c", "after", listener)
    assert await listener == ["after"]


@BOTH_WAYS
async def test_where_nothing_was_lost_there_is_no_gap(
    client: RedisClient, buffer: int | None
) -> None:
    subscription = await client.subscribe("c", "d")
    for number in range(50):
        await client.publish("cd"[number % 2], number)
    assert await hear_gaps(client, subscription, 49, buffer) == list(range(50))


# ---- a slow listener ----

SMALL = 256 * 1024  # bytes that the server keeps for a slow subscriber
COUNT, TEXT = 2000, "x" * 10_000


async def flood(client: RedisClient) -> None:
    """Publish 20 MB, which is many times what the server keeps."""
    for number in range(COUNT):
        assert await client.publish("c", [number, TEXT]) == 1


@pytest.fixture
async def small_limit(admin: redis.asyncio.Redis) -> None:
    await admin.config_set("client-output-buffer-limit", f"pubsub {SMALL} {SMALL} 1")


def numbers(heard: list[Any]) -> list[Any]:
    return [each[0] if isinstance(each, list) else each for each in heard]


async def test_a_slow_listener_that_is_cut_off_is_told_where_the_messages_are_missing(
    private_server: PrivateServer, admin: redis.asyncio.Redis, small_limit: None
) -> None:
    async with RedisClient(private_server.url) as client:
        subscription = await client.subscribe("c")
        published = 0
        while await client.publish("c", [published, TEXT]):  # until nobody is reached any more
            published += 1
        listener = asyncio.create_task(hear_gaps(client, subscription, "end"))
        await until(lambda: reached(admin, "c"))
        await client.publish("c", "end")
        heard = numbers(await listener)
    *before, lost, end = heard
    assert (lost, end) == (LOST, "end")
    assert before == list(range(len(before)))
    assert 0 < len(before) < published  # the rest was in the server's buffer when it cut off


async def test_a_buffer_keeps_a_slow_listener_from_being_cut_off(
    private_server: PrivateServer, small_limit: None
) -> None:
    async with RedisClient(private_server.url) as client:
        subscription = await client.subscribe("c")
        messages = client.listen(subscription, gaps=True, buffer=2 * COUNT)
        await client.publish("c", "first")
        assert short(await anext(messages)) == "first"  # and now the listener is busy
        await flood(client)
        await client.publish("c", "end")
        assert numbers(await hear_gaps(client, subscription, "end")) == [*range(COUNT), "end"]


async def test_a_full_buffer_drops_the_oldest_and_says_how_many_in_their_place(
    private_server: PrivateServer, small_limit: None
) -> None:
    async with RedisClient(private_server.url) as client:
        subscription = await client.subscribe("c")
        messages = client.listen(subscription, gaps=True, buffer=1000)
        await client.publish("c", "first")
        assert short(await anext(messages)) == "first"
        await flood(client)
        await client.publish("c", "end")
        await until(lambda: is_last_kept(subscription, "end"))
        kept = range(COUNT - 999, COUNT)
        assert numbers(await hear_gaps(client, subscription, "end")) == [
            too_slow(COUNT - 999),
            *kept,
            "end",
        ]


async def test_a_listener_that_is_slow_all_the_time_can_account_for_every_message(
    private_server: PrivateServer, small_limit: None
) -> None:
    async with RedisClient(private_server.url) as client:
        subscription = await client.subscribe("c")
        listener = asyncio.create_task(
            hear_gaps(client, subscription, "end", buffer=50, pause=0.002)
        )
        await flood(client)
        await client.publish("c", "end")
        heard = numbers(await listener)
    expected = 0
    for each in heard[:-1]:
        if isinstance(each, tuple):
            assert each[1] == "listener too slow"
            expected += each[2]
        else:
            assert each == expected
            expected += 1
    assert expected == COUNT
    assert any(isinstance(each, tuple) for each in heard)


async def test_a_buffer_can_be_made_larger_later(client: RedisClient) -> None:
    subscription = await client.subscribe("c")
    await client.publish("c", "first")
    await hear_gaps(client, subscription, "first", buffer=1)
    await hear_gaps(client, subscription, await said(client, "second"), buffer=10)
    for number in range(5):
        await client.publish("c", number)
    assert await hear_gaps(client, subscription, 4) == [0, 1, 2, 3, 4]


async def test_who_stops_listening_with_a_buffer_goes_on_later_and_has_missed_nothing(
    client: RedisClient,
) -> None:
    subscription = await client.subscribe("c")
    for number in range(10):
        await client.publish("c", number)
    assert await hear_gaps(client, subscription, 4, buffer=100) == [0, 1, 2, 3, 4]
    assert await hear(client, subscription, 5) == [5, 6, 7, 8, 9]


@pytest.mark.parametrize("options", [{"buffer": 10}, {"buffer": 0, "gaps": True}])
async def test_a_buffer_without_room_or_without_gaps_is_refused(
    client: RedisClient, options: dict[str, Any]
) -> None:
    subscription = await client.subscribe("c")
    with pytest.raises(ValueError, match="asks for gaps=True"):
        await anext(client.listen(subscription, **options))


# ---- what is dropped, and where that is said ----


def receiver(*messages: dict[str, Any]) -> Callable[[], Any]:
    """Return what hands out these messages, then waits for ever."""

    async def stream() -> AsyncIterator[dict[str, Any]]:
        for message in messages:
            yield message
        await asyncio.Event().wait()

    return stream().__anext__


async def test_gaps_that_are_dropped_from_a_full_buffer_are_told_all_the_same() -> None:
    said = [{"type": "message", "data": number} for number in range(6)]
    lost = gap("connection lost", missed=None, error="…")
    ahead = ReadAhead(receiver(said[0], lost, said[1], lost, *said[2:]))
    ahead.size = 2
    reading = asyncio.create_task(ahead._read())
    await asyncio.sleep(0)
    heard = [short(await ahead.next_message() or {}) for _ in range(4)]
    assert heard == [too_slow(4), LOST, 4, 5]
    reading.cancel()


# ---- the end ----


async def test_unsubscribe_ends_a_buffered_listener_that_waits(client: RedisClient) -> None:
    subscription = await client.subscribe("c")
    listener = asyncio.create_task(hear_gaps(client, subscription, "never", buffer=10))
    await asyncio.sleep(0.01)
    await client.unsubscribe("c")
    assert await listener == []
    assert await client.publish("c", "nobody") == 0


async def test_what_is_in_the_buffer_is_dropped_on_unsubscribe(client: RedisClient) -> None:
    subscription = await client.subscribe("c")
    for number in range(5):
        await client.publish("c", number)
    await hear_gaps(client, subscription, 1, buffer=10)
    await client.unsubscribe("c")
    assert await hear_gaps(client, subscription, "never", buffer=10) == []


async def test_a_gap_that_is_not_yet_heard_is_dropped_on_unsubscribe(client: RedisClient) -> None:
    subscription = await client.subscribe("c")
    await client.publish("c", "first")
    await hear_gaps(client, subscription, "first", buffer=1)
    for number in range(5):
        await client.publish("c", number)
    await until(lambda: is_last_kept(subscription, 4))  # the other four have been dropped
    await client.unsubscribe("c")
    assert await hear_gaps(client, subscription, "never") == []


async def test_what_is_in_the_buffer_of_a_channel_that_was_left_is_dropped(
    client: RedisClient,
) -> None:
    subscription = await client.subscribe("leave", "stay")
    await client.publish("stay", "first")
    await client.publish("leave", "unheard")
    await client.publish("stay", "heard")
    await hear_gaps(client, subscription, "first", buffer=10)
    await until(lambda: is_last_kept(subscription, "heard"))
    await client.unsubscribe("leave")
    assert await hear_gaps(client, subscription, "heard") == ["heard"]


async def test_a_buffered_listener_can_unsubscribe_itself(client: RedisClient) -> None:
    subscription = await client.subscribe("c")
    for number in range(5):
        await client.publish("c", number)
    heard = []
    async for message in client.listen(subscription, gaps=True, buffer=10):
        heard.append(message["data"])
        await client.unsubscribe("c")
    assert heard == [0]


async def test_disconnect_ends_a_buffered_listener(redis_url: str, namespace: str) -> None:
    async with RedisClient(redis_url, namespace=namespace) as client:
        subscription = await client.subscribe("c")
        listener = asyncio.create_task(hear_gaps(client, subscription, "never", buffer=10))
        await asyncio.sleep(0.01)
    assert await listener == []


async def test_disconnect_during_an_outage_ends_a_buffered_listener_at_once(
    private_server: PrivateServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with RedisClient(private_server.url, backoff_base=30, attempts=10) as client:
        subscription = await client.subscribe("c")
        listener = asyncio.create_task(hear_gaps(client, subscription, "never", buffer=10))
        private_server.stop()

        async def noticed() -> bool:
            return "Lost the subscription" in caplog.text

        await until(noticed)
    async with asyncio.timeout(1):
        assert await listener == []


async def test_a_buffered_listener_that_is_cancelled_can_listen_again(
    client: RedisClient,
) -> None:
    subscription = await client.subscribe("c")
    listener = asyncio.create_task(hear_gaps(client, subscription, "never", buffer=10))
    await asyncio.sleep(0.01)
    listener.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listener
    await client.publish("c", "again")
    assert await hear_gaps(client, subscription, "again", buffer=10) == ["again"]


async def test_a_second_listener_on_a_buffered_subscription_is_told_what_to_do(
    client: RedisClient,
) -> None:
    subscription = await client.subscribe("c")
    first = asyncio.create_task(hear_gaps(client, subscription, "end", buffer=10))
    await asyncio.sleep(0)
    for buffer in (None, 10):
        with pytest.raises(RuntimeError, match=r"already listening.*call subscribe\(\) again"):
            await hear_gaps(client, subscription, "end", buffer=buffer)
    await client.publish("c", "end")
    assert await first == ["end"]


async def test_an_error_that_nobody_listens_to_any_more_is_not_reported_as_unseen(
    private_server: PrivateServer, caplog: pytest.LogCaptureFixture
) -> None:
    unseen: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unseen.append(context))
    client = RedisClient(private_server.url, backoff_base=0.01, attempts=1)
    await client.connect()
    subscription = await client.subscribe("c")
    await client.publish("c", "first")
    await hear_gaps(client, subscription, "first", buffer=10)
    private_server.stop()
    await until(lambda: is_done(subscription))
    await client.disconnect()
    gc.collect()
    assert unseen == []
    assert [record for record in caplog.records if record.levelno > logging.WARNING] == []


async def test_what_came_before_an_error_is_heard_before_the_error(
    private_server: PrivateServer,
) -> None:
    async with RedisClient(private_server.url, backoff_base=0.01, attempts=1) as client:
        subscription = await client.subscribe("c")
        for number in range(3):
            await client.publish("c", number)
        await hear_gaps(client, subscription, 0, buffer=10)
        await until(lambda: is_last_kept(subscription, 2))
        private_server.stop()
        await until(lambda: is_done(subscription))
        messages = client.listen(subscription, gaps=True)
        assert [short(await anext(messages)) for _ in range(2)] == [1, 2]
        with pytest.raises(exceptions.ConnectionError):
            await anext(messages)


# ---- what the tests wait for ----


async def said(client: RedisClient, message: str) -> str:
    await client.publish("c", message)
    return message


async def is_last_kept(subscription: Subscription, data: Any) -> bool:
    kept = subscription._ahead._kept
    return bool(kept) and kept[-1]["data"] == data


async def is_done(subscription: Subscription) -> bool:
    return subscription._ahead._reader.done()
