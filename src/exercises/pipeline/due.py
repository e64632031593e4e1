"""Say whether a batch is due, and why."""

from typing import Any

from backend.services.batch_aggregator import BatchAggregator
from course.pipeline_lab.clock import Clock
from exercises.bench import Bench
from exercises.verdict import NotYet

NO_BATCH = (
    "This camera has no open batch: `batch:<camera_id>:current` is not there, and `get` gives "
    "None. Then nothing is due."
)
WRONG_KEY = (
    "Your function looks for a key that is not there. The camera's key, "
    "`batch:<camera_id>:current`, holds the id of its batch, and the times stand under that id: "
    "`batch:<batch_id>:started_at` and `batch:<batch_id>:last_activity`."
)
OWN_CLOCK = (
    "25 seconds have passed, and your function sees 90. Count from `started_at` to `now`, which it "
    "is given: the clock of the machine has no say."
)
LIMITS = (
    "It is 90 seconds from `started_at` for the window, and 30 seconds from `last_activity` for "
    "the silence. Compare each pair, and the unit: all are seconds."
)
IDLE_FROM_START = (
    "Something moved less than 30 seconds ago, so there was no silence of 30. Silence counts from "
    "`last_activity`."
)
NO_IDLE = (
    "35 seconds of silence, and the answer was None. Idle means that `last_activity` is 30 or more "
    "seconds before `now`."
)
NO_WINDOW = (
    "Something moves every 20 seconds, so the silence never comes, and the batch never ends. The "
    "window is 90 seconds from `started_at`, whatever moves."
)
EDGE = "The limit counts as reached: at exactly 30, or 90, seconds the batch is due."
EARLY = "It is not due yet: neither 90 seconds since it began, nor 30 since something moved."
BOTH = "Both limits are passed, and the window is the one that is named. Ask for it first."
GONE = (
    "The batch was closed while your function looked: its id was there, and its times are not any "
    "more, so `get` gives None. Then the answer is None."
)
CLOSED = "You have closed the batch. To look is all that was asked: others may not have decided."
CHANGED = "A key is not as it was: a value, or its TTL. To look is all that was asked."
OTHER = 'The three answers are "window", "idle" and None.'

SEEN = {"garden": (0, 20), "driveway": (0, 20, 40, 60, 80), "porch": (0, 25, 50)}
"""When something moved, in seconds, at each camera."""
QUESTIONS: tuple[tuple[str, float, str | None, dict[str | None, str]], ...] = (
    ("garden", 25, None, {"window": OWN_CLOCK, "idle": IDLE_FROM_START}),
    ("garden", 49, None, {"window": LIMITS, "idle": IDLE_FROM_START}),
    ("garden", 55, "idle", {None: NO_IDLE, "window": LIMITS}),
    ("driveway", 95, "window", {None: NO_WINDOW, "idle": IDLE_FROM_START}),
    ("driveway", 115, "window", {"idle": BOTH, None: NO_WINDOW}),
    ("driveway", 89.5, None, {"window": EARLY, "idle": IDLE_FROM_START}),
    ("porch", 79.5, None, {"window": EARLY, "idle": EARLY}),
    ("porch", 85, "idle", {"window": LIMITS, None: NO_IDLE}),
    ("garden", 50, "idle", {None: EDGE, "window": LIMITS}),
    ("driveway", 90, "window", {None: EDGE, "idle": IDLE_FROM_START}),
    ("garden", 90, "window", {"idle": EDGE, None: EDGE}),
    ("front_door", 0, None, {"idle": NO_BATCH, "window": NO_BATCH}),
)
"""A camera, the seconds until `now`, the right answer, and the hints for the others."""


async def check(bench: Bench, why_due: Any) -> None:
    """Ask about batches of several cameras at chosen moments, about none, and one that goes."""
    clock = Clock()
    began = clock()
    aggregator = BatchAggregator(bench.redis, clock=clock)
    for moment, camera_id in sorted((at, each) for each, moments in SEEN.items() for at in moments):
        clock.advance(began + moment - clock())
        detection = {"id": f"{camera_id}-{moment}", "camera_id": camera_id}
        await aggregator.add_detection({**detection, "type": "cat", "confidence": 0.8})
    for camera_id, seconds, right, hints in QUESTIONS:
        hint = WRONG_KEY if camera_id in SEEN else NO_BATCH
        came = await _ask(bench, why_due, camera_id, began, seconds, hint)
        if came != right or type(came) is not type(right):
            known = came in ("window", "idle", None)
            hint = hints.get(came, OTHER) if known else OTHER
            if came is None and await _misses(bench):
                hint = WRONG_KEY
            raise NotYet(hint, expected=repr(right), came=repr(came))
    for part, seconds in (("started_at", 60), ("last_activity", 60)):
        camera_id = "garden" if part == "started_at" else "porch"
        batch_id = await bench.redis.get(f"batch:{camera_id}:current")
        await bench.redis.delete(f"batch:{batch_id}:{part}")
        came = await _ask(bench, why_due, camera_id, began, seconds, GONE, gone=part)
        if came is not None:
            raise NotYet(GONE, expected="None", came=repr(came))


async def _ask(
    bench: Bench,
    why_due: Any,
    camera_id: str,
    began: float,
    seconds: float,
    hint: str,
    gone: str = "",
) -> Any:
    """Call the answer so many seconds after the beginning, and see that nothing is changed."""
    when = "the camera has seen nothing yet"
    if moments := SEEN.get(camera_id):
        *first, last = moments
        when = f"something moved at {', '.join(map(str, first))} and {last} s"
        when += f", and `now` is {seconds:g} s" + (f", and `{gone}` is gone" if gone else "")

    def raised(error: BaseException) -> str | None:
        return hint if "NoneType" in str(error) else None  # of a key that is not there

    keys = await bench.left_alone()
    arguments = (bench.client, camera_id, began + seconds)
    came = await bench.run(why_due, *arguments, when=when, between=keys.look, raised=raised)
    await keys.look()
    for key, what in keys.changed.items():
        hint = CLOSED if keys.changed.get(f"batch:{camera_id}:current") == "gone" else CHANGED
        raise NotYet(hint, expected="all as it was", came=f"`{key}` is {what}")
    return came


async def _misses(bench: Bench) -> bool:
    """Whether the answer has named a key that is not there."""
    there = {bench.redis.full_name(key) for key in await bench.keys()}
    named = {str(part) for command in bench.client.sent for part in command[1:]}
    return any(name.startswith(bench.redis.namespace) for name in named - there)
