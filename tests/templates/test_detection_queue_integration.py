"""Template: one service hands jobs to another through a queue (file watcher to detector).

To copy: take this file and conftest.py. To change:
* DETECTION: a job as your producer writes it.
* `produce` and `consume`: call your own services here, with the client that they are given.
* "detection_queue": your queue.
"""

from typing import Any

import pytest

from backend.core.redis import RedisClient

pytestmark = pytest.mark.asyncio

DETECTION = {
    "camera_id": "test_camera",
    "file_path": "/export/foscam/test_camera/image_1.jpg",
    "timestamp": "2025-01-15T10:30:00+00:00",
    "media_type": "image",
}


async def produce(client: RedisClient, detection: dict[str, Any]) -> None:
    """Stand in for the file watcher."""
    await client.add_to_queue("detection_queue", detection)


async def consume(client: RedisClient) -> dict[str, Any] | None:
    """Stand in for the detector. A test waits a second at the most, never for ever."""
    return await client.get_from_queue("detection_queue", timeout=1)


async def test_detection_queue_integration(client: RedisClient) -> None:
    """What the file watcher adds is what the detector gets."""
    await produce(client, DETECTION)
    assert await consume(client) == DETECTION


async def test_detections_are_taken_in_the_order_in_which_they_came(client: RedisClient) -> None:
    paths = [f"/export/foscam/test_camera/image_{number}.jpg" for number in range(1, 4)]
    for path in paths:
        await produce(client, DETECTION | {"file_path": path})
    taken = [await consume(client) for _ in paths]
    assert [detection and detection["file_path"] for detection in taken] == paths


async def test_a_detection_is_taken_once(client: RedisClient) -> None:
    await produce(client, DETECTION)
    await consume(client)
    assert await client.get_queue_length("detection_queue") == 0


async def test_an_empty_queue_is_no_error(client: RedisClient) -> None:
    assert await consume(client) is None
