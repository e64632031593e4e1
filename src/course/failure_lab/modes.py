"""The two ways to use a queue: pop its items, or reserve them. All that differs is here."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from backend.core.push import add_to_queue_safe
from backend.core.redis import RedisClient
from backend.core.reliable_queue import ReliableQueue

Mode = Literal["pop", "reserve"]
Take = Callable[[float], AbstractAsyncContextManager[Any]]
"""Takes one item, or None after so many seconds; the work on it is the `async with` block."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a consumer works. Those of `ReliableQueue` mean nothing in mode "pop"."""

    name: str = field(default_factory=lambda: f"consumer-{secrets.token_hex(4)}")
    """Its name as a consumer; by default one that no other has."""
    work_seconds: float = 0.02
    """How long it works on each item."""
    clock: float = 0.0
    """Seconds by which its clock is wrong."""
    lease: float = 30.0
    max_attempts: int = 3
    backoff_base: float = 1.0


class Pop:
    """`add_to_queue` and `get_from_queue`: who takes an item has the only copy of it."""

    push, take = "RPUSH", "BLPOP"
    """The commands that are sent, for `Proxy.cut_next_reply`."""

    @staticmethod
    async def add(client: RedisClient, queue_name: str, item: Any, key: str) -> None:
        """Add an item."""
        await client.add_to_queue(queue_name, item)

    @staticmethod
    @asynccontextmanager
    async def consume(
        client: RedisClient, queue_name: str, options: Options
    ) -> AsyncIterator[Take]:
        """Yield the way to take an item."""

        @asynccontextmanager
        async def take(timeout: float) -> AsyncIterator[Any]:
            yield await client.get_from_queue(queue_name, timeout)

        yield take


class Reserve:
    """`add_to_queue_safe` and `ReliableQueue`: the item stays in Redis until it is acknowledged."""

    push, take = "push", "reserve"

    @staticmethod
    async def add(client: RedisClient, queue_name: str, item: Any, key: str) -> None:
        """Add an item, unless one with the same key was added before."""
        await add_to_queue_safe(client, queue_name, item, dedupe_key=key)

    @staticmethod
    @asynccontextmanager
    async def consume(
        client: RedisClient, queue_name: str, options: Options
    ) -> AsyncIterator[Take]:
        """Yield the way to reserve an item; it is acknowledged at the end of the block."""
        async with ReliableQueue(
            client,
            queue_name,
            consumer=options.name,
            lease=options.lease,
            max_attempts=options.max_attempts,
            backoff_base=options.backoff_base,
        ) as queue:

            @asynccontextmanager
            async def take(timeout: float) -> AsyncIterator[Any]:
                async with queue.reserve(timeout) as job:
                    yield None if job is None else job.data

            yield take


MODES: dict[Mode, type[Pop] | type[Reserve]] = {"pop": Pop, "reserve": Reserve}
