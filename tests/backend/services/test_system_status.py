"""What the system says of itself: its cameras, however many there are."""

from __future__ import annotations

from backend.core.redis import MAX_MANY, RedisClient
from backend.services.system_status import cameras


async def test_more_cameras_than_one_call_takes_are_all_told(client: RedisClient) -> None:
    names = [f"camera_{number:05}" for number in range(MAX_MANY + 1)]
    await client.call("SADD", client.full_name("cameras"), *names)
    await client.set(f"camera:{names[-1]}:status", {"status": "online"})
    told = await cameras(client)
    assert [each["camera_id"] for each in told] == names
    assert told[-1]["status"] == "online"
