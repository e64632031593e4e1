"""What all stages of the pipeline have in common: how they start, live through a fault, and end.

async with FileWatcher(client, "/export/foscam"):
    ...                                 # it works in the background, until the block ends
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from redis.exceptions import RedisError


@dataclass(frozen=True)
class Step:
    """One piece of work that a stage has done. Times are seconds since 1970."""

    subject: str
    """What it worked on: the path of a file, or the id of a batch."""
    started: float
    ended: float
    made: tuple[str, ...] = ()
    """The ids of what came out: detections, for the detector and the aggregator."""


class Stage:
    """A service that works in the background until it is stopped.

    A subclass says in `run` what it does. A Redis that is away for a while does not end it: it
    logs that, and begins `run` again until Redis is back.
    """

    name = "stage"

    def __init__(self, *, retry_after: float = 1.0) -> None:
        self.steps: deque[Step] = deque(maxlen=10_000)
        """The latest pieces of work, oldest first: where the time goes."""
        self.ready = asyncio.Event()
        """Set once the stage is at work."""
        self.log = logging.getLogger(f"backend.services.{self.name}")
        self._retry_after = retry_after
        self._task: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Do the work, until cancelled. Set `ready` as soon as nothing can be missed any more."""
        raise NotImplementedError

    def start(self) -> asyncio.Task[None]:
        """Begin to work. The task that is returned ends when the stage stops or fails."""
        if self._task and not self._task.done():
            raise RuntimeError(f"{self.name} already runs")
        self.ready.clear()
        self._task = asyncio.create_task(self.persist(self.run), name=self.name)
        return self._task

    async def stop(self) -> None:
        """Stop working. Raises the error with which the stage has failed, if it has."""
        if self._task:
            task, self._task = self._task, None
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled():
                task.result()

    async def __aenter__(self) -> Self:
        task = self.start()
        ready = asyncio.create_task(self.ready.wait())
        try:
            await asyncio.wait([task, ready], return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await self.stop()
            raise
        finally:
            ready.cancel()
        if task.done():
            await self.stop()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    async def persist(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do work that does not end by itself; begin it again whenever Redis fails."""
        while True:
            try:
                return await work()
            except RedisError as error:
                self.log.warning("Redis: %s; trying again in %g s", error, self._retry_after)
            await asyncio.sleep(self._retry_after)

    def record(self, subject: str, started: float, made: tuple[str, ...] = ()) -> None:
        """Note a piece of work that ends now and began at `started` (seconds since 1970)."""
        self.steps.append(Step(subject, started, time.time(), made))
