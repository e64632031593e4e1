"""Put one job into the queue, and say how many wait."""

from typing import Any

from exercises.bench import Bench, expect

QUEUE = "detection_queue"


def _job(number: int, camera_id: str, **more: Any) -> dict[str, Any]:
    path = f"/export/foscam/{camera_id}/{number:04}.jpg"
    return {"camera_id": camera_id, "file_path": path, "file_hash": f"{number:064x}", **more}


OLDER = [_job(number, "attic") for number in range(5)]
JOBS = [_job(11, "garage"), _job(207, "Küche", size=48_113), _job(12, "garage")]


async def check(bench: Bench) -> None:
    """Push three behind older ones; look what is in the queue, and what was returned."""
    there = [*OLDER]
    await bench.redis.add(QUEUE, *there)
    swapped = {"no attribute 'add_to_queue'": "WRONG_PARAMETERS"}
    for job in JOBS:
        length = await bench.ask(dict(job), when=f"{len(there)} jobs wait", raised=swapped)
        items = await bench.redis.peek_queue(QUEUE)
        mistakes = {
            "OTHER_QUEUE": items == there,
            "TAKEN": any(older not in items for older in there),
            "TEXT": any(isinstance(item, str) for item in items),
            "IN_FRONT": items == [job, *there],
            "OTHER_ITEM": True,
        }
        there.append(job)
        shown = f"{len(items)} jobs, at the end {items[-1:]}"
        expected = f"{len(there)} jobs, at the end {[job]}"
        expect(items, there, mistakes, expected=expected, shown=shown)
        expect(length, len(there), {"RETURNS_NOTHING": length is None, "NOT_THE_LENGTH": True})
    await bench.redis.stays(QUEUE)
