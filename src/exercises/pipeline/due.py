"""Say whether a batch is due, and why."""

from typing import Any

from backend.services.batch_aggregator import BatchAggregator
from course.pipeline_lab import Clock
from exercises.bench import Bench, expect

SEEN = {"garden": (0, 20), "driveway": (0, 20, 40, 60, 80), "porch": (0, 25, 50)}
"""When something moved, in seconds, at each camera."""
CAT: dict[str, Any] = {"type": "cat", "confidence": 0.8}
QUESTIONS: tuple[tuple[str, float, str | None, dict[str | None, str]], ...] = (
    ("garden", 25, None, {"window": "OWN_CLOCK", "idle": "IDLE_FROM_START"}),
    ("garden", 49, None, {"window": "LIMITS", "idle": "IDLE_FROM_START"}),
    ("garden", 55, "idle", {None: "NO_IDLE", "window": "LIMITS"}),
    ("driveway", 95, "window", {None: "NO_WINDOW", "idle": "IDLE_FROM_START"}),
    ("driveway", 115, "window", {"idle": "BOTH", None: "NO_WINDOW"}),
    ("driveway", 89.5, None, {"window": "EARLY", "idle": "IDLE_FROM_START"}),
    ("porch", 79.5, None, {"window": "EARLY", "idle": "EARLY"}),
    ("porch", 85, "idle", {"window": "LIMITS", None: "NO_IDLE"}),
    ("garden", 50, "idle", {None: "EDGE", "window": "LIMITS"}),
    ("driveway", 90, "window", {None: "EDGE", "idle": "IDLE_FROM_START"}),
    ("garden", 90, "window", {"idle": "EDGE", None: "EDGE"}),
    ("front_door", 0, None, {"idle": "NO_BATCH", "window": "NO_BATCH"}),
)
"""A camera, the seconds until `now`, the right answer, and the mistakes behind the others."""


TIMES = ("started_at", "last_activity")
MOST_COMMANDS = 5
"""After each of so many, the batch may be closed."""


async def check(bench: Bench) -> None:
    """Ask about batches of several cameras at chosen moments, about none, and one that goes."""
    clock = Clock(1_763_000_000.75)  # a fraction: nothing may be cut off
    began = clock()
    aggregator = BatchAggregator(bench.redis, clock=clock)
    for moment, camera_id in sorted((at, each) for each, moments in SEEN.items() for at in moments):
        clock.advance(began + moment - clock())
        ids = {"id": f"{camera_id}-{moment}", "camera_id": camera_id}
        await aggregator.add_detection(CAT | ids)
    for camera_id, seconds, right, others in QUESTIONS:
        raised = "WRONG_KEY" if camera_id in SEEN else "NO_BATCH"
        came = await _ask(bench, camera_id, began, seconds, raised)
        mistakes = {
            "WRONG_KEY": came is None and await _misses(bench),
            **{name: came == other for other, name in others.items()},
            "OTHER": True,
        }
        expect(came, right, mistakes)
    await _closes_meanwhile(bench, began)
    for camera_id, part in (("garden", "started_at"), ("porch", "last_activity")):
        batch_id = await bench.redis.get(f"batch:{camera_id}:current")
        await bench.redis.delete(f"batch:{batch_id}:{part}")
        expect(await _ask(bench, camera_id, began, 60, "GONE", gone=part), None, "GONE")
    SEEN["porch"] = (200, 205)  # in a batch of its own
    for moment in SEEN["porch"]:
        clock.advance(began + moment - clock())
        await aggregator.close_due()
        await aggregator.add_detection(CAT | {"id": f"{moment}", "camera_id": "porch"})
    expect(await _ask(bench, "porch", began, 235, "GONE"), "idle", "REMEMBERED")


async def _ask(
    bench: Bench, camera_id: str, began: float, seconds: float, raised: str, gone: str = ""
) -> Any:
    """Call the answer so many seconds after the beginning, and see that nothing is changed."""
    when = "the camera has seen nothing yet"
    if moments := SEEN.get(camera_id):
        *first, last = map(str, moments)
        when = f"something moved at {', '.join(first)} and {last} s, and `now` is {seconds:g} s"
        when += f", and `{gone}` is gone" if gone else ""
    none = {"NoneType": raised}  # of a key that is not there
    came = await bench.ask(camera_id, began + seconds, when=when, watch=True, raised=none)
    closed = bench.watch.changed.get(f"batch:{camera_id}:current") == "gone"
    bench.watch.nothing_changed({"CLOSED": closed, "CHANGED": True})
    return came


async def _closes_meanwhile(bench: Bench, began: float) -> None:
    """Close a batch after the first command of the answer, after the second, and so on."""
    camera, steps = "driveway", 0
    batch_id = await bench.redis.get(f"batch:{camera}:current")
    keys = f"batch:{camera}:current", *(f"batch:{batch_id}:{part}" for part in TIMES)
    values = [await bench.redis.get(key) for key in keys]

    async def close() -> None:
        nonlocal steps
        steps -= 1
        if steps == 0:
            await bench.redis.delete(*keys)

    for moment in range(1, MOST_COMMANDS + 1):
        for key, value in zip(keys, values, strict=True):
            await bench.redis.set(key, value)
        steps, when = moment, f"the batch is closed after its command number {moment}"
        came = await bench.ask(camera, began + 95, when=when, between=close, raised="GONE")
        expect(came, "window" if came else None, "GONE")  # which one depends on the moment
        sent = str(bench.client.commands[:moment])
        if steps <= 0 and not any(word in sent for word in (*TIMES, "EVAL")):
            expect(came, None, "REMEMBERED")  # the times were gone before it asked for them


async def _misses(bench: Bench) -> bool:
    """Whether the answer has named a key that is not there."""
    there = {bench.redis.full_name(key) for key in await bench.redis.keys()}
    named = {str(part) for command in bench.client.commands for part in command[1:]}
    return any(name.startswith(bench.redis.namespace) for name in named - there)
