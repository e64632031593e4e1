"""What a reader is told when Redis cannot be reached: the cause, and never the password."""

from __future__ import annotations

import pytest
import redis

from backend.core.diagnosis import diagnose
from backend.core.redis import RedisClient
from private_redis import PrivateServer


async def test_a_host_that_cannot_be_a_name_is_no_machine() -> None:
    url = f"redis://{'a' * 64}.example"  # a part of a name has 63 letters at the most
    with pytest.raises(redis.ConnectionError) as failed:
        await RedisClient(url, attempts=1).connect()
    assert "no machine of this name was found" in diagnose(url, failed.value, timeout=5)


@pytest.mark.parametrize("cause", [FileNotFoundError, PermissionError])
def test_a_socket_file_that_cannot_be_opened_is_named_as_the_cause(cause: type[OSError]) -> None:
    error = redis.ConnectionError("Error connecting to unix socket")
    error.__cause__ = cause("redis.sock")
    said = diagnose("unix:///run/redis.sock", error, timeout=5)
    assert "the socket file does not exist or may not be opened" in said


def test_an_answer_that_repeats_the_password_is_shown_without_it() -> None:
    error = redis.ResponseError("unknown option: hush, and no more")
    said = diagnose("redis://:hush@localhost", error, timeout=5)
    assert "unknown option: …, and no more" in said


async def test_a_server_without_tls_that_is_asked_with_it_is_told(
    private_server: PrivateServer,
) -> None:
    url = private_server.url.replace("redis://", "rediss://")
    client = RedisClient(url, timeout=0.5, attempts=1)
    with pytest.raises(redis.RedisError) as caught:
        await client.connect()
    assert "begin the URL with redis://" in diagnose(url, caught.value, 0.5)
