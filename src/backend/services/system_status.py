"""How the system is: lengths of the queues, cameras, health; published every 5 seconds."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from redis.exceptions import ResponseError

from backend.core.redis import MAX_MANY, RedisClient
from backend.core.reliable_queue import queue_counts
from backend.services.batch_aggregator import ANALYSIS_QUEUE
from backend.services.file_watcher import DETECTION_QUEUE
from backend.services.stage import Stage

STATUS_CHANNEL = "system_status"


async def cameras(client: RedisClient) -> list[dict[str, Any]]:
    """Return every camera that the file watcher knows: camera_id, status and last_seen.

    The status is "online", or "unknown" when Redis has forgotten it: no file came for 5 minutes.
    """
    try:
        members = await client.call("SMEMBERS", client.full_name("cameras"), repeat=True)
    except ResponseError:  # somebody else has put something under that name
        return []
    names = sorted(raw.decode(errors="replace") for raw in members)
    kept: dict[str, Any] = {}
    for start in range(0, len(names), MAX_MANY):
        some = names[start : start + MAX_MANY]
        kept |= await client.get_many(f"camera:{name}:status" for name in some)
    return [_camera(name, kept.get(f"camera:{name}:status")) for name in names]


def _camera(name: str, kept: Any) -> dict[str, Any]:
    known = kept if isinstance(kept, dict) else {}
    status, last_seen = known.get("status"), known.get("last_seen")
    return {
        "camera_id": name,
        "status": status if isinstance(status, str) else "unknown",
        "last_seen": last_seen if isinstance(last_seen, str) else None,
    }


async def overview(client: RedisClient) -> dict[str, Any]:
    """Return what the dashboard shows beside the events: queues, cameras, and Redis itself."""
    return {
        "redis": "healthy",
        "queues": {name: await queue_counts(client, name) for name in QUEUES},
        "cameras": await cameras(client),
    }


async def system_status(client: RedisClient) -> dict[str, Any]:
    """Return the message that is published on `system_status`."""
    now = await overview(client)
    counts = now["queues"].values()
    return {
        "type": "system_status",
        "data": {
            "gpu": None,  # what production's graphics card says; there is none here
            "cameras": {
                "active": sum(each["status"] == "online" for each in now["cameras"]),
                "total": len(now["cameras"]),
            },
            "queue": {
                "pending": sum(each["pending"] for each in counts),
                "processing": sum(each["processing"] for each in counts),
            },
            "health": "healthy",
        },
        "timestamp": datetime.now(UTC).isoformat(),
    }


class SystemStatus(Stage):
    """Publishes the state of the system.

    Args:
        client: a connected client.
        every: seconds between two messages.
    """

    name = "system_status"

    def __init__(self, client: RedisClient, *, every: float = 5.0) -> None:
        super().__init__(client)
        self._every = every

    async def run(self) -> None:
        """Publish, until cancelled."""
        while True:
            await self._client.publish(STATUS_CHANNEL, await system_status(self._client))
            self.ready.set()
            await asyncio.sleep(self._every)


QUEUES = DETECTION_QUEUE, ANALYSIS_QUEUE
