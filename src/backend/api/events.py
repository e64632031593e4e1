"""Events for browsers: the latest ones over HTTP, new ones over a WebSocket.

* `GET /api/events?limit=50`: the latest events, the newest first.
* `WS /ws/events`: the latest events, the oldest of them first, then what comes. Whoever comes back
  after a break so gets what it missed, and knows an event that it has already by its `batch_id`.

Messages of the WebSocket are JSON, told apart by their `type`: "event" and "system_status" as they
are on the channels of Redis, and "overview" (queues and cameras, every second).
"""

import asyncio
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, TypeAdapter
from redis.exceptions import RedisError

from backend.services.event_broadcaster import RECENT, EventBroadcaster, Listener, recent_events

router = APIRouter(tags=["events"])

TRY_AGAIN_LATER = 1013

_EVENT = TypeAdapter(dict[str, Any])


class Events(BaseModel):
    """The latest events, the newest first."""

    events: list[dict[str, Any]]
    count: int


@router.get("/api/events")
async def events(request: Request, limit: Annotated[int, Query(ge=1, le=RECENT)] = 50) -> Events:
    """Return the latest events. 503 if Redis cannot be asked."""
    try:
        latest = await recent_events(request.app.state.redis, limit)
    except (RedisError, RuntimeError) as error:
        raise HTTPException(503, f"Redis cannot be asked: {error}") from None
    latest = [each for each in latest if _can_be_sent(each)]
    return Events(events=latest, count=len(latest))


def _can_be_sent(event: dict[str, Any]) -> bool:
    """Return whether an answer can hold it: one that is nested too deep would spoil all of it."""
    try:
        _EVENT.dump_json(event)
    except ValueError:
        return False
    return True


@router.websocket("/ws/events")
async def live_events(websocket: WebSocket) -> None:
    """Send events as they come, until the browser leaves or is too slow."""
    await websocket.accept()
    broadcaster: EventBroadcaster = websocket.app.state.broadcaster
    with broadcaster.listen() as listener:
        ends = [
            asyncio.create_task(_send(websocket, listener)),
            asyncio.create_task(_receive(websocket)),
            asyncio.create_task(listener.too_slow.wait()),
        ]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in ends:
                task.cancel()
            await asyncio.gather(*ends, return_exceptions=True)
    if listener.too_slow.is_set():
        # Nor is it waited for now: it may not even read the good-bye.
        with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
            async with asyncio.timeout(1):
                await websocket.close(TRY_AGAIN_LATER, "too slow")


async def _send(websocket: WebSocket, listener: Listener) -> None:
    async for message in listener:
        await websocket.send_text(message)


async def _receive(websocket: WebSocket) -> None:
    """Wait until the browser leaves. It has nothing to say, so what it says is dropped."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass  # be it text or bytes
