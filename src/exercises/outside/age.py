"""Say how old the job at the front of the queue is."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from exercises.bench import Bench
from exercises.verdict import NotYet

QUEUE = "detection_queue"

NEWEST = (
    "That is the age of the job at the end, which came last. `RPUSH` adds at the end, so the "
    "oldest job is the first: index 0."
)
ZONE = (
    "It is right for one zone and hours off for another. Keep the zone that stands in the "
    "timestamp, and take the time now with a zone as well."
)
UNIT = "The task asks for seconds."
NO_NUMBER = "Return a number of seconds. A `timedelta` has `total_seconds()`."
EMPTY = "No job waits, so there is no age: return `None`. 0 would say that one came this moment."
EMPTY_RAISES = "When no job waits, the list that you get is empty, and has no first element."
WHOLE_QUEUE = (
    "The age is right, and you fetched more than the first job. A queue of 10,000 jobs is "
    "megabytes, every few seconds. Ask for the indices 0 to 0."
)
CHANGED = (
    "You only look, so the queue is the same afterwards. Taking a job and putting it back is no "
    "look: in between a detector misses it, and if you end there it is lost."
)
OTHER = "Compare the time now with the `timestamp` of the first job."

INDIA_AHEAD = 5.5 * 3600
INDIA = timezone(timedelta(seconds=INDIA_AHEAD))
UNITS = 1 / 3600, 1 / 60, 1000


async def check(bench: Bench, oldest_age: Any) -> None:
    """Ask for the age of jobs from several zones, of a long queue, and of an empty one."""
    for age, zone, ending in ((3600, UTC, "+00:00"), (90, UTC, "Z"), (600, INDIA, "+05:30")):
        moment = datetime.now(UTC) - timedelta(seconds=age)
        written = moment.astimezone(zone).isoformat().replace("+00:00", ending)
        await bench.redis.clear_queue(QUEUE)
        await bench.redis.add_to_queue(QUEUE, _job(0, written))
        for number in range(1, 60):
            later = moment + timedelta(seconds=number)
            await bench.redis.add_to_queue(QUEUE, _job(number, later.isoformat()))
        await _ask(bench, oldest_age, moment, f"60 jobs wait, the first from {written}")
    await bench.redis.clear_queue(QUEUE)
    none = await bench.run(
        oldest_age, bench.client, when="no job waits", raised=EMPTY_RAISES, within=2.0
    )
    if none is not None:
        raise NotYet(EMPTY, expected="None", came=repr(none))


def _job(number: int, timestamp: str) -> dict[str, Any]:
    return {
        "camera_id": "front_door",
        "file_path": f"/export/foscam/front_door/{number:04}.jpg",
        "timestamp": timestamp,
        "media_type": "image",
        "file_hash": f"{number:064x}",
    }


async def _ask(bench: Bench, oldest_age: Any, moment: datetime, when: str) -> None:
    keys = await bench.left_alone()
    bench.client.sent.clear()
    earliest = (datetime.now(UTC) - moment).total_seconds()
    age = await bench.run(oldest_age, bench.client, when=when, between=keys.look)
    latest = (datetime.now(UTC) - moment).total_seconds()
    if keys.changed:
        raise NotYet(CHANGED, expected="all keys as before", came=str(keys.changed))
    expected = f"about {earliest:.0f}"
    if isinstance(age, bool) or not isinstance(age, int | float):
        raise NotYet(NO_NUMBER, expected=expected, came=repr(age))
    if not earliest - 1 <= age <= latest + 1:  # whole seconds are good enough
        raise NotYet(_mistake(age, earliest), expected=expected, came=f"{age:g}")
    if any(_reads_much(command) for command in bench.client.sent):
        raise NotYet(WHOLE_QUEUE, expected="one job read", came="all of them")


def _mistake(age: float, right: float) -> str:
    if abs(age - (right - 59)) < 3:
        return NEWEST
    if abs(abs(age - right) - INDIA_AHEAD) < 5:
        return ZONE
    return UNIT if any(abs(age / right - by) < 0.1 * by for by in UNITS) else OTHER


def _reads_much(command: tuple[Any, ...]) -> bool:
    return str(command[0]).upper() == "LRANGE" and command[2] != command[3]
