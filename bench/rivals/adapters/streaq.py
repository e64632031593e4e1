"""streaQ: a stream of jobs, with a consumer group; a key for each job."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from streaq import Worker

from bench.rivals.contestant import Job
from bench.rivals.work import WORK, Work


async def nothing(job: Job) -> None:
    """Do nothing."""
    WORK.started(job)


class Adapter:
    """A worker enqueues; another one, which is made anew each time, processes."""

    def __init__(self, url: str, producer: Any, task: Any) -> None:
        self._url = url
        self._producer = producer
        self._task = task

    async def add(self, job: Job) -> None:
        """Enqueue one job."""
        await self._task.enqueue(job)

    async def add_many(self, jobs: list[Job]) -> None:
        """Enqueue many in one pipeline."""
        await self._producer.enqueue_many([self._task.enqueue(job) for job in jobs])

    async def process(self, work: Work, *, one_at_a_time: bool) -> None:
        """Run a worker in burst mode: it ends when the queue is empty."""
        worker, _ = _worker(self._url, **({"concurrency": 1} if one_at_a_time else {}))
        worker.burst = True
        await worker.run_async()
        work.finished(work.count)


def _worker(url: str, **options: Any) -> tuple[Any, Any]:
    """Return a worker that knows the task, and the task, whose result is not kept."""
    worker = Worker(url, handle_signals=False, **options)
    return worker, worker.task(name="nothing", ttl=0)(nothing)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Adapter]:
    """Yield the adapter, connected."""
    producer, task = _worker(url)
    async with producer:
        yield Adapter(url, producer, task)
