"""Empty a queue and lose nothing."""

from typing import Any

from exercises.bench import Bench
from exercises.verdict import NotYet, expect

LAST_ONE = "One item is missing, and it is the last one. When does your loop end?"
REVERSED = "All are there, the newest first. A queue is first in, first out: keep that order."
FOR_EVER = (
    "When the queue is empty, a timeout of 0 waits for an item that never comes. How would you "
    "learn that it is empty?"
)
LOST = (
    "A detection was added while you drained, and now it is neither in your list nor in the "
    "queue. Something removed more than it had read: looking and clearing are two commands, and "
    "much can happen between them."
)
STILL_THERE = "You looked at the items and left them where they were. Draining takes them out."
NOTHING = "The items are gone from the queue, and the caller did not get them. Return the list."
NONE_IN_LIST = "The None says that nothing came. It is not a detection: leave it out."
OTHER = "Return a list of all items, the first in first, and leave the queue empty."


async def check(bench: Bench, drain: Any) -> None:
    """Drain three items; an empty queue; and one that is added to at the wrong moment."""
    detections = ["0001.jpg", "0002.jpg", "0003.jpg"]

    async def drain_when(when: str, between: Any = None) -> tuple[Any, list[Any]]:
        options = {"when": when, "between": between, "too_long": FOR_EVER}
        came = await bench.run(drain, bench.client, **options)
        return came, await bench.redis.peek_queue("detection_queue")

    for item in detections:
        await bench.redis.add_to_queue("detection_queue", item)
    came, left = await drain_when("three detections wait")
    if came != detections or left:
        expected = f"{detections}, and nothing left"
        is_now = f"{came!r}, and {len(left)} left"
        raise NotYet(_mistake(came, detections), expected=expected, came=is_now)

    came, _ = await drain_when("no detection waits")
    expect(came, [], OTHER)

    *early, late = detections
    for item in early:
        await bench.redis.add_to_queue("detection_queue", item)
    added: list[int] = []

    async def add_late_one() -> None:
        if not added:
            added.append(await bench.redis.add_to_queue("detection_queue", late))

    when = "two detections wait, and a third is added right after your first command"
    came, left = await drain_when(when, between=add_late_one)
    if sorted(came + left) != detections:
        expected = "every detection in your list, or still in the queue"
        raise NotYet(LOST, expected=expected, came=f"{came!r}, and in the queue {left}")


def _mistake(came: Any, detections: list[str]) -> str:
    if came is None:
        return NOTHING
    if came == detections:
        return STILL_THERE
    if not isinstance(came, list):
        return OTHER
    if None in came:
        return NONE_IN_LIST
    if came == detections[:-1]:
        return LAST_ONE
    return REVERSED if came[::-1] == detections else OTHER
