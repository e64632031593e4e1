"""A consumer in a process of its own, which a `Consumer` starts and listens to.

Its arguments are the server, the mode, and the options as JSON. It takes items until SIGTERM, and
reports on standard output, one JSON object a line: `{"ready": true}`, then `{"taken": id}` when it
has an item, and `{"handled": id}` when its work on it is done, or `{"failed": id}`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
import time
from datetime import datetime, timedelta, tzinfo
from typing import Any, Self, cast

from redis.exceptions import RedisError

from backend.core.redis import RedisClient
from course.failure_lab.modes import Mode, Options, consume
from course.failure_lab.tally import identity

logger = logging.getLogger("consumer")


async def main(url: str, mode: Mode, options: Options) -> None:
    """Consume until SIGTERM, between two items. Errors are logged, and it goes on."""
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    set_clock(options.clock)
    client = RedisClient(url, backoff_base=0.05)
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


def set_clock(wrong_by: float) -> None:
    """Make this process's clock wrong by so many seconds, wherever Python asks for the time."""
    right_time, right_datetime = time.time, datetime

    class WrongDatetime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            moment = right_datetime.now(tz) + timedelta(seconds=wrong_by)
            return cls.fromtimestamp(moment.timestamp(), tz)

    if wrong_by:
        time.time = lambda: right_time() + wrong_by
        for module in list(sys.modules.values()):
            if getattr(module, "datetime", None) is right_datetime:
                module.datetime = WrongDatetime  # type: ignore[attr-defined]


if __name__ == "__main__":
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    url, mode, options = sys.argv[1:]
    asyncio.run(main(url, cast(Mode, mode), Options(**json.loads(options))))
