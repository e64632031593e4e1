"""What every test can ask for: a Redis, a namespace, a server to be rough with."""

from __future__ import annotations

import os
import resource
import uuid
from collections.abc import AsyncIterator, Iterator

import pytest
import redis

from backend.core.redis import RedisClient
from backend.core.reliable_queue import Job, ReliableQueue
from private_redis import PrivateServer


def pytest_configure() -> None:
    """Allow as many open files as the system does: some tests wait on hundreds of connections."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 4096) if most > 0 else 4096, most))


@pytest.fixture(autouse=True)
def failed_in_a_block(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[AssertionError]]:
    """An assertion in the block of a `reserve` fails the test, too.

    To `reserve`, what its block raises is a failure of the item: logged, and tried again.
    """
    end_badly = ReliableQueue._end_badly
    failed: list[AssertionError] = []

    async def told(queue: ReliableQueue, job: Job, error: BaseException) -> None:
        if isinstance(error, AssertionError):
            failed.append(error)
            raise error
        await end_badly(queue, job, error)

    monkeypatch.setattr(ReliableQueue, "_end_badly", told)
    yield failed
    assert not failed, f"in the block of a reserve(): {failed[0]}"


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The server under test: REDIS_URL if that is set, else one of our own for the whole run."""
    if url := os.environ.get("REDIS_URL"):
        yield url
        return
    with PrivateServer() as server:
        yield server.url


@pytest.fixture
def namespace(redis_url: str) -> Iterator[str]:
    """A prefix for this test's keys and channels; the keys are removed afterwards."""
    prefix = f"test:{uuid.uuid4().hex[:8]}:"
    yield prefix
    with redis.Redis.from_url(redis_url) as client:
        for key in client.scan_iter(match=f"{prefix}*", count=1000):
            client.unlink(key)


@pytest.fixture
def private_server() -> Iterator[PrivateServer]:
    """A server of our own, also when REDIS_URL is set: to be stopped, paused and restarted."""
    with PrivateServer() as server:
        yield server


@pytest.fixture
async def client(redis_url: str, namespace: str) -> AsyncIterator[RedisClient]:
    """A connected client in this test's own namespace."""
    async with RedisClient(redis_url, namespace=namespace) as connected:
        yield connected
