"""Template: a value that is kept for a while (camera status in the cache).

To copy: take this file and conftest.py. To change:
* KEY and STATUS: your key, and a value as your service writes it.
* `remember` and `recall`: call your own service here.
"""

import asyncio
from typing import Any

import pytest

from backend.core.redis import RedisClient

pytestmark = pytest.mark.asyncio

KEY = "camera:front_door:status"
STATUS = {"camera_id": "front_door", "status": "online", "fps": 15.5, "last_error": None}


async def remember(client: RedisClient, status: dict[str, Any], seconds: int = 300) -> None:
    """Stand in for the service that writes the status."""
    await client.set(KEY, status, expire=seconds)


async def recall(client: RedisClient) -> dict[str, Any] | None:
    """Stand in for the service that reads it."""
    return await client.get(KEY)


async def test_a_status_comes_back_as_it_was(client: RedisClient) -> None:
    await remember(client, STATUS)
    assert await recall(client) == STATUS


async def test_the_last_status_counts(client: RedisClient) -> None:
    await remember(client, STATUS)
    await remember(client, STATUS | {"status": "offline"})
    assert await recall(client) == STATUS | {"status": "offline"}


async def test_a_status_is_forgotten_when_its_time_is_over(client: RedisClient) -> None:
    await remember(client, STATUS, seconds=1)
    assert await client.exists(KEY) == 1
    async with asyncio.timeout(3):  # a deadline: without expiry the test fails, it does not hang
        while await recall(client) is not None:  # noqa: ASYNC110 - Redis tells nobody
            await asyncio.sleep(0.02)
    assert await client.exists(KEY) == 0


async def test_a_status_that_nobody_wrote_is_none(client: RedisClient) -> None:
    assert await recall(client) is None


async def test_a_deleted_status_is_gone(client: RedisClient) -> None:
    await remember(client, STATUS)
    assert await client.delete(KEY) == 1
    assert await recall(client) is None
