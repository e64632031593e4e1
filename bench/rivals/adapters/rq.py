"""RQ: a list of jobs; a hash for each job, and sets of the started and the finished ones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from redis import Redis
from rq import Queue, SimpleWorker

from bench.rivals.contestant import Job
from bench.rivals.work import WORK, Work


def nothing(job: Job) -> None:
    """Do nothing."""
    WORK.started(job)


class Adapter:
    """RQ knows no asyncio, and works on one job at a time."""

    def __init__(self, redis: Any) -> None:
        self._redis = redis
        self._queue = Queue(connection=redis)

    async def add(self, job: Job) -> None:
        """Enqueue one job, whose result is not kept."""
        self._queue.enqueue(nothing, job, result_ttl=0)

    async def add_many(self, jobs: list[Job]) -> None:
        """Enqueue many in one pipeline."""
        prepare = self._queue.prepare_data
        self._queue.enqueue_many([prepare(nothing, (job,), result_ttl=0) for job in jobs])

    async def process(self, work: Work, *, one_at_a_time: bool) -> None:
        """Run a worker in burst mode: it ends when the queue is empty."""
        SimpleWorker([self._queue], connection=self._redis).work(burst=True, logging_level="ERROR")
        work.finished(work.count)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Adapter]:
    """Yield the adapter, connected."""
    with Redis.from_url(url) as redis:
        yield Adapter(redis)
