"""A consumer as a program: it pops or reserves items, works on each for a moment, and reports.

    python -m backend.examples.consumer reserve '{"work_seconds": 1}'

Its arguments are the mode, and its `Options` as JSON; the server is the one that REDIS_URL names,
else localhost:6379. It takes items until SIGTERM or Ctrl-C, and reports on standard output, one
JSON object a line: `{"ready": true}`, then `{"taken": id}` when it has an item, and
`{"handled": id}` when its work on it is done, or `{"failed": id}`. The failure lab of the course
starts such consumers, to kill them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import signal
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from redis.exceptions import RedisError

from backend.core.redis import RedisClient
from backend.examples.pop_or_reserve import COMMANDS, QUEUE, Mode, Options, consume

logger = logging.getLogger("consumer")


async def main(mode: Mode, options: Options) -> None:
    """Consume until SIGTERM or Ctrl-C, between two items. Errors are logged, and it goes on."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    client = RedisClient(backoff_base=0.05)
    async with client, consume(client, mode, options) as take:
        report(ready=True)
        while not stopping.is_set():
            try:
                async with take(0.2) as item:
                    if item is not None:
                        await work_on(item, options.work_seconds)
            except (RedisError, TypeError, ValueError) as error:
                logger.warning("%s: %s", type(error).__name__, error)
                await asyncio.sleep(0.02)


async def work_on(item: Any, work_seconds: float) -> None:
    """Do what a detector does, as far as the queue can see: take time, and refuse what is broken.

    Raises:
        TypeError: the item is no JSON object.
        ValueError: it is poison: it says so itself.
    """
    report(taken=identity(item))
    try:
        if not isinstance(item, dict):
            raise TypeError(f"a job is a JSON object, not {type(item).__name__}")
        if item.get("poison"):
            raise ValueError(f"the image of {item['id']} cannot be decoded")
        await asyncio.sleep(work_seconds)
    except (TypeError, ValueError):
        report(failed=identity(item))
        raise
    report(handled=identity(item))


def report(**what: Any) -> None:
    """Tell the parent, at once."""
    print(json.dumps(what), flush=True)


def identity(item: Any) -> Any:
    """Return what an item is counted by: its `id` or, when it has none, its text."""
    return item["id"] if isinstance(item, dict) and "id" in item else repr(item)


def run(arguments: Sequence[str] | None = None) -> None:
    """Run as a program; it ends with status 2 where the arguments are wrong."""

    def options(text: str) -> Options:
        return Options(**json.loads(text))

    parser = argparse.ArgumentParser(
        prog="python -m backend.examples.consumer",
        description=f"Take items from {QUEUE} until Ctrl-C, and report on each.",
    )
    parser.add_argument("mode", choices=COMMANDS, help="how it takes them")
    parser.add_argument(
        "options",
        nargs="?",
        type=options,
        default="{}",
        help=f"as JSON; default: {json.dumps(asdict(Options(name='consumer-1a2b3c4d')))}",
    )
    chosen = parser.parse_args(arguments)
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    asyncio.run(main(chosen.mode, chosen.options))


if __name__ == "__main__":
    run()
