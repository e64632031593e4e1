"""Connections that break, replies that get lost, servers that stop, restart or hang."""

from __future__ import annotations

import asyncio
import errno
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
import redis.asyncio
from redis import exceptions
from tests.support import hear, publish_until_heard, until

from backend.core.redis import MAX_CONNECTIONS, RedisClient
from course.failure_lab.connection import Proxy
from private_redis import PrivateServer

# ---- idle connections that the server has closed ----


async def test_after_idle_connections_were_killed_every_push_works_and_makes_one_copy(
    private_server: PrivateServer, admin: redis.asyncio.Redis
) -> None:
    async with RedisClient(private_server.url) as client:
        await asyncio.gather(*(client.get("k") for _ in range(20)))  # fill the pool
        await kill_all_but(admin)
        for number in range(20):
            await client.add_to_queue("q", number)
        assert await client.peek_queue("q") == list(range(20))


async def test_after_idle_connections_were_killed_pop_and_subscribe_work(
    quick: RedisClient, admin: redis.asyncio.Redis
) -> None:
    await quick.get_from_queue("q", timeout=0.01)
    await kill_all_but(admin)
    await quick.add_to_queue("q", 1)
    assert await quick.get_from_queue("q", timeout=1) == 1
    await kill_all_but(admin)
    subscription = await quick.subscribe("c")
    await quick.publish("c", 2)
    assert await hear(quick, subscription) == [2]


# ---- a reply that is lost: the command has run, and the client cannot know ----

Operation = Callable[[RedisClient], Awaitable[Any]]


async def test_a_push_whose_reply_is_lost_is_an_error_and_one_item(
    proxy: Proxy, admin: redis.asyncio.Redis
) -> None:
    async with RedisClient(proxy.url, backoff_base=0.01) as client:
        proxy.cut_next_reply("RPUSH")
        with pytest.raises(exceptions.ConnectionError):
            await client.add_to_queue("q", "once")
        assert await admin.lrange("q", 0, -1) == ['"once"']


async def test_a_publish_whose_reply_is_lost_is_an_error_and_one_message(
    private_server: PrivateServer, proxy: Proxy
) -> None:
    async with (
        RedisClient(proxy.url, backoff_base=0.01) as client,
        RedisClient(private_server.url) as listener,
    ):
        subscription = await listener.subscribe("c")
        proxy.cut_next_reply("PUBLISH")
        with pytest.raises(exceptions.ConnectionError):
            await client.publish("c", "once")
        await client.publish("c", "next")
        assert await hear(listener, subscription, 2) == ["once", "next"]


async def test_a_pop_whose_reply_is_lost_is_an_error_and_takes_one_item(
    proxy: Proxy, admin: redis.asyncio.Redis
) -> None:
    async with RedisClient(proxy.url, backoff_base=0.01) as client:
        for number in (1, 2):
            await client.add_to_queue("q", number)
        proxy.cut_next_reply("BLPOP")
        with pytest.raises(exceptions.ConnectionError):
            await client.get_from_queue("q", timeout=1)
        assert await admin.lrange("q", 0, -1) == ["2"]  # 1 is lost: at most once


@pytest.mark.parametrize(
    ("command", "operation", "answer"),
    [
        ("SET", lambda client: client.set("k", "new"), True),
        ("GET", lambda client: client.get("k"), "old"),
        ("EXISTS", lambda client: client.exists("k"), 1),
        ("LLEN", lambda client: client.get_queue_length("q"), 1),
        ("LRANGE", lambda client: client.peek_queue("q"), ["item"]),
    ],
)
async def test_what_may_run_twice_is_repeated_when_its_reply_is_lost(
    proxy: Proxy, command: str, operation: Operation, answer: object
) -> None:
    async with RedisClient(proxy.url, backoff_base=0.01) as client:
        await client.set("k", "old")
        await client.add_to_queue("q", "item")
        proxy.cut_next_reply(command)
        assert await operation(client) == answer
        assert proxy.lost == 1


async def test_a_delete_whose_reply_is_lost_is_an_error_for_its_count_would_be_wrong(
    proxy: Proxy,
) -> None:
    async with RedisClient(proxy.url, backoff_base=0.01) as client:
        await client.set("k", 1)
        proxy.cut_next_reply("DEL")
        with pytest.raises(exceptions.ConnectionError):
            await client.delete("k")


# ---- a server that stops and comes back ----


async def test_a_restart_during_a_blocking_pop_is_an_error_at_once_and_the_next_pop_works(
    private_server: PrivateServer,
) -> None:
    async with RedisClient(private_server.url) as client:
        popping = asyncio.create_task(client.get_from_queue("q", timeout=30))
        await until_blocked(private_server)
        private_server.stop()
        began = time.monotonic()
        with pytest.raises(exceptions.ConnectionError):
            await popping
        assert time.monotonic() - began < 1
        private_server.start()
        await client.add_to_queue("q", "after the restart")
        assert await client.get_from_queue("q", timeout=1) == "after the restart"


async def test_a_read_while_the_server_is_away_succeeds_when_it_comes_back_in_time(
    private_server: PrivateServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def start_the_server(_: float) -> None:
        private_server.start()

    async with RedisClient(private_server.url) as client:
        private_server.stop()
        monkeypatch.setattr("backend.core.redis.asyncio.sleep", start_the_server)
        assert await client.get("k") is None


async def test_a_push_while_the_server_is_away_is_an_error(private_server: PrivateServer) -> None:
    async with RedisClient(private_server.url) as client:
        private_server.stop()
        with pytest.raises(exceptions.ConnectionError):
            await client.add_to_queue("q", 1)


async def test_a_listener_goes_on_after_a_restart_and_warns_of_the_gap(
    private_server: PrivateServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with RedisClient(private_server.url, backoff_base=0.05, attempts=30) as client:
        subscription = await client.subscribe("c", "d")
        listener = asyncio.create_task(hear(client, subscription, 2))
        await asyncio.sleep(0.01)
        private_server.stop()
        await asyncio.sleep(0.05)
        private_server.start()
        await until(lambda: reaches(client, "c", 1))
        await client.publish("d", 2)
        assert await listener == [1, 2]
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert "Lost the subscription to c, d" in warnings[0].getMessage()


async def test_a_listener_whose_connection_is_killed_goes_on(
    quick: RedisClient, admin: redis.asyncio.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    subscription = await quick.subscribe("c")
    listener = asyncio.create_task(hear(quick, subscription))
    await asyncio.sleep(0.01)
    await admin.client_kill_filter(_type="pubsub")
    await publish_until_heard(quick, "c", "after the kill", listener)
    assert await listener == ["after the kill"]
    assert "Lost the subscription to c" in caplog.text


async def test_a_listener_does_not_resubscribe_to_a_channel_that_was_left(
    quick: RedisClient, admin: redis.asyncio.Redis
) -> None:
    subscription = await quick.subscribe("leave", "stay")
    await quick.unsubscribe("leave")
    listener = asyncio.create_task(hear(quick, subscription))
    await until(lambda: has_subscribers(admin, "leave", 0))
    await admin.client_kill_filter(_type="pubsub")
    await publish_until_heard(quick, "stay", "heard", listener)
    assert await listener == ["heard"]
    assert await quick.publish("leave", "nobody") == 0


async def test_a_listener_gets_the_error_when_the_server_stays_away(
    private_server: PrivateServer, quick: RedisClient
) -> None:
    subscription = await quick.subscribe("c")
    listener = asyncio.create_task(hear(quick, subscription))
    await asyncio.sleep(0.01)
    private_server.stop()
    with pytest.raises(exceptions.ConnectionError):
        await listener
    private_server.start()  # and who tries again later, hears again
    listener = asyncio.create_task(hear(quick, subscription))
    await publish_until_heard(quick, "c", "back", listener)
    assert await listener == ["back"]


# ---- a server that hangs: it keeps its connections and answers nothing ----


@pytest.mark.parametrize(
    "operation",
    [
        lambda client: client.get("k"),
        lambda client: client.set("k", 1),
        lambda client: client.add_to_queue("q", 1),
        lambda client: client.get_queue_length("q"),
        lambda client: client.get_from_queue("q", timeout=0.01),
        lambda client: client.publish("c", 1),
        lambda client: client.subscribe("c"),
    ],
    ids=[
        "get",
        "set",
        "add_to_queue",
        "get_queue_length",
        "get_from_queue",
        "publish",
        "subscribe",
    ],
)
async def test_a_call_to_a_hung_server_ends_at_its_deadline_and_the_client_stays_usable(
    private_server: PrivateServer, operation: Operation
) -> None:
    async with RedisClient(private_server.url, timeout=0.3, backoff_base=0.01) as client:
        private_server.pause()
        began = time.monotonic()
        with pytest.raises(exceptions.TimeoutError, match=r"within 0\.31? s"):
            await operation(client)
        assert 0.29 < time.monotonic() - began < 2
        private_server.resume()
        await until(lambda: is_answered(operation(client)))


async def test_a_server_that_hangs_during_a_blocking_pop_is_noticed_also_in_an_endless_one(
    private_server: PrivateServer, quick: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.core.redis.LONGEST_BLOCK", 0.2)
    popping = asyncio.create_task(quick.get_from_queue("q", timeout=0))
    await until_blocked(private_server)
    private_server.pause()
    began = time.monotonic()
    with pytest.raises(exceptions.TimeoutError, match="BLPOP"):
        await popping
    assert time.monotonic() - began < 1.5
    private_server.resume()
    await until(lambda: answers(quick))
    await quick.add_to_queue("q", "after the hang")
    assert await quick.get_from_queue("q", timeout=1) == "after the hang"


async def test_the_late_reply_of_a_timed_out_call_is_not_taken_for_the_next_ones(
    private_server: PrivateServer,
) -> None:
    async with RedisClient(private_server.url, timeout=1.0, attempts=1) as client:
        for number in range(5):
            await client.set(f"k{number}", number)
        private_server.pause()
        lost = await asyncio.gather(
            *(client.get(f"k{number}") for number in range(5)), return_exceptions=True
        )
        assert all(isinstance(error, exceptions.TimeoutError) for error in lost)
        private_server.resume()
        await until(lambda: answers(client))
        for number in reversed(range(5)):
            assert await client.get(f"k{number}") == number


async def test_a_call_that_times_out_as_it_connects_leaves_no_connection_out_of_step(
    private_server: PrivateServer, admin: redis.asyncio.Redis
) -> None:
    """The answers to the first call's log-in come late: not to be taken for the second's."""
    async with RedisClient(private_server.url, timeout=1.5, attempts=1) as client:
        await client.set("k", "value")
        await kill_all_but(admin)
        private_server.pause()
        with pytest.raises(exceptions.TimeoutError):
            await client.get("k")
        second = asyncio.create_task(client.get("k"))
        await asyncio.sleep(0.05)  # it has been sent
        private_server.resume()
        assert await second == "value"
        assert await client.get("k") == "value"


async def test_200_calls_that_time_out_leave_room_for_as_many_as_before(
    private_server: PrivateServer, admin: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with RedisClient(private_server.url, timeout=1.5, attempts=1) as client:
        private_server.pause()
        lost = await asyncio.gather(*(client.get("k") for _ in range(200)), return_exceptions=True)
        assert all(isinstance(error, exceptions.TimeoutError) for error in lost)
        private_server.resume()
        monkeypatch.setattr(client, "_timeout", 30.0)  # the next ones stay until they are let go
        # To the client these are calls like any other: each takes a place until it is answered.
        holding = [
            asyncio.create_task(client.call("BLPOP", "empty", 0)) for _ in range(MAX_CONNECTIONS)
        ]
        await until_blocked(private_server, MAX_CONNECTIONS)
        await admin.rpush("empty", *range(MAX_CONNECTIONS))
        await asyncio.gather(*holding)


async def test_calls_at_once_share_the_connections_that_there_are_for_them(
    private_server: PrivateServer,
) -> None:
    async with RedisClient(private_server.url) as client:
        await asyncio.gather(*(client.get("k") for _ in range(4 * MAX_CONNECTIONS)))
        clients = await client.call("CLIENT LIST")
    assert len(clients) == MAX_CONNECTIONS


async def test_connect_to_a_hung_server_ends_after_its_attempts(
    private_server: PrivateServer,
) -> None:
    client = RedisClient(private_server.url, timeout=0.3, attempts=2, backoff_base=0.01)
    private_server.pause()
    began = time.monotonic()
    with pytest.raises(exceptions.TimeoutError):
        await client.connect()
    assert 0.2 <= time.monotonic() - began < 1
    private_server.resume()
    await client.connect()
    await client.disconnect()


async def test_a_listener_survives_a_hang_that_passes(
    private_server: PrivateServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with RedisClient(
        private_server.url, timeout=0.3, backoff_base=0.05, attempts=30
    ) as client:
        subscription = await client.subscribe("c")
        listener = asyncio.create_task(hear(client, subscription))
        private_server.pause()
        await until(lambda: logged(caplog, "Lost the subscription to c"))
        private_server.resume()
        await publish_until_heard(client, "c", "after the hang", listener)
        assert await listener == ["after the hang"]


async def test_a_listener_gets_the_error_when_the_hang_does_not_pass(
    private_server: PrivateServer,
) -> None:
    async with RedisClient(private_server.url, timeout=0.3, backoff_base=0.01) as client:
        subscription = await client.subscribe("c")
        private_server.pause()
        with pytest.raises(exceptions.TimeoutError):
            async with asyncio.timeout(3):
                await hear(client, subscription)
        private_server.resume()  # and who tries again later, hears again
        listener = asyncio.create_task(hear(client, subscription))
        await publish_until_heard(client, "c", "back", listener)
        assert await listener == ["back"]


async def test_a_listener_that_is_cut_off_from_a_hung_server_gets_the_error(
    private_server: PrivateServer, proxy: Proxy
) -> None:
    async with RedisClient(proxy.url, timeout=0.3, backoff_base=0.01) as client:
        subscription = await client.subscribe("c")
        listener = asyncio.create_task(hear(client, subscription))
        await asyncio.sleep(0.01)
        private_server.pause()
        proxy.cut()
        with pytest.raises((exceptions.TimeoutError, exceptions.ConnectionError)):
            async with asyncio.timeout(3):
                await listener
        private_server.resume()


async def test_a_quiet_channel_is_not_taken_for_a_hung_server(
    private_server: PrivateServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with RedisClient(private_server.url, timeout=0.5) as client:
        subscription = await client.subscribe("c")
        listener = asyncio.create_task(hear(client, subscription))
        await asyncio.sleep(1.5)  # silence of three times the client's patience
        await client.publish("c", "at last")
        assert await listener == ["at last"]
    assert caplog.records == []


async def test_disconnect_from_a_hung_server_returns_at_once(
    private_server: PrivateServer,
) -> None:
    client = RedisClient(private_server.url)
    await client.connect()
    subscription = await client.subscribe("c")
    listener = asyncio.create_task(hear(client, subscription))
    popping = asyncio.create_task(client.get_from_queue("q"))
    await until_blocked(private_server)
    private_server.pause()
    began = time.monotonic()
    await client.disconnect()
    assert time.monotonic() - began < 1
    assert await listener == []
    with pytest.raises(exceptions.ConnectionError):
        await popping


# ---- what the tests wait for ----


async def kill_all_but(admin: redis.asyncio.Redis) -> None:
    await admin.client_kill_filter(_type="normal", skipme=True)


async def until_blocked(server: PrivateServer, count: int = 1) -> None:
    async with redis.asyncio.Redis.from_url(server.url) as other:

        async def blocked() -> bool:
            return (await other.info("clients"))["blocked_clients"] == count

        await until(blocked)


async def reaches(client: RedisClient, channel: str, message: object) -> bool:
    return await client.publish(channel, message) == 1


async def has_subscribers(admin: redis.asyncio.Redis, channel: str, count: int) -> bool:
    return (await admin.pubsub_numsub(channel))[0][1] == count


async def answers(client: RedisClient) -> bool:
    return (await client.health_check())["connected"]


async def is_answered(call: Awaitable[Any]) -> bool:
    with suppress(exceptions.TimeoutError):
        await call
        return True
    return False


async def logged(caplog: pytest.LogCaptureFixture, text: str) -> bool:
    return text in caplog.text


async def test_a_call_to_a_server_that_is_down_says_that_it_is_down(
    private_server: PrivateServer,
) -> None:
    # A deadline that falls into a wait, as it does here, must not hide the reason.
    async with RedisClient(
        private_server.url, timeout=1.0, backoff_base=1000, backoff_cap=1000
    ) as client:
        private_server.stop()
        with pytest.raises(exceptions.ConnectionError):
            await client.get("key")


async def test_a_server_that_lets_in_and_cuts_off_again_and_again_is_not_stormed(
    private_server: PrivateServer, admin: redis.asyncio.Redis
) -> None:
    async with RedisClient(private_server.url, backoff_base=0.05) as client:
        listener = asyncio.create_task(hear(client, await client.subscribe("c")))
        cut_off, ends = 0, asyncio.get_running_loop().time() + 1
        while asyncio.get_running_loop().time() < ends:
            cut_off += await admin.client_kill_filter(_type="pubsub")
            await asyncio.sleep(0.005)
        assert 2 <= cut_off < 20  # of some 200 that there could have been
        assert not listener.done()
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)


async def test_a_quiet_listener_whose_connections_lasted_does_not_wait_before_the_next(
    private_server: PrivateServer, admin: redis.asyncio.Redis
) -> None:
    async with RedisClient(private_server.url, timeout=0.5, backoff_base=20) as client:
        messages = client.listen(await client.subscribe("c"), gaps=True)
        async with asyncio.timeout(10):
            for _ in range(3):
                gap = asyncio.create_task(anext(messages))
                await asyncio.sleep(0.8)  # silence: a PING was answered
                await admin.client_kill_filter(_type="pubsub")
                assert (await gap)["type"] == "gap"


async def test_a_crowd_of_calls_is_told_that_the_wait_may_be_its_own(
    private_server: PrivateServer,
) -> None:
    async with RedisClient(private_server.url, timeout=0.3) as client:
        private_server.pause()
        one = await asyncio.gather(client.get("key"), return_exceptions=True)
        many = await asyncio.gather(*(client.get("key") for _ in range(80)), return_exceptions=True)
        private_server.resume()
    assert "connections" not in str(one[0])
    assert all("calls at once share 50 connections" in str(error) for error in many[:20])


async def test_no_file_descriptor_left_is_a_connection_error(
    client: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(self: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    await client.add_to_queue("queue", 1)
    await client.subscribe("channel")  # which has the only open connection now
    monkeypatch.setattr("redis.asyncio.connection.Connection._connect", none_left)
    with pytest.raises(exceptions.ConnectionError, match="Too many open files"):
        await client.get_from_queue("queue", timeout=1)
    monkeypatch.undo()
    assert await client.get_from_queue("queue", timeout=1) == 1
