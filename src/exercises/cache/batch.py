"""Find the bug that fills a Redis over months."""

import gc
from typing import Any

from exercises.bench import Bench, NotYet, expect

FIRST, OTHER = "5f0c9a", "71d2e8"


async def check(bench: Bench) -> None:
    """Add two detections, with most of an hour between them; to another batch; and cut short."""
    key, activity = f"batch:{FIRST}:detections", f"batch:{FIRST}:last_activity"
    await _add(bench, FIRST, 101, 1101, "a batch gets its first detection")
    mistakes = {"STILL_FOR_EVER": lambda left: left == -1, "UNIT": True}
    await bench.redis.lives(key, 3600, mistakes, during=bench.during, slack=1)
    await bench.redis.let_time_pass(3500)
    items = await _add(bench, FIRST, 102, 1102, "most of an hour has passed, and another one comes")
    expect(items, [101, 102], "NOT_ADDED", expected="[101, 102] in the list")
    await bench.redis.lives(key, 3600, "FIRST_ONLY", during=bench.during, slack=1)
    expect(await bench.redis.get(activity), 1102, "ACTIVITY", expected=f"1102 under `{activity}`")
    await bench.redis.lives(activity, 3600, "ACTIVITY", during=bench.during, slack=1)
    items = await _add(bench, OTHER, "42", 2000.5, "another batch gets one, whose id is a text")
    expect(items, ["42"], {"AS_JSON": len(items) == 1, "NOT_ADDED": True})
    first = await bench.redis.peek_queue(key)
    expect(first, [101, 102], "NOT_ADDED", expected="[101, 102] in the first list")
    parts = ("detections", "last_activity")
    names = [f"batch:{batch}:{part}" for batch in (FIRST, OTHER) for part in parts]
    expect(await bench.redis.keys(), names, "OTHER_KEYS")
    async for _ in bench.interrupted(FIRST, 101, 1101):  # the first push makes the list
        await bench.redis.all_live_for_a_time("GAP", but=activity)
        await bench.redis.all_live_for_a_time("ACTIVITY")


async def _add(bench: Bench, batch_id: str, detection_id: Any, now: float, when: str) -> list[Any]:
    """Let the answer add a detection, and return what is in the batch's list then."""
    await bench.ask(batch_id, detection_id, now, when=when)
    gc.collect()  # Python warns of an open connection as it removes it
    expect(bench.mishaps.unclosed, False, "UNCLOSED", expected="no connection is left open")
    name = f"batch:{batch_id}:detections"
    if await bench.redis.kind(name) == "none":
        raise NotYet("NOT_THERE", expected=f"`{name}` is a list", came="there is no such key")
    return await bench.redis.items(name, "NO_LIST")
