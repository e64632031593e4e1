"""BullMQ, its Python package: lists and sets of jobs, a hash for each; scripts do every step."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bullmq import Queue, Worker

from bench.rivals.contestant import Job
from bench.rivals.work import WORK, Work

NAME = "bench"


async def nothing(job: Any, _token: str) -> None:
    """Do nothing."""
    WORK.started(job.data)


class Adapter:
    """By default, its worker has one job at a time."""

    def __init__(self, url: str, queue: Any) -> None:
        self._url = url
        self._queue = queue

    async def add(self, job: Job) -> None:
        """Enqueue one job."""
        await self._queue.add("nothing", job)

    async def add_many(self, jobs: list[Job]) -> None:
        """Enqueue many in one pipeline."""
        await self._queue.addBulk([{"name": "nothing", "data": job} for job in jobs])

    async def process(self, work: Work, *, one_at_a_time: bool) -> None:
        """Run a worker until all are finished; it removes them then."""
        options = {"connection": self._url, "removeOnComplete": True}
        worker = Worker(NAME, nothing, options)
        worker.on("completed", lambda *_: WORK.finished())
        await work.all_finished()
        await worker.close()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Adapter]:
    """Yield the adapter, connected."""
    queue = Queue(NAME, {"connection": url})
    try:
        yield Adapter(url, queue)
    finally:
        await queue.close()
