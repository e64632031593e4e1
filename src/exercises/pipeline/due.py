"""Say whether a batch is due, and why."""

from typing import Any

from backend.services.batch_aggregator import BatchAggregator
from course.pipeline_lab.clock import Clock
from exercises.writing import FORGOT_AWAIT, Bench, Exercise, NotYet, Wrong

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
            await aggregator.add_detection(
                {
                    "id": f"{camera_id}-{moment}",
                    "camera_id": camera_id,
                    "type": "cat",
                    "confidence": 0.8,
                }
            )

    async def ask(camera_id: str, seconds: float, right: str | None, hints: Any) -> None:
        last = {"garden": "20", "driveway": "20, 40, 60 and 80"}.get(camera_id)
        when = f"something moved at 0, {last} s, and `now` is {seconds:g} s" if last else NONE_OPEN
        now, raised = began + seconds, WRONG_KEY if last else NO_BATCH
        came = await bench.run(why_due, bench.client, camera_id, now, when=when, raised=raised)
        if last and not await bench.redis.exists(f"batch:{camera_id}:current"):
            raise NotYet(CLOSED, expected="an open batch, as before", came="none")
        if came != right:
            hint = hints.get(came, OTHER) if came in ("window", "idle", None) else OTHER
            raise NotYet(hint, expected=repr(right), came=repr(came))

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


HEAD = """\
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
"""
WINDOW = """\
    if now - started >= 90:
        return "window"
"""
IDLE = """\
    if now - last >= 30:
        return "idle"
"""
END = "    return None\n"
NO_CHECK = "    if batch_id is None:\n        return None\n"

EXERCISE = Exercise(
    place=2,
    statement="""\
### Exercise: is it due, and why?

A colleague wants to see on the dashboard why a batch is about to close. Write `why_due`: it looks at the camera's open batch in Redis, changes nothing, and returns

- `"window"` if the batch began 90 or more seconds before `now`,
- else `"idle"` if its last detection was 30 or more seconds before `now`,
- else `None`; also if the camera has no open batch.
""",  # noqa: E501
    stub="""\
async def why_due(client, camera_id, now):
    # Your code goes here.
    ...
""",
    answers=("why_due",),
    check=check,
    hints=(
        "Which keys has an open batch? The cell that prints them is at the beginning of stage 3.",
        "`batch:<camera_id>:current` holds the id of the batch. Under that id, `started_at` and "
        "`last_activity` are seconds, as `now` is.",
        "`if now - started >= 90` comes first, then `if now - last >= 30`.",
    ),
    solution=HEAD
    + "    # The window first: it is named also where the silence has been long enough.\n"
    + WINDOW
    + IDLE
    + END,
    why="a rule with a clock of its own can be tested at 89.5 and at 90 seconds, in a millisecond.",
    wrong=(
        Wrong(NO_BATCH, HEAD.replace(NO_CHECK, "") + WINDOW + IDLE + END),
        Wrong(
            WRONG_KEY,
            HEAD.replace("batch:{batch_id}", "batch:{camera_id}") + WINDOW + IDLE + END,
        ),
        Wrong(
            OWN_CLOCK,
            "import time\n\n\n" + HEAD + "    now = time.time()\n" + WINDOW + IDLE + END,
        ),
        Wrong(IDLE_FROM_START, HEAD + WINDOW + IDLE.replace("last", "started") + END),
        Wrong(NO_IDLE, HEAD + WINDOW + END),
        Wrong(NO_IDLE, HEAD + WINDOW + IDLE.replace("30", "30_000") + END),
        Wrong(NO_WINDOW, HEAD + IDLE + END),
        Wrong(NO_WINDOW, HEAD + WINDOW.replace("started", "last") + IDLE + END),
        Wrong(EDGE, HEAD + WINDOW.replace(">=", ">") + IDLE.replace(">=", ">") + END),
        Wrong(EARLY, HEAD + WINDOW.replace(">= 90", ">= 80") + IDLE + END),
        Wrong(BOTH, HEAD + IDLE + WINDOW + END),
        Wrong(
            CLOSED,
            """\
async def why_due(client, camera_id, now):
    for batch in await BatchAggregator(client, clock=lambda: now).close_due():
        if batch.camera_id == camera_id:
            return batch.reason
    return None
""",
        ),
        Wrong(OTHER, HEAD + "    return now - started >= 90 or now - last >= 30\n"),
        Wrong(
            FORGOT_AWAIT,
            HEAD.replace("last = await client", "last = client") + WINDOW + IDLE + END,
        ),
    ),
)
