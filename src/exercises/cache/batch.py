"""Find the bug that fills a Redis over months."""

from typing import Any

from exercises.bench import Bench
from exercises.verdict import NotYet, expect

FIRST, OTHER = "5f0c9a", "71d2e8"


async def check(bench: Bench) -> None:
    """Add two detections, with most of an hour between them; to another batch; and cut short."""
    await _add(bench, FIRST, 101, "a batch gets its first detection")
    mistakes = {"STILL_FOR_EVER": lambda left: left == -1, "UNIT": True}
    await bench.redis.lives(_list(FIRST), 3600, mistakes, since=bench.started, slack=1)
    await bench.redis.let_time_pass(3500)
    items = await _add(bench, FIRST, 102, "most of an hour has passed, and another one comes")
    expect(items, [101, 102], "NOT_ADDED", expected="[101, 102] in the list")
    await bench.redis.lives(_list(FIRST), 3600, "FIRST_ONLY", since=bench.started, slack=1)
    activity = f"batch:{FIRST}:last_activity"
    expect(await bench.redis.get(activity), 1000, "ACTIVITY", expected=f"1000 under `{activity}`")
    await bench.redis.lives(activity, 3600, "ACTIVITY", since=bench.started, slack=1)
    await _another_batch(bench)
    await _cut_short(bench)


def _list(batch_id: str) -> str:
    return f"batch:{batch_id}:detections"


async def _add(bench: Bench, batch_id: str, detection_id: Any, when: str) -> list[Any]:
    """Let the answer add a detection, and return what is in the batch's list then."""
    await bench.ask(batch_id, detection_id, 1000, when=when)
    if await bench.redis.kind(_list(batch_id)) == "none":
        came = "there is no such key"
        raise NotYet("NO_LIST", expected=f"`{_list(batch_id)}` is a list", came=came)
    return await bench.redis.items(_list(batch_id), "NO_LIST")


async def _another_batch(bench: Bench) -> None:
    items = await _add(bench, OTHER, "42", "another batch gets a detection, whose id is a text")
    mistakes = {"AS_JSON": len(items) == 1, "NOT_ADDED": True}
    expect(items, ["42"], mistakes, expected="['42'] in the list")
    first = await bench.redis.peek_queue(_list(FIRST))
    expect(first, [101, 102], "NOT_ADDED", expected="[101, 102] in the first list")
    names = [
        f"batch:{each}:{what}"
        for each in (FIRST, OTHER)
        for what in ("detections", "last_activity")
    ]
    expect(await bench.redis.keys(), names, "OTHER_KEYS")


async def _cut_short(bench: Bench) -> None:
    async for _ in bench.interrupted(FIRST, 101, 1101):  # the first push makes the list
        for key in await bench.redis.keys():
            if await bench.redis.ttl(key) == -1:
                raise NotYet("GAP", expected="each key has a TTL", came=f"`{key}` lives for ever")
