"""Find the bug that fills a Redis over months."""

from typing import Any

from exercises.writing import FORGOT_AWAIT, Bench, Exercise, NotYet, Wrong

STILL_FOR_EVER = (
    "The list has no TTL. If you did set one: `call` sends names as they are, so it needs "
    "`client.full_name(…)`. `EXPIRE` on a key that is not there answers 0, and raises nothing."
)
FIRST_ONLY = (
    "The hour began with the first detection and was not renewed by this one. A batch that is "
    "still in use would lose its list."
)
UNIT = "`EXPIRE` counts seconds; `PEXPIRE` counts milliseconds."
NOT_ADDED = "The list has to hold every detection of the batch, in order."
ACTIVITY = "The other key, `batch:<batch_id>:last_activity`, was right. Leave it as it was."


async def check(bench: Bench, add_detection: Any) -> None:
    """Add two detections, with most of an hour between them."""
    ours = bench.redis
    key, activity = "batch:5f0c9a:detections", "batch:5f0c9a:last_activity"

    async def add(number: int, when: str) -> int:
        await bench.run(add_detection, bench.client, "5f0c9a", number, 1000 + number, when=when)
        return int(await ours.call("TTL", ours.full_name(key)))

    first = await add(101, "a batch gets its first detection")
    if first == -1:
        raise NotYet(STILL_FOR_EVER, expected="3600 seconds to live", came="no TTL on the list")
    if first > 0 and not 3590 <= first <= 3600:
        raise NotYet(UNIT, expected="3600 seconds to live", came=f"{first}")
    if first > 0:
        await ours.call("EXPIRE", ours.full_name(key), 100)  # as if most of the hour had passed
    second = await add(102, "most of an hour has passed, and another detection comes")
    kind = await ours.call("TYPE", ours.full_name(key))
    items = await ours.peek_queue(key) if kind in (b"list", "list") else None
    if items != [101, 102]:
        raise NotYet(NOT_ADDED, expected="[101, 102] in the list", came=repr(items))
    if second < 3590:
        raise NotYet(FIRST_ONLY, expected="3600 seconds to live", came=f"{second}")
    ttl = await ours.call("TTL", ours.full_name(activity))
    if await ours.get(activity) != 1102 or not 3590 <= ttl <= 3600:
        came = f"{await ours.get(activity)!r}, {ttl} seconds to live"
        raise NotYet(ACTIVITY, expected="1102, 3600 seconds to live", came=came)


EXERCISE = Exercise(
    place=3,
    statement="""\
### Exercise: find the bug that took four months

This function filled a production Redis within four months. It makes no error, and its tests pass. Find out which of its keys stay for ever, and repair it: every key of a batch lives for 3600 seconds after the batch's last detection.
""",  # noqa: E501
    stub="""\
async def add_detection(client, batch_id, detection_id, now):
    await client.add_to_queue(f"batch:{batch_id}:detections", detection_id)
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)
""",
    answers=("add_detection",),
    check=check,
    hints=(
        "Two keys are written. Ask for the TTL of each.",
        "`RPUSH` has no `EX`. The section above shows what to send instead.",
        'After the push: `await client.call("EXPIRE", client.full_name(…), 3600)`.',
    ),
    solution="""\
async def add_detection(client, batch_id, detection_id, now):
    detections = f"batch:{batch_id}:detections"
    await client.add_to_queue(detections, detection_id)
    # RPUSH knows no EX. Each push begins the hour anew, as the line below does for its key.
    await client.call("EXPIRE", client.full_name(detections), 3600)
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)
""",
    why="a list without a TTL for each abandoned batch fills the memory while nobody does "
    "anything wrong.",
    wrong=(
        Wrong(
            STILL_FOR_EVER,
            """\
async def add_detection(client, batch_id, detection_id, now):
    detections = f"batch:{batch_id}:detections"
    await client.add_to_queue(detections, detection_id)
    await client.call("EXPIRE", detections, 3600)
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)
""",
        ),
        Wrong(
            FIRST_ONLY,
            """\
async def add_detection(client, batch_id, detection_id, now):
    detections = f"batch:{batch_id}:detections"
    if await client.add_to_queue(detections, detection_id) == 1:
        await client.call("EXPIRE", client.full_name(detections), 3600)
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)
""",
        ),
        Wrong(
            UNIT,
            """\
async def add_detection(client, batch_id, detection_id, now):
    detections = f"batch:{batch_id}:detections"
    await client.add_to_queue(detections, detection_id)
    await client.call("EXPIRE", client.full_name(detections), 3_600_000)
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)
""",
        ),
        Wrong(
            NOT_ADDED,
            """\
async def add_detection(client, batch_id, detection_id, now):
    await client.set(f"batch:{batch_id}:detections", [detection_id], expire=3600)
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)
""",
        ),
        Wrong(
            ACTIVITY,
            """\
async def add_detection(client, batch_id, detection_id, now):
    detections = f"batch:{batch_id}:detections"
    await client.add_to_queue(detections, detection_id)
    await client.call("EXPIRE", client.full_name(detections), 3600)
    await client.set(f"batch:{batch_id}:last_activity", now)
""",
        ),
        Wrong(
            FORGOT_AWAIT,
            """\
async def add_detection(client, batch_id, detection_id, now):
    detections = f"batch:{batch_id}:detections"
    await client.add_to_queue(detections, detection_id)
    client.call("EXPIRE", client.full_name(detections), 3600)
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)
""",
        ),
    ),
)
