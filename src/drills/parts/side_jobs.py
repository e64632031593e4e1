"""What else works on the same Redis."""

import asyncio
import itertools
import logging
import time
from pathlib import Path

from redis.exceptions import RedisError

from backend.core.dead_letters import DeadLetters
from backend.core.redis import RedisClient
from drills.settings import PERIOD, Settings

THUMBNAIL = 20_000  # characters
REPORTS = {"KEYS": "n = n + #redis.call('KEYS', '*')", "SUM": "n = n + i % 7"}


async def thumbnails(name: str, client: RedisClient, folder: Path, settings: Settings) -> None:
    """Keep small pictures of what was seen last, as a page would show them."""
    logging.info("at work")
    for number in itertools.count():
        try:
            key = f"thumbnail:{time.time_ns()}"
            await client.set(key, "x" * THUMBNAIL, expire=settings.thumbnail_ttl or None)
            if settings.thumbnail_again:
                await client.set(key, "y" * THUMBNAIL)
        except RedisError as error:
            logging.warning("no thumbnail %d: %s", number, error)
        await asyncio.sleep(PERIOD / 2)


async def report(name: str, client: RedisClient, folder: Path, settings: Settings) -> None:
    """Count, in a way that holds the server up: a report that was written in an afternoon."""
    logging.info("at work")
    script = f"local n = 0 for i = 1, ARGV[1] do {REPORTS[settings.report]} end return n"
    loops = 1_000
    while True:
        started = time.monotonic()
        try:
            await client.call("EVAL", script, 0, loops)
        except RedisError as error:
            logging.warning("no report: %s", error)
            await asyncio.sleep(0.5)
        took = time.monotonic() - started
        logging.info("counted %d times, which took %.1f s", loops, took)
        loops = max(100, int(loops * 0.7 / max(took, 0.001)))  # 0.7 s, on any machine


async def requeue(name: str, client: RedisClient, folder: Path, settings: Settings) -> None:
    """Put all dead letters back, again and again, whatever is in them."""
    logging.info("at work")
    while True:
        try:
            if number := await DeadLetters(client, "detection_queue").requeue_all():
                logging.info("put %d dead letters back into detection_queue", number)
        except RedisError as error:
            logging.warning("nothing put back: %s", error)
        await asyncio.sleep(0.5)
