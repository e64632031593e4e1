"""Template: one service tells others what happened (events to the dashboard's WebSocket).

To copy: take this file and conftest.py. To change:
* EVENT: a message as your publisher sends it.
* `publish` and `hear`: call your own services here.
* "security_events": your channel.

Subscribe first, then publish: a channel keeps nothing for those who come later. `subscribe` returns
when Redis has confirmed it, so there is no need to sleep in between.
"""

import asyncio
from typing import Any

import pytest

from backend.core.redis import RedisClient
from backend.core.subscription import Subscription

pytestmark = pytest.mark.asyncio

EVENT = {
    "type": "event",
    "data": {
        "id": 1,
        "event_id": 1,
        "batch_id": "3f9a1c5e8b7d4e21",
        "camera_id": "front_door",
        "risk_score": 72,
        "risk_level": "high",
        "summary": "A person at the front door",
        "started_at": "2025-01-15T10:30:00+00:00",
    },
}


async def publish(client: RedisClient, event: dict[str, Any]) -> int:
    """Stand in for the event broadcaster. Return how many subscribers it reached."""
    return await client.publish("security_events", event)


async def hear(client: RedisClient, subscription: Subscription, count: int) -> list[Any]:
    """Stand in for the WebSocket server: the next events. After 2 seconds the test fails."""
    events: list[Any] = []
    async with asyncio.timeout(2):
        async for message in client.listen(subscription):
            events.append(message["data"])
            if len(events) == count:
                break
    return events


async def test_an_event_arrives_as_it_was_sent(client: RedisClient) -> None:
    subscription = await client.subscribe("security_events")
    assert await publish(client, EVENT) == 1
    assert await hear(client, subscription, 1) == [EVENT]


async def test_every_subscriber_hears_every_event_in_order(client: RedisClient) -> None:
    subscriptions = [await client.subscribe("security_events") for _ in range(2)]
    events = [EVENT | {"number": number} for number in range(3)]
    for event in events:
        assert await publish(client, event) == 2
    heard = await asyncio.gather(*(hear(client, each, 3) for each in subscriptions))
    assert heard == [events, events]


async def test_who_comes_late_hears_only_what_follows(client: RedisClient) -> None:
    assert await publish(client, EVENT | {"number": 1}) == 0  # nobody there: no error, and gone
    subscription = await client.subscribe("security_events")
    await publish(client, EVENT | {"number": 2})
    assert await hear(client, subscription, 1) == [EVENT | {"number": 2}]
