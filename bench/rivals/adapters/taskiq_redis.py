"""taskiq with taskiq-redis: a stream of jobs, with a consumer group."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from taskiq import TaskiqMiddleware
from taskiq.acks import AcknowledgeType
from taskiq.receiver import Receiver
from taskiq_redis import RedisStreamBroker

from bench.rivals.contestant import Job
from bench.rivals.work import WORK, Work

CONCURRENCY = 100  # the default of `taskiq worker`


async def nothing(job: Job) -> None:
    """Do nothing."""
    WORK.started(job)


class Finished(TaskiqMiddleware):  # type: ignore[misc]
    """Is called when a job has been executed and acknowledged: no result is to be saved."""

    def post_execute(self, message: Any, result: Any) -> None:
        """Note that a job is finished."""
        WORK.finished()


class Adapter:
    """taskiq has no call that enqueues many: they go one after the other."""

    def __init__(self, broker: Any) -> None:
        self._broker = broker
        self._task = broker.register_task(nothing, "nothing")

    async def add(self, job: Job) -> None:
        """Enqueue one job."""
        await self._task.kiq(job)

    async def add_many(self, jobs: list[Job]) -> None:
        """Enqueue one after the other."""
        for job in jobs:
            await self.add(job)

    async def process(self, work: Work, *, one_at_a_time: bool) -> None:
        """Run a receiver, which is what a worker process runs, for as many jobs as there are."""
        await self._broker.startup()  # makes the consumer group
        with ThreadPoolExecutor() as threads:
            receiver = Receiver(
                self._broker,
                threads,
                max_tasks_to_execute=work.count,
                max_async_tasks=1 if one_at_a_time else CONCURRENCY,
                ack_type=AcknowledgeType.WHEN_EXECUTED,
                run_startup=False,
            )
            await receiver.listen(asyncio.Event())


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Adapter]:
    """Yield the adapter, connected."""
    broker = RedisStreamBroker(url, consumer_id="0").with_middlewares(Finished())
    broker.is_worker_process = True
    try:
        yield Adapter(broker)
    finally:
        await broker.shutdown()
