"""Redis as others see it, and a network that loses what it is told to lose."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import redis.asyncio

from course.failure_lab.connection import Proxy
from private_redis import PrivateServer


@pytest.fixture
async def other_program(redis_url: str) -> AsyncIterator[redis.asyncio.Redis]:
    """Redis as another program sees it: without our client, without its namespace."""
    async with redis.asyncio.Redis.from_url(redis_url) as plain:
        yield plain


@pytest.fixture
async def admin(private_server: PrivateServer) -> AsyncIterator[redis.asyncio.Redis]:
    """A second way into the private server: to look at its clients, and to kill them."""
    async with redis.asyncio.Redis.from_url(private_server.url, decode_responses=True) as plain:
        yield plain


@pytest.fixture
def proxy(private_server: PrivateServer) -> Iterator[Proxy]:
    """A network before the private server that loses what it is told to lose."""
    with Proxy(private_server.url) as between:
        yield between
