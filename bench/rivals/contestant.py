"""The process of one library: it does a step when a line asks for it, and says what that cost.

    python -m bench.rivals.contestant saq redis://127.0.0.1:6379/0

Only the library and Python's own modules are here: this runs in the library's environment.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import importlib
import json
import logging
import sys
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from bench.rivals.work import WORK, Moment, Work

DEADLINE = 300  # seconds for a step; then the process says where it hangs, and ends

Job = dict[str, Any]


class Adapter(Protocol):
    """How one library does the steps."""

    async def add(self, job: Job) -> None:
        """Enqueue one job."""

    async def add_many(self, jobs: list[Job]) -> None:
        """Enqueue many jobs, in the best way that the library has."""

    async def process(self, work: Work, *, one_at_a_time: bool) -> None:
        """Process all jobs, then end: by default, as many at once as the library does."""


def adapter(library: str, url: str) -> AbstractAsyncContextManager[Adapter]:
    """Return the library's adapter, to be entered."""
    opened = importlib.import_module(f"bench.rivals.adapters.{library}").opened
    return opened(url)


async def step(adapter: Adapter, name: str, job: Job, count: int) -> dict[str, float]:
    """Do one step, and return what it cost: seconds that passed, seconds of CPU."""
    if name.startswith("process"):
        WORK.expect(job, count)
        await adapter.process(WORK, one_at_a_time=name == "process_one")
        return WORK.cost()
    began = Moment.now()
    if name == "add_many":
        await adapter.add_many([job] * count)
    else:
        for _ in range(count):
            await adapter.add(job)
    return Moment.now().since(began)


async def main(library: str, url: str) -> None:
    """Answer each line of the input with a line. The event loop stands still in between."""
    logging.disable(logging.WARNING)  # some log each job
    answers = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        async with adapter(library, url) as entered:
            for line in sys.stdin:
                # Some swallow a cancellation, and one knows no asyncio: this ends them all.
                faulthandler.dump_traceback_later(DEADLINE, exit=True)
                cost = await step(entered, **json.loads(line))
                faulthandler.cancel_dump_traceback_later()
                print(json.dumps(cost), file=answers, flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
