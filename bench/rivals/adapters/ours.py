"""The reliable queue of this course: one consumer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from backend.core.redis import RedisClient
from backend.core.reliable_queue import ReliableQueue
from bench.rivals.contestant import Job
from bench.rivals.work import Work

QUEUE = "bench:queue"
BATCH = 100


class Adapter:
    """`add_to_queue`, `add_many_to_queue`, and `reserve` or `reserve_many`."""

    def __init__(self, client: RedisClient) -> None:
        self._client = client

    async def add(self, job: Job) -> None:
        """Enqueue one job."""
        await self._client.add_to_queue(QUEUE, job)

    async def add_many(self, jobs: list[Job]) -> None:
        """Enqueue many in one call."""
        await self._client.add_many_to_queue(QUEUE, jobs)

    async def process(self, work: Work, *, one_at_a_time: bool) -> None:
        """Reserve and acknowledge until the queue is empty."""
        async with ReliableQueue(self._client, QUEUE) as queue:
            while not work.is_done:
                if one_at_a_time:
                    async with queue.reserve(timeout=1) as job:
                        if job:
                            work.started(job.data)
                    work.finished()
                else:
                    async with queue.reserve_many(BATCH, timeout=1) as jobs:
                        for job in jobs:
                            work.started(job.data)
                    work.finished(len(jobs))


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Adapter]:
    """Yield the adapter, connected."""
    async with RedisClient(url) as client:
        yield Adapter(client)
