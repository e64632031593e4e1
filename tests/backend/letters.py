"""Dead letters to test with: put some there, and see what is there."""

from __future__ import annotations

from backend.core.dead_letters import dead_letter
from backend.core.redis import RedisClient

REASON = {
    "error": "ValueError: no such camera",
    "attempt_count": 3,
    "first_failed_at": "2025-01-15T10:30:00+00:00",
    "last_failed_at": "2025-01-15T10:30:07+00:00",
    "queue_name": "q",
}


async def give_up(client: RedisClient, *items: bytes, name: str = "dlq:q") -> None:
    """Put dead letters into a dead-letter queue, as a worker does."""
    for item in items:
        await put(client, dead_letter(item, **REASON), name=name)


async def put(client: RedisClient, *entries: bytes, name: str = "dlq:q") -> None:
    await client.call("RPUSH", client.full_name(name), *entries)


async def raw(client: RedisClient, name: str) -> list[bytes]:
    return await client.call("LRANGE", client.full_name(name), 0, -1)
