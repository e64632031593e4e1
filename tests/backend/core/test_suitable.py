"""Servers that answer and cannot do what is needed, and answers that mean "not me", "not now"."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import exceptions
from tests.support import until

from backend.core.redis import RedisClient
from backend.core.reliable_queue import ReliableQueue
from backend.core.suitable import UnsuitableServer, what_is_missing
from backend.core.unavailable import has_done_nothing
from course.failure_lab.connection import Proxy
from private_redis import PrivateServer, find_server
from private_redis.server import _free_port


@pytest.mark.parametrize(
    ("info", "says"),
    [
        ({"redis_version": "6.2.14"}, "this server is 6.2.14"),
        ({"redis_version": "7.2.4", "cluster_enabled": 1}, "Redis Cluster"),
        (
            {"redis_version": "7.2.4", "role": "slave", "master_host": "a", "master_port": 1},
            "use its primary, a:1",
        ),
    ],
)
def test_what_a_server_lacks_is_said_in_one_sentence(info: dict, says: str) -> None:
    assert says in (what_is_missing(info) or "")


@pytest.mark.parametrize(
    "info",
    [
        {"redis_version": "7.0.15", "cluster_enabled": 0, "role": "master"},
        {"redis_version": "7.2.4", "role": "slave", "slave_read_only": 0},
        {"redis_version": "unknown"},
        {},
    ],
)
def test_what_can_be_worked_with_is_not_refused(info: dict) -> None:
    assert what_is_missing(info) is None


@contextmanager
def a_cluster_node(folder: Path) -> Iterator[str]:
    port, bus = _free_port(), _free_port()  # unless it is told, the bus takes port + 10000
    node = subprocess.Popen(
        [find_server(), "--port", str(port), "--bind", "127.0.0.1", "--save", "",
         "--cluster-enabled", "yes", "--cluster-port", str(bus), "--dir", folder],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        node.kill()
        node.wait()


async def test_a_node_of_a_cluster_is_refused_at_connect(tmp_path: Path) -> None:
    with a_cluster_node(tmp_path) as url:
        client = RedisClient(url, attempts=500, backoff_base=0.02, backoff_cap=0.1)
        with pytest.raises(UnsuitableServer, match="node of a Redis Cluster"):
            await client.connect()
        await client.disconnect()


@pytest.fixture
async def replica(private_server: PrivateServer) -> AsyncIterator[PrivateServer]:
    """A second server, which follows the first."""
    with PrivateServer() as follower:
        async with RedisClient(private_server.url) as client:
            await client.call("CONFIG", "SET", "repl-diskless-sync-delay", 0)  # else five seconds
        async with RedisClient(follower.url) as client:
            await client.call("REPLICAOF", "127.0.0.1", private_server.port)

            async def is_in_step() -> bool:
                return (await client.call("INFO", "replication"))["master_link_status"] == "up"

            await until(is_in_step, within=20)
        yield follower


async def test_a_replica_is_refused_at_connect(replica: PrivateServer) -> None:
    client = RedisClient(replica.url)
    with pytest.raises(UnsuitableServer, match="use its primary"):
        await client.connect()


@pytest.fixture
async def name(private_server: PrivateServer) -> AsyncIterator[Name]:
    """A name that leads to a server, until `fail_over` makes it lead to another."""
    with PrivateServer() as spare, Proxy(private_server.url) as proxy:
        yield Name(private_server, spare, proxy)


@dataclass
class Name:
    """What clients know a service by: a connection that lives stays where it is."""

    old: PrivateServer
    new: PrivateServer
    proxy: Proxy

    async def fail_over(self) -> None:
        async with RedisClient(self.old.url) as client:
            await client.call("REPLICAOF", "127.0.0.1", self.new.port)
        self.proxy._server = ("127.0.0.1", self.new.port)


async def test_after_a_failover_behind_one_name_a_push_goes_to_the_new_primary(name: Name) -> None:
    async with RedisClient(name.proxy.url, backoff_base=0.05) as client:
        await client.add_to_queue("queue", "before")
        await name.fail_over()
        await client.add_to_queue("queue", "after")
        async with RedisClient(name.new.url) as other:
            assert await other.peek_queue("queue") == ["after"]


async def test_a_consumer_follows_a_failover_too(name: Name) -> None:
    async with (
        RedisClient(name.proxy.url, backoff_base=0.05) as client,
        ReliableQueue(client, "queue") as queue,
        RedisClient(name.new.url) as producer,
    ):
        await name.fail_over()
        await producer.add_to_queue("queue", "there")
        job = await queue.take(10)
        assert job is not None
        assert job.data == "there"
        assert await queue.acknowledge(job)


@pytest.mark.parametrize(
    "error",
    [
        exceptions.ReadOnlyError("You can't write against a read only replica."),
        exceptions.BusyLoadingError("Redis is loading the dataset in memory"),
        exceptions.MasterDownError("Link with MASTER is down"),
        exceptions.ResponseError("NOREPLICAS Not enough good replicas to write."),
        exceptions.ResponseError("UNBLOCKED force unblock from blocking operation"),
    ],
    ids=lambda error: str(error)[:20],
)
def test_an_answer_that_means_not_me_or_not_now_has_done_nothing(error: Exception) -> None:
    assert has_done_nothing(error)


@pytest.mark.parametrize(
    "error",
    [
        exceptions.ConnectionError("closed"),
        exceptions.TimeoutError("no answer"),
        exceptions.ResponseError("WRONGTYPE"),
        exceptions.OutOfMemoryError("OOM"),
    ],
    ids=lambda error: str(error),
)
def test_other_errors_leave_open_what_was_done_or_will_not_pass(error: Exception) -> None:
    assert not has_done_nothing(error)
