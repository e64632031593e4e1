"""Store a camera's status for five minutes."""

from typing import Any

from exercises.bench import Bench, expect

WELL, SILENT = {"camera_id": "garage", "status": "online"}, {"status": "offline", "since": 21}
REPORTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("the garage reports", "garage", WELL),
    ("another camera reports", "roof_2", SILENT),
    ("the garage reports something else, 200 seconds later", "garage", {**SILENT, "battery": 7}),
    ("the garage reports the same as 100 seconds before", "garage", {**SILENT, "battery": 7}),
)


async def check(bench: Bench) -> None:
    """Let two cameras report, and one of them again, 100 seconds after each other."""
    for when, camera_id, status in REPORTS:
        key = f"camera:{camera_id}:status"
        before = await bench.redis.get(key)
        raised = {"KeyError": "NOT_IN_STATUS"}
        await bench.ask(camera_id, dict(status), when=when, watch=True, raised=raised)
        await _is_stored(bench, key, status, before)
        mistakes = {
            "NO_TTL": lambda left: left == -1,
            "NOT_RENEWED": before is not None and (lambda left: left <= 200),
            "OTHER_TTL": True,
        }
        await bench.redis.lives(key, 300, mistakes, during=bench.during)
        bench.watch.no_key_waited_for_its_ttl("TWO_STEPS")
        others = {"EXTRA_KEY": lambda it: it[1] == "new", "OTHERS": True}
        bench.watch.nothing_changed(others, but=key)
        await bench.redis.let_time_pass(100)
    async for _ in bench.interrupted("garage", WELL, ways=["killed"]):  # on any connection
        await bench.redis.all_live_for_a_time("TWO_STEPS")


async def _is_stored(bench: Bench, key: str, status: dict[str, Any], before: Any) -> None:
    stored, keys = await bench.redis.get(key), await bench.redis.keys()
    mistakes = {
        "OTHER_KEY": stored is None and bool(keys),
        "NOTHING": stored is None,
        "OLD_VALUE": stored == before,
        "TEXT": isinstance(stored, str) and stored not in status.values(),
        "ANOTHER_VALUE": True,
    }
    shown = repr(stored) if stored is not None else f"the keys {keys}"
    expect(stored, status, mistakes, expected=f"{status} under `{key}`", shown=shown)
