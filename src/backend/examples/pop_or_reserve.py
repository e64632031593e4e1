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

QUEUE = "detection_queue"
Mode = Literal["pop", "reserve"]
COMMANDS: dict[Mode, tuple[str, str]] = {"pop": ("RPUSH", "BLPOP"), "reserve": ("push", "reserve")}
"""What is sent to add and to take an item, for `Proxy.cut_next_reply`."""
Take = Callable[[float], AbstractAsyncContextManager[Any]]
"""Takes one item, or None after so many seconds; the work on it is the `async with` block."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a consumer works. Those of `ReliableQueue` mean nothing in mode "pop"."""

    name: str = field(default_factory=lambda: f"consumer-{secrets.token_hex(4)}")
    work_seconds: float = 0.02
    """How long it works on each item."""
    lease: float = 30.0
    max_attempts: int = 3
    backoff_base: float = 1.0


async def add(client: RedisClient, mode: Mode, item: Any, key: str) -> None:
    """Add an item; with "reserve", not if one with the same key was added before."""
    if mode == "pop":
        await client.add_to_queue(QUEUE, item)
    else:
        await add_to_queue_safe(client, QUEUE, item, dedupe_key=key)


@asynccontextmanager
async def consume(client: RedisClient, mode: Mode, options: Options) -> AsyncIterator[Take]:
    """Yield the way to take an item; with "reserve", the end of its block acknowledges it."""

    @asynccontextmanager
    async def pop(timeout: float) -> AsyncIterator[Any]:
        yield await client.get_from_queue(QUEUE, timeout)

    @asynccontextmanager
    async def reserve(timeout: float) -> AsyncIterator[Any]:
        async with queue.reserve(timeout) as job:
            yield job and job.data

    if mode == "pop":
        yield pop
        return
    async with ReliableQueue(
        client,
        QUEUE,
        consumer=options.name,
        lease=options.lease,
        max_attempts=options.max_attempts,
        backoff_base=options.backoff_base,
    ) as queue:
        yield reserve
