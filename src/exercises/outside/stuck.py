"""Name the consumers that died with a job in hand."""

from exercises.bench import Bench, NotYet, expect

QUEUE = "detection_queue"
Consumers = list[tuple[str, bool, bool]]
"""The name of each, whether it has a job in hand, and whether its lease is there."""
NIGHT: Consumers = [
    ("detector-3", True, False),
    *((f"detector-{number}", False, False) for number in range(20, 28)),  # these have stopped
    ("detector-1", True, True),
    ("detector-2", False, False),
    ("detector-4", False, True),
    ("detector-10", True, False),
]


async def check(bench: Bench) -> None:
    """Ask on a bad night, and when nobody has ever joined."""
    await _ask(bench, NIGHT, "two consumers of many died with a job in hand")
    await _ask(bench, [], "no consumer has ever joined")


async def _ask(bench: Bench, consumers: Consumers, when: str) -> None:
    await bench.redis.clear()
    await bench.redis.add(QUEUE, "a job that waits")
    members = bench.redis.full_name(f"{QUEUE}:consumers")
    for number, (name, has_job, has_lease) in enumerate(consumers):
        await bench.redis.call("ZADD", members, number, name)
        if has_job:
            await bench.redis.add(f"{QUEUE}:processing:{name}", "a job", "its reservation")
        if has_lease:
            # Its value is how many items were acknowledged: none yet.
            await bench.redis.set(f"{QUEUE}:lease:{name}", 0, expire=1000)
    raised = {"async_generator": "NO_LIST", "WRONGTYPE": "SORTED_SET"}
    found = await bench.ask(when=when, watch=True, raised=raised)
    bench.watch.nothing_changed("CHANGED")
    right = sorted(name for name, has_job, has_lease in consumers if has_job and not has_lease)
    working = {name for name, has_job, has_lease in consumers if has_job and has_lease}
    others = {name for name, _, _ in consumers} - {*right}
    as_code = ":b'" in repr(bench.client.commands)  # a name that ends in str() of bytes
    mistakes = {
        "NO_LIST": not isinstance(found, list),
        "REMEMBERED": bool(found) and not consumers,
        "BYTES": lambda it: any(isinstance(name, bytes) for name in it) or as_code,
        "NOT_SORTED": lambda it: {*it} == {*right},
        "ALIVE": lambda it: working & {*it},
        "IDLE": lambda it: others & {*it},
        "MISSED": lambda it: {*it} < {*right},
        "OTHER": True,
    }
    expect(found, right, mistakes)
    if {"KEYS", "SCAN"} & {str(name).upper() for name, *_ in bench.client.commands}:
        raise NotYet("SEARCHED", expected="no search through all keys", came="KEYS or SCAN")
