"""Put one job into the queue, and say how many wait."""

from typing import Any

from exercises.bench import Bench
from exercises.verdict import expect

JOBS: list[dict[str, Any]] = [
    {"camera_id": "garage", "file_path": "/export/foscam/garage/0001.jpg"},
    {"camera_id": "Küche", "file_path": "/export/foscam/kueche/0207.jpg", "size": 48_113},
    {"camera_id": "garage", "file_path": "/export/foscam/garage/0002.jpg"},
]


async def check(bench: Bench) -> None:
    """Push three; look what is in the queue, and what was returned."""
    for number, job in enumerate(JOBS, 1):
        length = await bench.ask(dict(job), when=f"{number - 1} jobs wait")
        queue, before = JOBS[:number], JOBS[: number - 1]
        items = await bench.redis.peek_queue("detection_queue")
        mistakes = {
            "OTHER_QUEUE": len(items) < number,
            "TEXT": any(isinstance(item, str) for item in items),
            "IN_FRONT": items == [job, *before],
            "OTHER_ITEM": True,
        }
        expect(items, queue, mistakes, expected=f"{queue} in the queue", shown=f"{items}")
        mistakes = {"RETURNS_NOTHING": length is None, "NOT_THE_LENGTH": True}
        returned = f"it returned {length!r}"
        expect(length, number, mistakes, expected=f"it returns {number}", shown=returned)
