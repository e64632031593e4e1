"""Whether a call costs the same on a long queue: CPU time of this process and of the server."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

from redis.asyncio import Redis

from backend.core.redis import RedisClient
from bench.calls import JOB, plain
from bench.measure import Step, Variant, ratio, side_by_side
from bench.report import Row

SHORT, LONG = "bench:short", "bench:long"
SHORT_LENGTH, LONG_LENGTH = 10, 1_000_000  # items
HEAD = 10  # items that a look at the head shows
FLAT = 1.1  # times: what counts as the same


async def rows(url: str, rounds: int, *, long_length: int = LONG_LENGTH) -> list[Row]:
    """Measure add, take, length and a look at the head, on a short queue and on a long one."""
    async with RedisClient(url) as client, plain(url) as redis:
        await _fill(redis, SHORT, SHORT_LENGTH)
        await _fill(redis, LONG, long_length)

        async def server_cpu() -> float:
            used = await redis.info("cpu")
            return used["used_cpu_user_main_thread"] + used["used_cpu_sys_main_thread"]

        measured = []
        for name, on in _paths(client).items():
            # A slice of adds or takes would make a long queue of the short one, or empty it.
            back = partial(_fill, redis, SHORT, SHORT_LENGTH)
            most = SHORT_LENGTH if name == "take" else 1_000_000
            variants = {
                "short": Variant(on(SHORT), before=back, most=most),
                "long": Variant(on(LONG), most=most),
            }
            costs = await side_by_side(variants, rounds, server_cpu=server_cpu)
            both = {of: [cost.ours + cost.servers for cost in each] for of, each in costs.items()}
            path = f"{name}, {long_length:,} items / {SHORT_LENGTH}"
            measured.append(Row(path, ratio(both["long"], both["short"]), at_most=FLAT))
        await redis.delete(SHORT, LONG)
    return measured


def _paths(client: RedisClient) -> dict[str, Callable[[str], Step]]:
    return {
        "add": lambda queue: lambda: client.add_to_queue(queue, JOB),
        "take": lambda queue: lambda: client.get_from_queue(queue, timeout=1),
        "length": lambda queue: lambda: client.get_queue_length(queue),
        "peek of the head": lambda queue: lambda: client.peek_queue(queue, 0, HEAD - 1),
    }


async def _fill(redis: Redis, queue: str, length: int) -> None:
    await redis.delete(queue)
    for start in range(0, length, 10_000):
        await redis.rpush(queue, *[json.dumps(JOB)] * min(10_000, length - start))
