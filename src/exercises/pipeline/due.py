"""Say whether a batch is due, and why."""

from typing import Any

from backend.services.batch_aggregator import BatchAggregator
from course.pipeline_lab.clock import Clock
from exercises.bench import Bench
from exercises.verdict import NotYet, expect

NO_BATCH = (
    "This camera has no open batch: `batch:<camera_id>:current` is not there, and `get` gives "
    "None. Then nothing is due."
)
WRONG_KEY = (
    "The camera's key holds the id of its batch, and the times stand under that id: "
    "`batch:<batch_id>:started_at`."
)
OWN_CLOCK = "The time is `now`, which your function is given. The clock of the machine has no say."
IDLE_FROM_START = (
    "Something moved 29 seconds ago, so there was no silence of 30. Silence counts from "
    "`last_activity`."
)
NO_IDLE = "35 seconds of silence, and the batch waits on for its window. Which limit comes first?"
NO_WINDOW = (
    "Something moves every 20 seconds, so the silence never comes, and the batch never ends. The "
    "window counts from `started_at`."
)
EDGE = "The limit counts as reached: at exactly 30, or 90, seconds the batch is due."
EARLY = "It is not due yet: neither 90 seconds since it began, nor 30 since something moved."
BOTH = "Both limits are passed, and the window is the one that is named. Ask for it first."
CLOSED = "You have closed the batch. To look is all that was asked: others may not have decided."
CHANGED = "A key is not as it was: a value, or its TTL. To look is all that was asked."
NONE_OPEN = "the camera has seen nothing yet"
OTHER = 'The three answers are "window", "idle" and None.'


async def check(bench: Bench, why_due: Any) -> None:
    """Ask about no batch, a short one, and one that is kept alive, at chosen moments."""
    clock = Clock()
    began = clock()
    aggregator = BatchAggregator(bench.redis, clock=clock)

    async def seen(camera_id: str, *moments: float) -> None:
        for moment in moments:
            clock.advance(began + moment - clock())
            detection = {"id": f"{camera_id}-{moment}", "camera_id": camera_id}
            await aggregator.add_detection({**detection, "type": "cat", "confidence": 0.8})

    async def ask(camera_id: str, seconds: float, right: str | None, hints: Any) -> None:
        last = {"garden": "20", "driveway": "20, 40, 60 and 80"}.get(camera_id)
        when = f"something moved at 0, {last} s, and `now` is {seconds:g} s" if last else NONE_OPEN
        now, raised = began + seconds, WRONG_KEY if last else NO_BATCH
        before = await bench.stored()
        came = await bench.run(why_due, bench.client, camera_id, now, when=when, raised=raised)
        if last and not await bench.redis.exists(f"batch:{camera_id}:current"):
            raise NotYet(CLOSED, expected="an open batch, as before", came="none")
        if await bench.stored() != before:
            raise NotYet(CHANGED, expected="all keys as they were", came="a key is changed")
        expect(came, right, hints.get(came, OTHER) if came in ("window", "idle", None) else OTHER)

    await ask("front_door", 0, None, {"idle": NO_BATCH, "window": NO_BATCH})
    await seen("garden", 0, 20)
    await ask("garden", 49, None, {"window": OWN_CLOCK, "idle": IDLE_FROM_START})
    await ask("garden", 55, "idle", {None: NO_IDLE, "window": OTHER})
    await seen("driveway", 0, 20, 40, 60, 80)
    await ask("driveway", 95, "window", {None: NO_WINDOW, "idle": IDLE_FROM_START})
    await ask("driveway", 115, "window", {"idle": BOTH, None: NO_WINDOW})
    await ask("driveway", 89.5, None, {"window": EARLY, "idle": EARLY})
    await ask("garden", 50, "idle", {None: EDGE, "window": OTHER})
    await ask("driveway", 90, "window", {None: EDGE, "idle": EDGE})
