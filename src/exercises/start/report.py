"""Put one detection into the queue, and say how many wait."""

from typing import Any

from exercises.bench import Bench
from exercises.verdict import expect

DETECTIONS: list[dict[str, Any]] = [
    {"camera_id": "garage", "file_path": "/export/foscam/garage/0001.jpg"},
    {"camera_id": "Küche", "file_path": "/export/foscam/kueche/0207.jpg", "size": 48_113},
    {"camera_id": "garage", "file_path": "/export/foscam/garage/0002.jpg"},
]


async def check(bench: Bench) -> None:
    """Push three; look what is in the queue, and what was returned."""
    for number, detection in enumerate(DETECTIONS, 1):
        length = await bench.ask(dict(detection), when=f"{number - 1} detections wait")
        queue, before = DETECTIONS[:number], DETECTIONS[: number - 1]
        items = await bench.redis.peek_queue("detection_queue")
        mistakes = {
            "OTHER_QUEUE": len(items) < number,
            "TEXT": any(isinstance(item, str) for item in items),
            "IN_FRONT": items == [detection, *before],
            "OTHER_ITEM": True,
        }
        expect(items, queue, mistakes, expected=f"{queue} in the queue", shown=f"{items}")
        mistakes = {"RETURNS_NOTHING": length is None, "NOT_THE_LENGTH": True}
        returned = f"it returned {length!r}"
        expect(length, number, mistakes, expected=f"it returns {number}", shown=returned)
