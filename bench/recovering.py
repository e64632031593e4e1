"""How long the pipeline waits after Redis is back, and how soon it says that Redis hangs."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from backend.core.redis import RedisClient
from backend.core.reliable_queue import ReliableQueue
from backend.pipeline import LONGEST_BACKOFF
from backend.services.event_broadcaster import EventBroadcaster, Listener, publish_event
from backend.services.stage import Stage
from bench.calls import JOB, QUEUE
from bench.report import Row
from private_redis import PrivateServer

AWAY = 0.5, 3.0, 10.0  # seconds that the server is away
TRIES = 5  # of each length at the most


class Consumer(Stage):
    """A worker that takes jobs as the pipeline's do, and does nothing with them."""

    def __init__(self, client: RedisClient) -> None:
        super().__init__(client)
        self.taken = asyncio.Semaphore(0)

    async def run(self) -> None:
        """Take jobs, until cancelled."""
        async with ReliableQueue(self._client, QUEUE) as queue:
            self.ready.set()
            while True:
                async with queue.reserve() as job:
                    if job:
                        self.record("a job", time.time())
                        self.taken.release()


async def rows(rounds: int, *, away: tuple[float, ...] = AWAY) -> list[Row]:
    """Measure the worst of some tries, in seconds."""
    tries = min(rounds, TRIES)
    measured = []
    for seconds in away:
        waits = [await _after_it_was_away(seconds) for _ in range(tries)]
        for what, each in zip(
            ("the first job", "the first event"), zip(*waits, strict=True), strict=True
        ):
            path = f"{what} after Redis is back, which was away for {seconds:g} s, worst of {tries}"
            measured.append(Row(path, max(each), at_most=1.5, unit="s"))
    hangs = [await _until_a_hang_is_said() for _ in range(tries)]
    path = f"a Redis that hangs: until the dashboard says so, worst of {tries}"
    return [*measured, Row(path, max(hangs), at_most=3, unit="s")]


@asynccontextmanager
async def _system() -> AsyncIterator[tuple[PrivateServer, Consumer, Listener]]:
    """A worker and a browser at work, with a server that can be stopped."""
    with PrivateServer() as server:
        async with (
            RedisClient(server.url, backoff_cap=LONGEST_BACKOFF) as client,
            Consumer(client) as consumer,
            EventBroadcaster(client) as broadcaster,
        ):
            with broadcaster.listen() as browser:
                yield server, consumer, browser


async def _after_it_was_away(seconds: float) -> tuple[float, float]:
    """Return how long after the server is back the first job is taken, the first event heard."""
    async with _system() as (server, consumer, browser):
        await asyncio.to_thread(server.stop)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(server.start)
        began = time.monotonic()
        async with RedisClient(server.url) as other:
            await other.add_to_queue(QUEUE, JOB)
            await publish_event(other, {"batch_id": uuid.uuid4().hex})

        async def taken() -> float:
            await consumer.taken.acquire()
            return time.monotonic() - began

        async def heard() -> float:
            await _until_told(browser, lambda message: message["type"] == "event")
            return time.monotonic() - began

        first_job, first_event = await asyncio.gather(taken(), heard())
        return first_job, first_event


async def _until_told(browser: Listener, is_it: Callable[[dict[str, Any]], bool]) -> None:
    async for message in browser:
        if is_it(json.loads(message)):
            return


async def _until_a_hang_is_said() -> float:
    async with _system() as (server, _, browser):
        await _until_told(browser, lambda message: message["data"].get("redis") == "healthy")
        server.pause()
        began = time.monotonic()
        await _until_told(browser, lambda message: message["data"].get("redis") == "unhealthy")
        passed = time.monotonic() - began
        server.resume()
        return passed
