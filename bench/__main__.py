"""Measure, print the table, and write it as JSON and as a chart.

python -m bench --rounds 30 --only calls,reserving --into bench/results
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import redis

from bench import batches, calls, chart, growing, listening, memory, recovering, reserving
from bench.report import Row, as_json, table, write
from private_redis import PrivateServer, client_without_retries

RESULTS = Path(__file__).parent / "results"
QUICK = 5  # rounds below which nothing is meant: then the long queues are short, too


def _sections(url: str, rounds: int) -> dict[str, Callable[[], Awaitable[list[Row]]]]:
    is_quick = rounds < QUICK
    length, jobs = (1_000, 1_000) if is_quick else (growing.LONG_LENGTH, 100_000)
    return {
        "calls": lambda: calls.rows(url, rounds),
        "batches": lambda: batches.rows(url, rounds),
        "reserving": lambda: reserving.rows(url, rounds),
        "listening": lambda: listening.rows(url, rounds),
        "recovering": lambda: recovering.rows(rounds, away=(0.2,) if is_quick else recovering.AWAY),
        "growing": lambda: growing.rows(url, rounds, long_length=length),
        "memory": lambda: memory.rows(url, jobs=jobs),
    }


async def measure(url: str, rounds: int, only: Sequence[str]) -> list[Row]:
    """Return the rows of the sections that are asked for; of all, if none is named."""
    sections = _sections(url, rounds)
    measured = []
    for name in only or sections:
        print(f"measuring: {name}", file=sys.stderr, flush=True)
        measured += await sections[name]()
    return measured


@contextmanager
def plain_server() -> Iterator[tuple[str, redis.Redis]]:
    """Yield a server's URL and a client of it; it ends with the block.

    It wants no password: redis-benchmark takes one from its command line alone.
    """
    with PrivateServer() as server, client_without_retries(server.url, timeout=5) as client:
        client.config_set("requirepass", "")
        yield f"redis://127.0.0.1:{server.port}/0", client


def main() -> None:
    """Run from the command line."""
    names = list(_sections("", 0))
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=30, help="how often each path is measured")
    parser.add_argument("--only", default="", help=f"some of {','.join(names)}; by default all")
    parser.add_argument("--into", type=Path, default=RESULTS, help="folder for JSON and chart")
    arguments = parser.parse_args()
    only = [name for name in arguments.only.split(",") if name]
    if arguments.rounds < 1 or not set(only) <= set(names):
        parser.error(f"--rounds is 1 or more, and --only is some of {','.join(names)}")
    logging.getLogger("backend").addHandler(logging.NullHandler())  # of servers that we stop
    with plain_server() as (url, server):
        rows = asyncio.run(measure(url, arguments.rounds, only))
        version = str(server.info("server")["redis_version"])
    print(table(rows))
    numbers, picture = arguments.into / "bench.json", arguments.into / "bench.svg"
    write(as_json(rows, rounds=arguments.rounds, server=version), numbers)
    chart.draw(rows, picture)
    print(f"\nWritten: {numbers} and {picture}")


if __name__ == "__main__":
    main()
