"""Many at once: against the same one by one, and against Redis's own benchmark, which is in C.

`redis-benchmark -P 100` sends a hundred commands in one packet, and knows no JSON. It comes with
Redis (on Debian in the package redis-tools). Without it on PATH, its rows are not measured.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from functools import partial
from urllib.parse import urlsplit

from backend.core.encoding import encode
from backend.core.redis import RedisClient
from bench.calls import JOB, QUEUE, filled, plain
from bench.measure import Step, Variant, ratio, side_by_side
from bench.report import Row

MANY = 1000
CALLS = 30  # with many, in one slice at the most
IN_C = shutil.which("redis-benchmark")
COMMANDS = 100_000  # that one run of it sends
ROUNDS_TO_ONE = 4  # of ours to one of it, which takes longer

JOBS = [JOB] * MANY
VALUES = {f"bench:key:{number}": JOB for number in range(MANY)}
KEYS = list(VALUES)


async def rows(url: str, rounds: int) -> list[Row]:
    """Measure a thousand items or keys in one call: how many times as quick it is."""
    async with RedisClient(url) as client, plain(url) as redis:
        clear = partial(redis.delete, QUEUE)
        fill = filled(redis, CALLS * MANY)
        add = Variant(lambda: client.add_to_queue(QUEUE, JOB), before=clear)
        add_many = Variant(lambda: client.add_many_to_queue(QUEUE, JOBS), MANY, clear)
        take = Variant(lambda: client.get_from_queue(QUEUE, timeout=1), 1, fill, CALLS * MANY)
        take_many = Variant(
            lambda: client.get_many_from_queue(QUEUE, MANY, timeout=1), MANY, fill, CALLS
        )
        set_one = Variant(lambda: client.set(KEYS[0], JOB, expire=300))
        set_many = Variant(lambda: client.set_many(VALUES, expire=300), MANY)
        get_one = Variant(lambda: client.get(KEYS[0]))
        get_many = Variant(lambda: client.get_many(KEYS), MANY)
        push = ["RPUSH", QUEUE, "x" * len(encode(JOB))]
        measured = [
            await _against_one("add_many_to_queue", add_many, add, rounds, goal=40),
            await _against_c("add_many_to_queue", add_many, push, url, rounds, goal=0.6),
            await _against_one("get_many_from_queue", take_many, take, rounds),
            await _against_c(
                "get_many_from_queue",
                take_many,
                ["LPOP", QUEUE],
                url,
                rounds,
                goal=1.0,
                before=filled(redis, COMMANDS),
            ),
            await _against_one("set_many", set_many, set_one, rounds, goal=10),
            await _against_one("get_many", get_many, get_one, rounds, goal=10),
        ]
        await redis.delete(QUEUE, *KEYS)
    return measured


async def _against_one(
    name: str, many: Variant, one: Variant, rounds: int, *, goal: float | None = None
) -> Row:
    costs = await side_by_side({"many": many, "one": one}, rounds)
    cpu = {of: [cost.ours for cost in each] for of, each in costs.items()}
    path = f"{name} of {MANY:,}, items / one by one"
    return Row(path, ratio(cpu["one"], cpu["many"]), at_least=goal)


async def _against_c(
    name: str,
    many: Variant,
    command: list[str],
    url: str,
    rounds: int,
    *,
    goal: float,
    before: Step | None = None,
) -> Row:
    path = f"{name} of {MANY:,}, items / redis-benchmark -P 100"
    if IN_C is None:
        return Row(path, None, at_least=goal, note="there is no redis-benchmark on PATH")
    ours, theirs = [], []
    for _ in range(max(1, rounds // ROUNDS_TO_ONE)):
        ours += [cost.passed for cost in (await side_by_side({"many": many}, 1))["many"]]
        if before:
            await before()
        theirs.append(await _seconds_for_one(IN_C, url, command))
    return Row(path, ratio(theirs, ours), at_least=goal)


async def _seconds_for_one(program: str, url: str, command: list[str]) -> float:
    at = urlsplit(url)
    run = await asyncio.create_subprocess_exec(
        program,
        *("-h", str(at.hostname), "-p", str(at.port)),
        *("-q", "-c", "1", "-P", "100", "-n", str(COMMANDS)),
        *command,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await run.communicate()
    return 1 / float(re.findall(rb"([\d.]+) requests per second", said)[-1])
