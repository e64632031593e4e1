"""Put one job into the queue, and say how many wait."""

from typing import Any

from exercises.bench import Bench, expect

JOBS: list[dict[str, Any]] = [
    {"camera_id": "garage", "file_path": "/export/foscam/garage/0001.jpg"},
    {"camera_id": "Küche", "file_path": "/export/foscam/kueche/0207.jpg", "size": 48_113},
    {"camera_id": "garage", "file_path": "/export/foscam/garage/0002.jpg"},
]


async def check(bench: Bench) -> None:
    """Push three; look what is in the queue, and what was returned."""
    for number, job in enumerate(JOBS, 1):
        length = await bench.ask(dict(job), when=f"{number - 1} jobs wait")
        items = await bench.redis.peek_queue("detection_queue")
        mistakes = {
            "OTHER_QUEUE": len(items) < number,
            "TEXT": any(isinstance(item, str) for item in items),
            "IN_FRONT": items == [job, *JOBS[: number - 1]],
            "OTHER_ITEM": True,
        }
        expect(items, JOBS[:number], mistakes)
        expect(length, number, {"RETURNS_NOTHING": length is None, "NOT_THE_LENGTH": True})
