"""Put one job into the queue, and say how many wait."""

from typing import Any

from exercises.bench import Bench, expect

QUEUE = "detection_queue"
CAMERAS = ["attic"] * 5 + ["garage", "Küche", "garage"]
JOBS: list[dict[str, Any]] = [
    {"camera_id": name, "file_path": f"/{name}/{number:04}.jpg", "file_hash": f"{number:064x}"}
    for number, name in enumerate(CAMERAS)
]


async def check(bench: Bench) -> None:
    """Push three behind older ones; look what is in the queue, and what was returned."""
    there = JOBS[:5]
    await bench.redis.add(QUEUE, *there)
    swapped = {"no attribute 'add_to_queue'": "WRONG_PARAMETERS"}
    for job in JOBS[5:]:
        length = await bench.ask(dict(job), when=f"{len(there)} jobs wait", raised=swapped)
        items = await bench.redis.peek_queue(QUEUE)
        mistakes = {
            "NOT_PUSHED": items == there and await bench.redis.keys() == [QUEUE],
            "OTHER_QUEUE": items == there,
            "TAKEN": any(older not in items for older in there),
            "TEXT": any(isinstance(item, str) for item in items),
            "IN_FRONT": items == [job, *there],
            "OTHER_ITEM": True,
        }
        there.append(job)
        expected, shown = (f"{len(jobs)} jobs, at the end {jobs[-1:]}" for jobs in (there, items))
        expect(items, there, mistakes, expected=expected, shown=shown)
        expect(length, len(there), {"RETURNS_NOTHING": length is None, "NOT_THE_LENGTH": True})
    await bench.redis.stays(QUEUE)
    await bench.redis.clear()
    await bench.ask(dict(JOBS[-1]), when="the queue was emptied, and the same job comes again")
    expect(await bench.redis.peek_queue(QUEUE), JOBS[-1:], "REMEMBERED", expected="1 job waits")
    await bench.redis.clear()
    await bench.redis.set(QUEUE, "no list")
    options: dict[str, Any] = {"allowed": Exception, "swallowed": "SWALLOWED"}
    await bench.ask(dict(JOBS[0]), when=f"`{QUEUE}` holds a text", **options)
    with await bench.server() as server:
        server.stop()
        await bench.ask(dict(JOBS[0]), when="Redis is stopped", within=8, **options)
