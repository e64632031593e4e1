"""What the backend's tests share: each also has to leave the event loop as it found it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from backend.core.redis import RedisClient
from private_redis import PrivateServer


@pytest.fixture(autouse=True)
async def no_task_is_left_behind() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    left = [task for task in asyncio.all_tasks() - before if task is not asyncio.current_task()]
    assert not left, f"still running after the test: {left}"


@pytest.fixture
async def quick(private_server: PrivateServer) -> AsyncIterator[RedisClient]:
    """A connected client of a server of our own, that gives up after half a second."""
    async with RedisClient(private_server.url, timeout=0.5, backoff_base=0.05) as connected:
        yield connected
