"""A client to test with. Each test also has to leave the event loop as it found it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from backend.core.redis import RedisClient


@pytest.fixture(autouse=True)
async def no_task_is_left_behind() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    left = [task for task in asyncio.all_tasks() - before if task is not asyncio.current_task()]
    assert not left, f"still running after the test: {left}"


@pytest.fixture
async def client(redis_url: str, namespace: str) -> AsyncIterator[RedisClient]:
    """A connected client in this test's own namespace."""
    async with RedisClient(redis_url, namespace=namespace) as connected:
        yield connected
