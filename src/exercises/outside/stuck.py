"""Name the consumers that died with a job in hand."""

from typing import Any

from exercises.bench import Bench
from exercises.verdict import NotYet

QUEUE = "detection_queue"

ALIVE = (
    "You named a consumer whose lease is there. It gives signs of life, and its job is in good "
    "hands."
)
IDLE = "You named a consumer that has nothing in hand. It is gone, and nothing went with it."
MISSED = (
    "One is missing that has a job in hand and no lease. Look at every consumer of the sorted set."
)
BYTES = "The names are right, and they are bytes. Make a text of each: `name.decode()`."
NO_LIST = "Return a list, also when there is nobody to name: then an empty one."
NOT_SORTED = "All names are there. Return them sorted, so that two answers can be compared."
SEARCHED = (
    "The names are right, and the server had to look at all of its keys for them. The sorted set "
    "has every name that you need."
)
CHANGED = "You only look: all keys are the same afterwards. Putting jobs back is for consumers."
OTHER = "Return the names of the consumers, as they stand in the sorted set."

# (name, has a job in hand, its lease is there)
NIGHT = [
    ("detector-3", True, False),
    ("detector-1", True, True),
    ("detector-2", False, False),
    ("detector-4", False, True),
    ("detector-10", True, False),
]
ALL_WELL = [("detector-1", True, True), ("detector-2", False, True)]


async def check(bench: Bench, stuck: Any) -> None:
    """Ask on a bad night, on a good one, and when nobody has ever joined."""
    for consumers, when in (
        (NIGHT, "two of five consumers died with a job in hand"),
        (ALL_WELL, "all consumers are alive"),
        ([], "no consumer has ever joined"),
    ):
        if keys := await bench.keys():
            await bench.redis.delete(*keys)
        await _set_up(bench, consumers)
        await _ask(bench, stuck, consumers, when)


async def _set_up(bench: Bench, consumers: list[tuple[str, bool, bool]]) -> None:
    await bench.redis.add_to_queue(QUEUE, "a job that waits")
    for number, (name, has_job, has_lease) in enumerate(consumers):
        members = bench.redis.full_name(f"{QUEUE}:consumers")
        await bench.redis.call("ZADD", members, number, name)
        if has_job:
            await bench.redis.add_to_queue(f"{QUEUE}:processing:{name}", "a job")
            await bench.redis.add_to_queue(f"{QUEUE}:processing:{name}", "its reservation")
        if has_lease:
            await bench.redis.set(f"{QUEUE}:lease:{name}", 30_000, expire=1000)


async def _ask(
    bench: Bench, stuck: Any, consumers: list[tuple[str, bool, bool]], when: str
) -> None:
    right = sorted(name for name, has_job, has_lease in consumers if has_job and not has_lease)
    keys = await bench.left_alone()
    found = await bench.run(stuck, bench.client, when=when, between=keys.look)
    if keys.changed:
        raise NotYet(CHANGED, expected="all keys as before", came=str(keys.changed))
    if found != right:
        raise NotYet(_mistake(found, right, consumers), expected=repr(right), came=repr(found))
    if bench.sent("KEYS") or bench.sent("SCAN"):
        raise NotYet(SEARCHED, expected="no search through all keys", came="KEYS or SCAN")


def _mistake(found: Any, right: list[str], consumers: list[tuple[str, bool, bool]]) -> str:
    if not isinstance(found, list):
        return NO_LIST
    if found and all(isinstance(name, bytes) for name in found):
        return BYTES
    if {*map(repr, found)} == {*map(repr, right)}:
        return NOT_SORTED
    for name, has_job, has_lease in consumers:
        if name in found and name not in right:
            return ALIVE if has_lease and has_job else IDLE
    return MISSED if set(map(repr, found)) < set(map(repr, right)) else OTHER
