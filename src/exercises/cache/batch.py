"""Find the bug that fills a Redis over months."""

from typing import Any

from exercises.bench import Bench
from exercises.verdict import NotYet

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
    redis = bench.redis
    key, activity = "batch:5f0c9a:detections", "batch:5f0c9a:last_activity"

    async def add(number: int, when: str) -> int:
        await bench.run(add_detection, bench.client, "5f0c9a", number, 1000 + number, when=when)
        return await bench.ttl(key)

    first = await add(101, "a batch gets its first detection")
    if first == -1:
        raise NotYet(STILL_FOR_EVER, expected="3600 seconds to live", came="no TTL on the list")
    if first > 0 and not 3590 <= first <= 3600:
        raise NotYet(UNIT, expected="3600 seconds to live", came=f"{first}")
    if first > 0:
        await redis.call("EXPIRE", redis.full_name(key), 100)  # as if most of the hour had passed
    second = await add(102, "most of an hour has passed, and another detection comes")
    kind = await redis.call("TYPE", redis.full_name(key))
    items = await redis.peek_queue(key) if kind in (b"list", "list") else None
    if items != [101, 102]:
        raise NotYet(NOT_ADDED, expected="[101, 102] in the list", came=repr(items))
    if second < 3590:
        raise NotYet(FIRST_ONLY, expected="3600 seconds to live", came=f"{second}")
    value, ttl = await redis.get(activity), await bench.ttl(activity)
    if value != 1102 or not 3590 <= ttl <= 3600:
        came = f"{value!r}, {ttl} seconds to live"
        raise NotYet(ACTIVITY, expected="1102, 3600 seconds to live", came=came)
