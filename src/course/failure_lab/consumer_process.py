"""A consumer of the failure lab, in a process of its own: see `start_consumer`.

Run as a program: `python -m course.failure_lab.consumer_process '{"url": …}'`. It takes items until
it is told to terminate, and reports on standard output, one JSON object a line: `{"ready": true}`,
then `{"taken": id}` when it has an item and `{"handled": id}` when its work on it is done, or
`{"failed": id}`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, tzinfo
from typing import Any, Self

from redis.exceptions import RedisError

from backend.core.redis import RedisClient
from backend.core.reliable_queue import ReliableQueue

logger = logging.getLogger("consumer")


def identity(item: Any) -> Any:
    """Return what an item is counted by: its `id`, else the item itself or, if long, a digest."""
    if isinstance(item, dict) and "id" in item:
        return item["id"]
    text = repr(item)
    return text if len(text) < 200 else hashlib.sha1(text.encode("utf-8", "replace")).hexdigest()


async def handle(item: Any, work_seconds: float) -> None:
    """Do what a detector does, as far as the queue can see: take time, and refuse what is broken.

    Raises:
        TypeError: the item is no JSON object.
        ValueError: it is poison: it says so itself.
    """
    if not isinstance(item, dict):
        raise TypeError(f"a detection is a JSON object, not {type(item).__name__}")
    if item.get("poison"):
        raise ValueError(f"the image of {item['id']} cannot be decoded")
    await asyncio.sleep(work_seconds)


async def main(
    *,
    url: str,
    queue_name: str,
    namespace: str,
    mode: str,
    work_seconds: float,
    timeout: float,
    clock: float,
    **options: Any,
) -> None:
    """Consume until SIGTERM, between two items. Errors are logged, and it goes on."""
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    set_clock(clock)
    client = RedisClient(url, namespace=namespace, timeout=timeout, backoff_base=0.05)
    async with client, taking(client, queue_name, mode, options) as take:
        report(ready=True)
        while not stopping.is_set():
            try:
                async with take() as item:
                    if item is not None:
                        report(taken=identity(item))
                        try:
                            await handle(item, work_seconds)
                        except (TypeError, ValueError):
                            report(failed=identity(item))
                            raise
                        report(handled=identity(item))
            except (RedisError, TypeError, ValueError) as error:
                logger.warning("%s: %s", type(error).__name__, error)
                await asyncio.sleep(0.02)


@asynccontextmanager
async def taking(
    client: RedisClient, queue_name: str, mode: str, options: dict[str, Any]
) -> AsyncIterator[Any]:
    """Yield the way to take an item: a function that returns a context manager."""
    if mode == "pop":

        @asynccontextmanager
        async def pop() -> AsyncIterator[Any]:
            yield await client.get_from_queue(queue_name, timeout=0.2)

        yield pop
        return

    async with ReliableQueue(client, queue_name, **options) as queue:

        @asynccontextmanager
        async def reserve() -> AsyncIterator[Any]:
            async with queue.reserve(timeout=0.2) as job:
                yield None if job is None else job.data

        yield reserve


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
    asyncio.run(main(**json.loads(sys.argv[1])))
