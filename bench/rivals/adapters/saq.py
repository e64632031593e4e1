"""SAQ: a list of jobs, moved to a list of the active ones; a key for each job."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from saq import Queue, Worker

from bench.rivals.contestant import Job
from bench.rivals.work import WORK, Work


async def nothing(_context: Any, *, job: Job) -> None:
    """Do nothing."""
    WORK.started(job)


async def finished(_context: Any) -> None:
    """Be called when a job is finished in Redis, too."""
    WORK.finished()


class Adapter:
    """SAQ has no call that enqueues many: they go one after the other."""

    def __init__(self, queue: Any) -> None:
        self._queue = queue

    async def add(self, job: Job) -> None:
        """Enqueue one job, whose result is not kept."""
        await self._queue.enqueue("nothing", job=job, ttl=-1)

    async def add_many(self, jobs: list[Job]) -> None:
        """Enqueue one after the other."""
        for job in jobs:
            await self.add(job)

    async def process(self, work: Work, *, one_at_a_time: bool) -> None:
        """Run a worker until all are finished."""
        # A worker's first look for stuck jobs would take one that was taken just now for such.
        await self._queue.sweep()
        options = {"concurrency": 1} if one_at_a_time else {}
        worker = Worker(self._queue, [("nothing", nothing)], after_process=finished, **options)
        working = asyncio.create_task(worker.start())
        await work.all_finished()
        await worker.stop()
        await working


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Adapter]:
    """Yield the adapter, connected."""
    queue = Queue.from_url(url)
    await queue.connect()
    try:
        yield Adapter(queue)
    finally:
        await queue.disconnect()
