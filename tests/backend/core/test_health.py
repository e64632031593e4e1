"""health_check(): the truth in every state of the server, within the deadline, never an error."""

from __future__ import annotations

import asyncio
import time

import pytest
import redis.asyncio
from tests.support import as_user

from backend.core.redis import RedisClient
from private_redis import PrivateServer


async def test_a_server_that_answers_is_healthy(
    client: RedisClient, other_program: redis.asyncio.Redis
) -> None:
    version = (await other_program.info("server"))["redis_version"]
    assert await client.health_check() == {
        "status": "healthy",
        "connected": True,
        "redis_version": version,
    }


async def test_a_stopped_server_is_unhealthy_at_once_and_healthy_when_it_is_back(
    private_server: PrivateServer,
) -> None:
    async with RedisClient(private_server.url) as client:  # 5 s to answer: it must not need them
        private_server.stop()
        began = time.monotonic()
        health = await client.health_check()
        assert time.monotonic() - began < 1
        assert (health["status"], health["connected"]) == ("unhealthy", False)
        assert "redis_version" not in health
        assert health["error"]
        private_server.start()
        assert (await client.health_check())["status"] == "healthy"


async def test_a_hung_server_is_unhealthy_after_the_timeout_and_healthy_when_it_goes_on(
    private_server: PrivateServer, quick: RedisClient
) -> None:
    private_server.pause()
    began = time.monotonic()
    health = await quick.health_check()
    assert 0.45 < time.monotonic() - began < 1
    assert (health["status"], health["connected"]) == ("unhealthy", False)
    assert "0.5 s" in health["error"]
    private_server.resume()
    assert (await quick.health_check())["status"] == "healthy"


async def test_a_server_that_hangs_after_the_ping_is_unhealthy_after_one_timeout() -> None:
    async with (
        await fake_server(info=b"") as server,
        RedisClient(url_of(server), timeout=1.5) as client,
    ):
        began = time.monotonic()
        assert (await client.health_check())["status"] == "unhealthy"
        assert time.monotonic() - began < 2.9  # not two timeouts: 3


async def test_a_password_set_meanwhile_is_unhealthy_and_names_the_reason(
    quick: RedisClient, admin: redis.asyncio.Redis
) -> None:
    await admin.config_set("requirepass", "new")
    await admin.client_kill_filter(_type="normal", skipme=True)
    health = await quick.health_check()
    assert (health["status"], health["connected"]) == ("unhealthy", False)
    assert "invalid username-password pair" in health["error"]


async def test_a_user_who_may_not_even_ping_is_unhealthy(
    quick: RedisClient, admin: redis.asyncio.Redis
) -> None:
    await admin.execute_command("ACL", "SETUSER", "default", "-ping")
    health = await quick.health_check()
    assert (health["status"], health["connected"]) == ("unhealthy", False)


@pytest.mark.parametrize(
    "info", [b":1\r\n", b"$-1\r\n", b"*0\r\n", b"$2\r\n\xff\xff\r\n", b"?\r\n"]
)
async def test_an_answer_that_makes_no_sense_is_unhealthy(info: bytes) -> None:
    async with await fake_server(info) as server, RedisClient(url_of(server)) as client:
        health = await client.health_check()
    assert (health["status"], health["connected"]) == ("unhealthy", False)
    assert health["error"]


async def fake_server(info: bytes) -> asyncio.Server:
    """A server that says yes to everything, and answers an INFO with these bytes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await reader.read(65536):
            commands = request.count(b"*")  # the handshake sends several at once
            writer.write(info if b"\r\nINFO\r\n" in request else b"+OK\r\n" * commands)
        writer.close()

    return await asyncio.start_server(serve, "127.0.0.1", 0)


def url_of(server: asyncio.Server) -> str:
    return f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_a_user_who_may_not_ask_for_the_version_is_healthy_all_the_same(
    private_server: PrivateServer, admin: redis.asyncio.Redis
) -> None:
    await admin.execute_command("ACL", "SETUSER", "app", "on", ">pw", "~*", "&*", "+@all", "-info")
    async with RedisClient(as_user(private_server.url, "app", "pw")) as client:
        health = await client.health_check()
    assert health == {"status": "healthy", "connected": True, "redis_version": "unknown"}
