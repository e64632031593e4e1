"""A server that was killed comes back with its data; one that was stopped leaves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from private_redis import PrivateServer


@pytest.fixture
def durable() -> Iterator[PrivateServer]:
    with PrivateServer(append_only=True) as server:
        yield server


def folder_of(server: PrivateServer) -> Path:
    with redis.Redis.from_url(server.url) as client:
        return Path(client.config_get("dir")["dir"])


def test_a_killed_server_comes_back_with_its_data_on_the_same_port(durable: PrivateServer) -> None:
    url = durable.url
    for value in (b"1", b"2"):  # also a second time
        with redis.Redis.from_url(url) as client:
            client.set("key", value)
        durable.kill()
        assert not durable.running
        durable.start()
        assert durable.url == url
        with redis.Redis.from_url(url) as client:
            assert client.get("key") == value


def test_a_stopped_server_forgets_its_data_and_leaves_no_folder(durable: PrivateServer) -> None:
    with redis.Redis.from_url(durable.url) as client:
        client.set("key", "value")
    folder = folder_of(durable)
    durable.kill()
    assert folder.is_dir()
    durable.stop()
    assert not folder.exists()
    durable.start()
    with redis.Redis.from_url(durable.url) as client:
        assert client.dbsize() == 0
