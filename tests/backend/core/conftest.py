"""Clients to test with. Each test also has to leave the event loop as it found it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import redis.asyncio
from tests.support import Proxy

from backend.core.redis import RedisClient
from private_redis import PrivateServer


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


@pytest.fixture
async def other_program(redis_url: str) -> AsyncIterator[redis.asyncio.Redis]:
    """Redis as another program sees it: without our client, without its namespace."""
    async with redis.asyncio.Redis.from_url(redis_url) as plain:
        yield plain


@pytest.fixture
async def quick(private_server: PrivateServer) -> AsyncIterator[RedisClient]:
    """A connected client of the private server that gives up after 0.5 s."""
    async with RedisClient(private_server.url, timeout=0.5, backoff_base=0.05) as connected:
        yield connected


@pytest.fixture
async def admin(private_server: PrivateServer) -> AsyncIterator[redis.asyncio.Redis]:
    """A second way into the private server: to look at its clients, and to kill them."""
    async with redis.asyncio.Redis.from_url(private_server.url, decode_responses=True) as plain:
        yield plain


@pytest.fixture
async def proxy(private_server: PrivateServer) -> AsyncIterator[Proxy]:
    """A network before the private server that loses what it is told to lose."""
    async with Proxy(private_server.url) as between:
        yield between
