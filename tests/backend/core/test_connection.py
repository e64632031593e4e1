"""Connecting and disconnecting: which server, how often it is tried, and what is left behind."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
import redis.asyncio
from redis import exceptions
from tests.support import as_user, hear, until

from backend.core.redis import DEFAULT_URL, RedisClient
from backend.core.retrying import Retrying
from backend.core.scripts import load
from course.failure_lab.connection import Proxy
from private_redis import PrivateServer

# ---- which server ----


def test_the_url_of_the_argument_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://from-the-environment:6379/0")
    assert RedisClient("redis://from-the-argument:6379/0").redis_url.endswith("argument:6379/0")


def test_the_url_of_the_environment_comes_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://from-the-environment:6379/0")
    assert RedisClient().redis_url == "redis://from-the-environment:6379/0"


@pytest.mark.parametrize("empty", [None, ""])
def test_without_a_url_it_is_the_default_port_on_this_machine(
    monkeypatch: pytest.MonkeyPatch, empty: str | None
) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    if empty is not None:
        monkeypatch.setenv("REDIS_URL", empty)
    assert RedisClient().redis_url == DEFAULT_URL == "redis://localhost:6379/0"


async def test_making_a_client_opens_no_connection(proxy: Proxy) -> None:
    RedisClient(proxy.url)
    await asyncio.sleep(0)
    assert proxy.connections == 0


async def test_a_url_that_is_none_of_redis_is_refused() -> None:
    with pytest.raises(ValueError, match="redis://"):
        await RedisClient("http://127.0.0.1:80").connect()


async def test_a_call_may_be_tried_any_number_of_times() -> None:
    """After 1,024 attempts, the doubled wait was too much for a float."""
    tries = 0

    async def fail() -> None:
        nonlocal tries
        tries += 1
        raise exceptions.ConnectionError("lost")

    with pytest.raises(exceptions.ConnectionError, match="lost"):
        await Retrying(1100, base=1e-9, cap=1e-9)(fail, failures=5000)
    assert tries == 1100


# ---- not connected ----

OPERATIONS: dict[str, Callable[[RedisClient], Awaitable[Any]]] = {
    "health_check": lambda client: client.health_check(),
    "add_to_queue": lambda client: client.add_to_queue("q", 1),
    "add_many_to_queue": lambda client: client.add_many_to_queue("q", [1, 2]),
    "get_from_queue": lambda client: client.get_from_queue("q", timeout=1),
    "get_many_from_queue": lambda client: client.get_many_from_queue("q", 2, timeout=1),
    "get_queue_length": lambda client: client.get_queue_length("q"),
    "peek_queue": lambda client: client.peek_queue("q"),
    "clear_queue": lambda client: client.clear_queue("q"),
    "publish": lambda client: client.publish("c", 1),
    "subscribe": lambda client: client.subscribe("c"),
    "listen": lambda client: anext(client.listen(None)),  # type: ignore[arg-type]
    "unsubscribe": lambda client: client.unsubscribe("c"),
    "set": lambda client: client.set("k", 1),
    "get": lambda client: client.get("k"),
    "set_many": lambda client: client.set_many({"k": 1}),
    "get_many": lambda client: client.get_many(["k"]),
    "exists": lambda client: client.exists("k"),
    "delete": lambda client: client.delete("k"),
    "call": lambda client: client.call("PING"),
    "run": lambda client: client.run(load("reserve"), []),
}
each_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)


def test_every_public_coroutine_of_the_client_is_among_the_operations() -> None:
    public = {name for name in vars(RedisClient) if not name.startswith("_")}
    assert public - {"connect", "disconnect", "forget_connections", "full_name"} == set(OPERATIONS)


@each_operation
async def test_before_connect_every_operation_says_not_connected(
    operation: Callable[[RedisClient], Awaitable[Any]],
) -> None:
    with pytest.raises(RuntimeError, match=r"^Redis client not connected: .*connect\(\)"):
        await operation(RedisClient("redis://127.0.0.1:1"))


@each_operation
async def test_after_disconnect_every_operation_says_not_connected(
    redis_url: str, operation: Callable[[RedisClient], Awaitable[Any]]
) -> None:
    async with RedisClient(redis_url) as client:
        pass
    with pytest.raises(RuntimeError, match=r"^Redis client not connected"):
        await operation(client)


async def test_disconnect_may_come_twice_or_without_a_connect(redis_url: str) -> None:
    client = RedisClient(redis_url)
    await client.disconnect()
    await client.connect()
    await client.disconnect()
    await client.disconnect()


async def test_a_disconnect_while_it_connects_leaves_it_disconnected(
    private_server: PrivateServer, proxy: Proxy
) -> None:
    client = RedisClient(proxy.url, attempts=1)
    private_server.pause()
    connecting = asyncio.create_task(client.connect())
    await until(lambda: proxy.connections)
    await client.disconnect()
    private_server.resume()
    with pytest.raises(exceptions.ConnectionError, match="has been disconnected"):
        await connecting
    with pytest.raises(RuntimeError, match="not connected"):
        await client.get("k")


async def test_a_client_can_connect_again_after_disconnect(redis_url: str) -> None:
    client = RedisClient(redis_url)
    for _ in range(2):
        await client.connect()
        assert (await client.health_check())["connected"]
        await client.disconnect()


# ---- how often connecting is tried ----


async def test_connect_tries_three_times_and_raises_the_last_error() -> None:
    connections = 0

    def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        client = RedisClient(f"redis://127.0.0.1:{port}", backoff_base=0.01)
        with pytest.raises(exceptions.ConnectionError):
            await client.connect()
    assert connections == 3
    with pytest.raises(RuntimeError, match=r"^Redis client not connected"):
        await client.get("k")


async def test_connect_waits_longer_before_each_attempt_up_to_the_cap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("backend.core.redis.asyncio.sleep", note)
    monkeypatch.setattr("random.random", lambda: 0.5)  # the jitter, in its middle
    with pytest.raises(exceptions.ConnectionError):
        await RedisClient("redis://127.0.0.1:1", attempts=8).connect()
    assert waits == [1, 2, 4, 8, 16, 30, 30]


async def test_connect_succeeds_when_the_server_comes_up_between_two_attempts(
    private_server: PrivateServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def start_the_server(_: float) -> None:
        private_server.start()

    private_server.stop()
    monkeypatch.setattr("backend.core.redis.asyncio.sleep", start_the_server)
    async with RedisClient(private_server.url) as client:
        assert (await client.health_check())["connected"]


async def test_a_wrong_password_is_reported_at_once_and_tried_once(
    proxy: Proxy, admin: redis.asyncio.Redis
) -> None:
    await admin.config_set("requirepass", "right")
    before = time.monotonic()
    for url in (as_user(proxy.url), as_user(proxy.url, password="wrong")):
        with pytest.raises(exceptions.AuthenticationError):
            await RedisClient(url, backoff_base=2).connect()
    assert proxy.connections == 2
    assert time.monotonic() - before < 1
    async with RedisClient(as_user(proxy.url, password="right")) as client:
        assert (await client.health_check())["connected"]


async def test_a_database_that_does_not_exist_is_reported_at_once_and_tried_once(
    proxy: Proxy,
) -> None:
    before = time.monotonic()
    with pytest.raises(exceptions.ResponseError, match="DB index"):
        await RedisClient(proxy.url.replace("/0", "/99"), backoff_base=2).connect()
    assert proxy.connections == 1
    assert time.monotonic() - before < 1


async def test_connecting_twice_also_at_the_same_time_opens_one_pool(
    private_server: PrivateServer, admin: redis.asyncio.Redis
) -> None:
    async with RedisClient(private_server.url) as client:
        await client.connect()
    await asyncio.gather(client.connect(), client.connect())
    await client.disconnect()
    await until(lambda: only_this_connection(admin))


async def test_a_connection_says_which_redis_py_it_is_and_reads_no_file_for_that(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    monkeypatch.setattr("redis.utils.get_lib_version", lambda: read.append("METADATA"))
    async with RedisClient(redis_url) as client:
        said = (await client.call("CLIENT", "INFO")).decode()
    if "lib-name" in said:  # servers ask for it since version 7.2
        assert f"lib-name=redis-py lib-ver={redis.__version__} " in said
    assert read == []


# ---- what is left behind ----


async def test_disconnect_ends_whoever_waits(
    private_server: PrivateServer, admin: redis.asyncio.Redis
) -> None:
    client = RedisClient(private_server.url)
    await client.connect()
    subscription = await client.subscribe("c")
    listening = asyncio.create_task(hear(client, subscription))
    popping = asyncio.create_task(client.get_from_queue("q"))
    await until(lambda: is_blocked(admin))

    await client.disconnect()

    assert await listening == []
    with pytest.raises(exceptions.ConnectionError):
        await popping
    await until(lambda: only_this_connection(admin))


async def test_disconnect_is_no_error_where_a_connection_cannot_be_closed_cleanly(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = RedisClient(redis_url)
    await client.connect()
    assert client._redis
    close = client._redis.aclose

    async def fail() -> None:
        await close()
        raise OSError("this connection does not close cleanly")

    monkeypatch.setattr(client._redis, "aclose", fail)
    await client.disconnect()


async def test_a_read_under_way_does_not_reconnect_after_disconnect(
    private_server: PrivateServer, admin: redis.asyncio.Redis
) -> None:
    client = RedisClient(private_server.url, backoff_base=0.01)
    await client.connect()
    private_server.pause()
    reading = asyncio.create_task(client.get("k"))
    await asyncio.sleep(0.05)  # it has been sent; nothing in reach would tell us so
    await client.disconnect()
    with pytest.raises((exceptions.ConnectionError, RuntimeError)):
        await reading
    private_server.resume()
    await until(lambda: only_this_connection(admin))


async def test_nothing_that_was_under_way_reaches_the_server_after_disconnect(
    private_server: PrivateServer, admin: redis.asyncio.Redis
) -> None:
    client = RedisClient(private_server.url)
    await client.connect()
    calls = [asyncio.create_task(client.add_to_queue("q", number)) for number in range(200)]
    calls.append(asyncio.create_task(client.get_from_queue("empty")))
    calls.append(asyncio.create_task(client.subscribe("c")))
    await until(lambda: admin.llen("q"))
    await client.disconnect()
    at_disconnect = await admin.llen("q")
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert await admin.llen("q") <= at_disconnect + 50  # sent before, and not yet looked at
    assert any(isinstance(outcome, exceptions.ConnectionError) for outcome in outcomes)
    await admin.rpush("empty", "left alone")
    assert await admin.llen("empty") == 1
    assert await admin.pubsub_numsub("c") == [("c", 0)]


@pytest.mark.parametrize("option", ["socket_timeout=1", "decode_responses=True", "protocol=3"])
async def test_a_url_may_not_set_what_the_client_decides(redis_url: str, option: str) -> None:
    with pytest.raises(ValueError, match="after its \\? only these options may stand: db, "):
        await RedisClient(f"redis://127.0.0.1:1/0?{option}").connect()


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # of a process with threads
async def test_the_child_of_a_fork_forgets_the_connections_and_the_parent_keeps_them(
    quick: RedisClient, admin: redis.asyncio.Redis
) -> None:
    async def in_the_child() -> None:
        gc.collect()  # nothing that is forgotten is closed
        async with quick:
            await quick.set("by", "the child")

    listener = asyncio.create_task(hear(quick, await quick.subscribe("c")))
    await asyncio.sleep(0)
    await quick.get("by")  # on a connection beside the listener's
    connections = await our_connections(admin)
    if (child := os.fork()) == 0:
        with suppress(BaseException):
            quick.forget_connections()
            asyncio.run(in_the_child())
            os._exit(0)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == 0  # noqa: ASYNC222 - the loop has to stand still
    assert await quick.get("by") == "the child"
    assert await quick.publish("c", "still here") == 1
    assert await asyncio.wait_for(listener, 5) == ["still here"]
    assert await our_connections(admin) == connections


async def test_a_failed_connect_leaves_no_connection(
    private_server: PrivateServer, admin: redis.asyncio.Redis
) -> None:
    await admin.execute_command("ACL", "SETUSER", "default", "-ping")  # it may log in, no more
    with pytest.raises(exceptions.NoPermissionError) as refused:
        await RedisClient(private_server.url).connect()
    assert refused.tb  # holds on to the connection, so that no garbage collection closes it
    await until(lambda: only_this_connection(admin))


def test_a_program_that_uses_everything_ends_without_a_warning(
    private_server: PrivateServer,
) -> None:
    program = """
import asyncio, gc
from backend.core.redis import RedisClient
async def main():
    # -X dev also logs callbacks that take long, as they do on a busy machine.
    asyncio.get_running_loop().slow_callback_duration = 60
    async with RedisClient() as client:
        await asyncio.gather(*(client.add_to_queue("q", n) for n in range(20)))
        await asyncio.gather(*(client.get_from_queue("q", timeout=1) for n in range(20)))
        await client.set("k", 1)
        left, kept = await client.subscribe("left"), await client.subscribe("kept")
        await client.publish("kept", 1)
        async for message in client.listen(kept):
            break
        await client.unsubscribe("left")
    gc.collect()
asyncio.run(main())
gc.collect()
"""
    # redis-py 8.1 calls it, and Python 3.14 warns of that.
    known = "ignore:'asyncio.iscoroutinefunction':DeprecationWarning:redis.asyncio.connection"
    ended = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error::ResourceWarning", "-W", known, "-c", program],
        env={"REDIS_URL": private_server.url, "PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")


async def only_this_connection(admin: redis.asyncio.Redis) -> bool:
    return len(await admin.client_list()) == 1


async def is_blocked(admin: redis.asyncio.Redis) -> bool:
    return (await admin.info("clients"))["blocked_clients"] == 1


async def our_connections(admin: redis.asyncio.Redis) -> set[str]:
    return {each["id"] for each in await admin.client_list()}


@pytest.mark.filterwarnings("error")
async def test_in_another_event_loop_a_call_says_that_the_client_is_not_for_it(
    redis_url: str,
) -> None:
    async with RedisClient(redis_url) as client:
        with pytest.raises(RuntimeError, match="connected in another event loop"):
            await asyncio.to_thread(asyncio.run, client.exists("a"))


@pytest.mark.filterwarnings("error")
async def test_disconnect_says_so_too_where_there_are_subscriptions(redis_url: str) -> None:
    async with RedisClient(redis_url) as client:
        messages = client.listen(await client.subscribe("c"))
        with pytest.raises(RuntimeError, match="connected in another event loop"):
            await asyncio.to_thread(asyncio.run, client.disconnect())
        await client.publish("c", 1)  # nothing was closed
        async with asyncio.timeout(5):
            assert (await anext(messages))["data"] == 1


# ---- packing ----


async def test_nothing_is_packed_in_python(
    private_server: PrivateServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: object) -> None:
        raise AssertionError("redis-py packs this command itself, in Python")

    monkeypatch.setattr("redis.asyncio.connection.AbstractConnection.pack_command", slow)
    async with RedisClient(private_server.url) as client:
        await client.add_many_to_queue("q", [1, 2])
        assert await client.get_from_queue("q", timeout=1) == 1
        assert await client.call("CLIENT LIST")
        async with asyncio.timeout(5):
            messages = client.listen(await client.subscribe("c"))
            await client.publish("c", 3)
            assert (await anext(messages))["data"] == 3


async def test_what_cannot_be_sent_is_refused_and_the_client_stays_usable(
    client: RedisClient,
) -> None:
    with pytest.raises(TypeError, match="str, int, float or bytes"):
        await client.call("SET", "k", None)
    assert await client.get("k") is None


@pytest.mark.parametrize("command", ["MULTI", "watch", "SELECT", "SUBSCRIBE"])
async def test_a_command_that_changes_its_connection_is_refused(
    client: RedisClient, command: str
) -> None:
    """Else the next call would be queued for an EXEC that may never come, or go elsewhere."""
    with pytest.raises(ValueError, match="connection of your own"):
        await client.call(command, "1")
    assert await client.add_to_queue("detection_queue", 1) == 1
