"""A soak: all faults at once, at random, for minutes; then every item is counted.

    python -m tests.reliability.soak --seconds 600 --seed 1

Prints which faults there were and the count. It ends with status 1 if an item is lost, or if a
good item is among the dead letters.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress

from redis import exceptions
from tests.support import without_warnings_and_errors

from backend.core.redis import RedisClient
from course.failure_lab.round import QUEUE, Round

CONSUMERS = 3
LEASE = 2.0  # seconds
OPTIONS = {"lease": LEASE, "work_seconds": 0.02, "backoff_base": 0.05, "max_attempts": 5}


class Soak:
    """One round under fire.

    Args:
        round: an open round, in mode "reserve", on a server that keeps what it has answered.
        seed: decides which fault comes when.
    """

    def __init__(self, round: Round, seed: int) -> None:
        self._round = round
        self._chance = random.Random(seed)
        self.faults: Counter[str] = Counter()

    async def run(self, seconds: float) -> None:
        """Add items and cause faults for so long, then let everything settle."""
        ends = time.monotonic() + seconds
        for _ in range(CONSUMERS):
            await self._round.start_consumer(**OPTIONS)
        producing = asyncio.create_task(self._produce(ends))
        faults = [
            self._kill_a_consumer,
            self._hang_a_consumer,
            self._kill_the_server,
            self._hang_the_server,
            self._cut_every_connection,
            self._forget_the_scripts,
            self._fill_the_memory,
        ]
        while time.monotonic() < ends:
            await self._cause(self._chance.choice(faults))
            await asyncio.sleep(self._chance.uniform(0.1, 0.8))  # simulated: some peace
        await producing
        await self._round.settled(timeout=60)

    async def _cause(self, fault: Callable[[], Awaitable[None]]) -> None:
        self.faults[fault.__name__.strip("_").replace("_", " ")] += 1
        with suppress(exceptions.RedisError):  # it may meet the fault before it
            await fault()

    async def _produce(self, ends: float) -> None:
        while time.monotonic() < ends:
            with suppress(exceptions.OutOfMemoryError):  # refused, and so not added
                await self._round.add()
            await asyncio.sleep(0.01)

    async def _kill_a_consumer(self) -> None:
        living = [each for each in self._round.consumers if each.alive]
        self._chance.choice(living).kill()
        await self._round.start_consumer(**OPTIONS)

    async def _hang_a_consumer(self) -> None:
        victim = self._chance.choice([each for each in self._round.consumers if each.alive])
        victim.pause()
        await asyncio.sleep(self._chance.uniform(0, 1.5 * LEASE))
        victim.resume()

    async def _kill_the_server(self) -> None:
        self._round.server.kill()
        await asyncio.to_thread(self._round.server.start)

    async def _hang_the_server(self) -> None:
        self._round.server.pause()
        await asyncio.sleep(self._chance.uniform(0, 1.5))
        self._round.server.resume()

    async def _cut_every_connection(self) -> None:
        async with RedisClient(self._round.server.url) as other:
            await other.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")

    async def _forget_the_scripts(self) -> None:
        await self._round.client.call("SCRIPT", "FLUSH")

    async def _fill_the_memory(self) -> None:
        try:
            await self._round.client.call("CONFIG", "SET", "maxmemory", "1mb", repeat=True)
            await asyncio.sleep(self._chance.uniform(0, 0.5))
        finally:
            await self._round.client.call("CONFIG", "SET", "maxmemory", "0", repeat=True)


async def soak(seconds: float, seed: int) -> bool:
    """Soak once, print the count, and return whether nothing was lost."""
    async with Round(append_only=True) as round:
        await round.begin("reserve")
        soaking = Soak(round, seed)
        await soaking.run(seconds)
        count = await round.count()
        letters = await round.client.peek_queue(f"dlq:{QUEUE}")
    print(f"seed {seed}, {seconds:g} s, {soaking.faults.total()} faults: {dict(soaking.faults)}")
    print(count)
    for letter in letters[:5]:
        print("a dead letter:", letter)
    return not count.missing and not letters


def main(arguments: list[str] | None = None) -> int:
    """Soak as the command line says; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.soak")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args(arguments)
    with without_warnings_and_errors():
        outcomes = [asyncio.run(soak(options.seconds, seed)) for seed in options.seed]
    return 0 if all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
