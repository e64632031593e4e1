"""Many listeners on one connection: all hear all, and a slow one harms nobody but itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any

import pytest
import redis.asyncio
from redis import exceptions
from tests.support import hear

from backend.core.fan_out import FanOut, Listener
from backend.core.redis import RedisClient
from private_redis import PrivateServer


@pytest.fixture
async def fan_out(client: RedisClient) -> AsyncIterator[FanOut]:
    async with FanOut(client, "c", backlog=3) as entered:
        yield entered


async def next_of(listener: Listener) -> Any:
    async with asyncio.timeout(10):
        return (await anext(listener))["data"]


async def test_each_listener_hears_each_message_in_order(
    client: RedisClient, fan_out: FanOut
) -> None:
    with ExitStack() as stack:
        listeners = [stack.enter_context(fan_out.listen()) for _ in range(100)]
        for number in range(3):
            await client.publish("c", {"number": number})
        for listener in listeners:
            heard = [await next_of(listener) for _ in range(3)]
            assert heard == [{"number": number} for number in range(3)]


async def test_a_message_comes_as_from_a_subscription_of_its_own(
    client: RedisClient, fan_out: FanOut
) -> None:
    alone = client.listen(await client.subscribe("c"))
    with fan_out.listen() as listener:
        await client.publish("c", {"n": 1})
        assert await anext(listener) == await anext(alone)


async def test_all_of_them_are_one_subscriber(client: RedisClient, fan_out: FanOut) -> None:
    with fan_out.listen(), fan_out.listen():
        assert await client.publish("c", 1) == 1


async def test_who_begins_to_listen_hears_what_comes_from_then_on(
    client: RedisClient, fan_out: FanOut
) -> None:
    with fan_out.listen() as early:
        await client.publish("c", "before")
        assert await next_of(early) == "before"
        with fan_out.listen() as late:
            await client.publish("c", "after")
            assert await next_of(late) == "after"


async def test_a_slow_listener_is_told_what_it_missed_and_the_others_miss_nothing(
    client: RedisClient, fan_out: FanOut, caplog: pytest.LogCaptureFixture
) -> None:
    with fan_out.listen(gaps=True) as slow, fan_out.listen(gaps=True) as quick:
        for number in range(10):
            await client.publish("c", number)
            assert await next_of(quick) == number
        heard = [await next_of(slow) for _ in range(4)]
        assert heard == [
            *(0, 1, 2),
            {"reason": "too slow", "missed": 7, "error": "its backlog is full"},
        ]
        await client.publish("c", "caught up")
        assert await next_of(slow) == "caught up"
    assert caplog.text.count("A listener is too slow: 3 messages wait for it.") == 1


async def test_without_gaps_it_hears_messages_alone(client: RedisClient, fan_out: FanOut) -> None:
    with fan_out.listen() as slow, fan_out.listen() as quick:
        for number in range(5):
            await client.publish("c", number)
            await next_of(quick)
        assert [await next_of(slow) for _ in range(3)] == [0, 1, 2]
        await client.publish("c", "caught up")
        assert await next_of(slow) == "caught up"


async def test_a_lost_connection_is_a_gap_for_each(
    quick: RedisClient, admin: redis.asyncio.Redis
) -> None:
    async with FanOut(quick, "c") as fan_out:
        with fan_out.listen(gaps=True) as one, fan_out.listen(gaps=True) as other:
            await admin.client_kill_filter(_type="pubsub")
            for listener in (one, other):
                lost = await next_of(listener)
                assert (lost["reason"], lost["missed"]) == ("connection lost", None)
            await quick.publish("c", "after")
            assert [await next_of(one), await next_of(other)] == ["after", "after"]


async def test_nobody_knows_what_a_slow_listener_missed_if_the_connection_was_lost_too(
    quick: RedisClient, admin: redis.asyncio.Redis
) -> None:
    async with FanOut(quick, "c", backlog=1) as fan_out:
        with fan_out.listen(gaps=True) as slow, fan_out.listen(gaps=True) as other:
            for number in range(2):
                await quick.publish("c", number)
                assert await next_of(other) == number
            await admin.client_kill_filter(_type="pubsub")
            assert (await next_of(other))["reason"] == "connection lost"
            await quick.publish("c", "after")
            assert await next_of(other) == "after"
            assert await next_of(slow) == 0
            assert (await next_of(slow))["missed"] is None


async def test_when_the_server_stays_away_each_listener_gets_the_error(
    private_server: PrivateServer,
) -> None:
    async with (
        RedisClient(private_server.url, attempts=2, backoff_base=0.01) as client,
        FanOut(client, "c") as fan_out,
    ):
        with fan_out.listen() as one, fan_out.listen() as other:
            private_server.stop()
            for listener in (one, other):
                with pytest.raises(exceptions.ConnectionError):
                    await next_of(listener)
        with fan_out.listen() as late, pytest.raises(exceptions.ConnectionError):
            await next_of(late)


async def test_a_listener_that_is_cancelled_as_a_message_comes_gets_it_the_next_time(
    fan_out: FanOut,
) -> None:
    with fan_out.listen() as listener:
        waiting = asyncio.create_task(next_of(listener))
        await asyncio.sleep(0)
        listener.put({"type": "message", "pattern": None, "channel": "c", "data": 1})
        waiting.cancel()
        await asyncio.wait([waiting])
        assert waiting.cancelled()
        assert await next_of(listener) == 1


async def test_a_second_one_on_the_same_listener_is_told_what_to_do(
    client: RedisClient, fan_out: FanOut
) -> None:
    with fan_out.listen() as listener:
        first = asyncio.create_task(next_of(listener))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match=r"already listening here: call listen\(\) for each"):
            await next_of(listener)
        await client.publish("c", "for the first")
        assert await first == "for the first"


@pytest.mark.parametrize("how", ["leave", "unsubscribe", "disconnect"])
async def test_at_the_end_each_hears_what_has_arrived_and_comes_to_the_end(
    redis_url: str, namespace: str, how: str
) -> None:
    async with RedisClient(redis_url, namespace=namespace) as client:
        fan_out = await FanOut(client, "c").__aenter__()
        with fan_out.listen() as behind, fan_out.listen() as waiting:
            await client.publish("c", 1)
            assert await next_of(waiting) == 1
            end = asyncio.create_task(anext(waiting, "end"))  # type: ignore[arg-type]
            await asyncio.sleep(0)
            if how != "leave":
                await getattr(client, how)()
            await fan_out.__aexit__(None, None, None)
            assert await end == "end"
            assert [message["data"] async for message in behind] == [1]


async def test_after_the_block_nobody_is_subscribed(client: RedisClient) -> None:
    async with FanOut(client, "c"):
        assert await client.publish("c", "one") == 1
    assert await client.publish("c", "nobody") == 0


async def test_whoever_listens_is_told_that_the_right_to_it_was_taken_away(
    quick: RedisClient,
) -> None:
    subscription = await quick.subscribe("c")
    async with FanOut(quick, "c") as fan_out:
        with fan_out.listen() as listener:
            await quick.call("ACL", "SETUSER", "default", "resetchannels")
            with pytest.raises(exceptions.NoPermissionError):
                await hear(quick, subscription)
            with pytest.raises(exceptions.NoPermissionError):
                await next_of(listener)


async def test_who_has_left_is_handed_nothing(client: RedisClient, fan_out: FanOut) -> None:
    with fan_out.listen() as gone:
        pass
    with fan_out.listen() as stays:
        await client.publish("c", 1)
        assert await next_of(stays) == 1
    assert not gone._messages


async def test_listening_without_a_subscription_says_what_to_do(client: RedisClient) -> None:
    with pytest.raises(RuntimeError, match="async with FanOut"), FanOut(client, "c").listen():
        pass
