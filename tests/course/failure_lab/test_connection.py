"""The connection is cut when it shall be, and at no other time."""

from __future__ import annotations

import pytest
import redis

from backend.core.push import add_to_queue_safe
from backend.core.redis import RedisClient
from course.failure_lab.connection import Proxy
from private_redis import PrivateServer

QUEUE = "detection_queue"


async def test_it_is_cut_after_the_command_has_run_and_before_its_reply(
    private_server: PrivateServer,
) -> None:
    with Proxy(private_server.url) as proxy:
        async with RedisClient(proxy.url) as client:
            proxy.cut_next_reply("RPUSH")
            with pytest.raises(redis.ConnectionError):
                await client.add_to_queue(QUEUE, 1)
            assert await client.get_queue_length(QUEUE) == 1
            assert await client.add_to_queue(QUEUE, 2) == 2
    assert proxy.lost == 1


def test_it_serves_a_program_without_asyncio_and_counts_connections(
    private_server: PrivateServer,
) -> None:
    with Proxy(private_server.url) as proxy:
        assert proxy.connections == 0
        with redis.Redis.from_url(proxy.url) as client:
            client.ping()
            proxy.cut()
            client.ping()
        assert (proxy.connections, proxy.lost) == (2, 0)


async def test_without_a_server_it_is_cut(private_server: PrivateServer) -> None:
    with Proxy(private_server.url) as proxy:
        private_server.stop()
        with pytest.raises(redis.ConnectionError):
            await RedisClient(proxy.url, attempts=1).connect()


async def test_a_script_is_named_and_its_reply_is_lost_after_it_has_run(
    private_server: PrivateServer,
) -> None:
    """The server does not know the script at first: that answer is not the one that is lost."""
    with Proxy(private_server.url) as proxy:
        async with RedisClient(proxy.url) as client:
            proxy.cut_next_reply("push")
            with pytest.raises(redis.ConnectionError):
                await add_to_queue_safe(client, QUEUE, 1)
            assert await client.get_queue_length(QUEUE) == 1
            assert (await add_to_queue_safe(client, QUEUE, 2)).queue_length == 2
    assert proxy.lost == 1


def test_a_script_that_there_is_not_is_an_error(private_server: PrivateServer) -> None:
    with (
        Proxy(private_server.url) as proxy,
        pytest.raises(FileNotFoundError, match=r"no script pusch\.lua.* push\.lua"),
    ):
        proxy.cut_next_reply("pusch")


def test_a_command_that_there_is_not_is_an_error(private_server: PrivateServer) -> None:
    with (
        Proxy(private_server.url) as proxy,
        pytest.raises(ValueError, match="no command RPSUH"),
    ):
        proxy.cut_next_reply("RPSUH")
