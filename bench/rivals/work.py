"""The jobs of one step, as the process that handles them sees them."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Moment:
    """A point of time, by two clocks, in seconds."""

    passed: float
    cpu: float

    @staticmethod
    def now() -> Moment:
        """Return this moment, with the CPU time of this process until now."""
        return Moment(time.perf_counter(), time.process_time())

    def since(self, earlier: Moment) -> dict[str, float]:
        """Return what went by in between, for the answer to the contest."""
        return {"passed": self.passed - earlier.passed, "cpu": self.cpu - earlier.cpu}


class Work:
    """Notes when the first job starts and when the last is finished."""

    def expect(self, job: dict[str, Any], count: int) -> None:
        """Begin anew: so many jobs like this one will come."""
        self.count = count
        self._job, self._left, self._to_start = job, count, count
        self._first: Moment | None = None
        self._last: Moment | None = None
        self._wrong: object = None
        self._all_finished = asyncio.Event()

    def started(self, job: object) -> None:
        """Note that a job starts. Each job calls this, and does nothing else."""
        self._first = self._first or Moment.now()
        self._to_start -= 1
        if job != self._job:
            self._wrong = job

    def finished(self, jobs: int = 1) -> None:
        """Note that the library is done with a job, or with so many."""
        self._left -= jobs
        if self._left <= 0:
            self._last = Moment.now()
            self._all_finished.set()

    @property
    def is_done(self) -> bool:
        """Whether the last job is finished."""
        return self._all_finished.is_set()

    async def all_finished(self) -> None:
        """Wait until the last job is finished."""
        await self._all_finished.wait()

    def cost(self) -> dict[str, float]:
        """Return what went by from the start of the first job to the end of the last.

        Raises:
            RuntimeError: not every job has come, each once, and as it was enqueued.
        """
        if self._wrong or self._to_start or self._left or not (self._first and self._last):
            raise RuntimeError(
                f"jobs that never started: {self._to_start}, that never ended: {self._left}, "
                f"that came changed: {self._wrong}"
            )
        return self._last.since(self._first)


WORK = Work()
"""What the jobs of this process call. It is global, since rq finds a job's function by its name."""
