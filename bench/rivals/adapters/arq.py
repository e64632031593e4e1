"""arq: a sorted set of jobs, which the worker polls; keys for each job."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from arq import Worker, create_pool, func
from arq.connections import RedisSettings

from bench.rivals.contestant import Job
from bench.rivals.work import WORK, Work

POLL_DELAY = 0.001  # seconds; by default half a second, which would be most of the time


async def nothing(_context: Any, job: Job) -> None:
    """Do nothing."""
    WORK.started(job)


async def finished(_context: Any) -> None:
    """Be called when a job is finished in Redis, too."""
    WORK.finished()


class Adapter:
    """arq has no call that enqueues many: they go one after the other."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def add(self, job: Job) -> None:
        """Enqueue one job."""
        await self._pool.enqueue_job("nothing", job)

    async def add_many(self, jobs: list[Job]) -> None:
        """Enqueue one after the other."""
        for job in jobs:
            await self.add(job)

    async def process(self, work: Work, *, one_at_a_time: bool) -> None:
        """Run a worker in burst mode: it ends when the queue is empty."""
        options = {"max_jobs": 1} if one_at_a_time else {}
        worker = Worker(
            functions=[func(nothing, keep_result=0)],
            redis_pool=self._pool,
            burst=True,
            poll_delay=POLL_DELAY,
            after_job_end=finished,
            handle_signals=False,
            **options,
        )
        await worker.async_run()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Adapter]:
    """Yield the adapter, connected."""
    pool = await create_pool(RedisSettings.from_dsn(url))
    try:
        yield Adapter(pool)
    finally:
        await pool.aclose()
