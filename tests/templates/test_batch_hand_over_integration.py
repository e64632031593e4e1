"""Template: a service takes from one queue and adds to the next (detections to batches).

To copy: take this file and conftest.py. To change:
* `detection`: a job as it stands in your first queue.
* `hand_over`: call your own service here, once, so that it comes to an end.
* the two queues, and what the jobs in the second have to hold.
"""

import time
import uuid
from typing import Any

import pytest

from backend.core.redis import RedisClient

pytestmark = pytest.mark.asyncio


def detection(camera_id: str, number: int) -> dict[str, Any]:
    """Return a job of the first queue."""
    return {
        "camera_id": camera_id,
        "file_path": f"/export/foscam/{camera_id}/image_{number}.jpg",
        "timestamp": f"2025-01-15T10:30:0{number}+00:00",
        "media_type": "image",
    }


async def hand_over(client: RedisClient) -> None:
    """Stand in for detector and batch aggregator: one batch a camera, with the detections' ids."""
    batches: dict[str, list[int]] = {}
    for detection_id in range(1, 1 + await client.get_queue_length("detection_queue")):
        found = await client.get_from_queue("detection_queue", timeout=1)
        batches.setdefault(found["camera_id"], []).append(detection_id)
    for camera_id, detection_ids in batches.items():
        batch = {
            "batch_id": uuid.uuid4().hex,
            "camera_id": camera_id,
            "detection_ids": detection_ids,
            "timestamp": time.time(),
        }
        await client.add_to_queue("analysis_queue", batch)


async def test_detections_of_a_camera_become_one_batch(client: RedisClient) -> None:
    for number, camera_id in enumerate(["front_door", "garage", "front_door"], start=1):
        await client.add_to_queue("detection_queue", detection(camera_id, number))
    await hand_over(client)
    batches = await client.peek_queue("analysis_queue")
    assert {batch["camera_id"]: batch["detection_ids"] for batch in batches} == {
        "front_door": [1, 3],
        "garage": [2],
    }


async def test_the_first_queue_is_empty_afterwards(client: RedisClient) -> None:
    await client.add_to_queue("detection_queue", detection("front_door", 1))
    await hand_over(client)
    assert await client.get_queue_length("detection_queue") == 0


async def test_a_batch_holds_what_the_analyzer_needs(client: RedisClient) -> None:
    before = time.time()
    await client.add_to_queue("detection_queue", detection("front_door", 1))
    await hand_over(client)
    batch = await client.get_from_queue("analysis_queue", timeout=1)
    assert set(batch) == {"batch_id", "camera_id", "detection_ids", "timestamp"}
    assert int(batch["batch_id"], 16)
    assert before <= batch["timestamp"] <= time.time()


async def test_without_detections_there_is_no_batch(client: RedisClient) -> None:
    await hand_over(client)
    assert await client.get_queue_length("analysis_queue") == 0
