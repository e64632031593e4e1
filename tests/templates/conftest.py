"""What the templates share. Copy it with them; it needs nothing else of this repository's tests.

The server is the one that REDIS_URL names, else a private one. Each test works under names of its
own, so it is safe on a shared server, next to other tests and next to a second run of itself.
"""

import os
import uuid
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from backend.core.redis import RedisClient


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The server for the whole run."""
    if url := os.environ.get("REDIS_URL"):
        yield url
    else:
        from private_redis import PrivateServer  # needed only without REDIS_URL

        with PrivateServer() as server:
            yield server.url


@pytest_asyncio.fixture
async def client(redis_url: str) -> AsyncIterator[RedisClient]:
    """A connected client; what the test wrote is removed after it, also when it failed."""
    namespace = f"test:{uuid.uuid4().hex}:"
    try:
        async with RedisClient(redis_url, namespace=namespace) as client:
            yield client
    finally:
        async with Redis.from_url(redis_url) as cleaner:
            async for key in cleaner.scan_iter(match=f"{namespace}*", count=1000):
                await cleaner.unlink(key)
