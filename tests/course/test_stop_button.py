"""The stop button: an interrupt ends a cell that waits, in every lesson, and nothing else ends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel
from tests.notebooks import rerun

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
LONGEST = 3.0
"""Seconds that a stop may take: ten times the longest of 160 with ten processes for two cores."""


class Kernel:
    """The kernel of a reader who has run the first cell of a lesson."""

    def __init__(self, lesson: Path) -> None:
        self.manager: KernelManager
        self.client: BlockingKernelClient
        self.manager, self.client = start_new_kernel(
            kernel_name="python3", cwd=str(lesson.parent), extra_arguments=["--log-level=ERROR"]
        )
        assert self.run(rerun.code_cells(rerun.read(lesson))[0].source) == "ok"

    def run(self, code: str) -> str:
        """Run a cell; return "ok", or the name of what it raised."""
        content = self.client.execute(code, reply=True, timeout=30)["content"]
        return str(content.get("ename") or content["status"])

    def stopped_after(self, code: str) -> float:
        """Interrupt a cell while it waits; return the seconds until it has ended."""
        return self.stopped(code)[0]

    def stopped(self, code: str) -> tuple[float, str]:
        """Interrupt a cell while it waits; return the seconds until it has ended, and its error."""
        # What is sent right after a failed cell would be aborted with it.
        cell = self.client.execute(f"print('running', flush=True)\n{code}", stop_on_error=False)
        while True:  # until it runs
            message = self.client.get_iopub_msg(timeout=30)
            if message["msg_type"] == "stream" and message["parent_header"]["msg_id"] == cell:
                break
        time.sleep(0.2)  # no readiness: what is stopped is a wait, and it has to have begun
        self.manager.interrupt_kernel()
        started = time.monotonic()
        while (reply := self.client.get_shell_msg(timeout=20))["parent_header"]["msg_id"] != cell:
            pass
        return time.monotonic() - started, "\n".join(reply["content"].get("traceback", ()))

    def end(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    started = Kernel(NOTEBOOKS[0])
    assert started.run("import asyncio") == "ok"
    yield started
    started.end()


@pytest.mark.parametrize(
    "waits",
    [
        "await asyncio.sleep(30)",
        "await asyncio.Event().wait()",
        "await client.get_from_queue('nothing', timeout=0)",
        "async for message in client.listen(await client.subscribe('nothing')):\n    pass",
        "async def report(client, detection):\n    await asyncio.Event().wait()\n"
        "await exercises.check('start.report', report)",
    ],
    ids=["sleep", "event", "queue", "channel", "exercise"],
)
def test_a_cell_that_waits_is_stopped_and_the_notebook_goes_on(kernel: Kernel, waits: str) -> None:
    assert kernel.stopped_after(waits) < LONGEST
    assert kernel.run("assert await client.set('key', 1, expire=1)") == "ok"


def test_a_cell_that_was_stopped_says_so_and_shows_its_own_line(kernel: Kernel) -> None:
    _, error = kernel.stopped("await client.get_from_queue('nothing', timeout=0)")
    assert error.endswith("\nYou stopped this cell.")
    assert "get_from_queue" in error
    assert ".py" not in error


def test_a_cell_that_awaits_what_was_cancelled_was_not_stopped(kernel: Kernel) -> None:
    code = "task = asyncio.create_task(asyncio.sleep(30))\ntask.cancel()\nawait task"
    reply = kernel.client.execute(code, reply=True, timeout=30)["content"]
    assert reply["ename"] == "CancelledError"
    assert "You stopped" not in "\n".join(reply["traceback"])


@pytest.mark.parametrize("lesson", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_wait_is_stopped_in_every_lesson(lesson: Path) -> None:
    reader = Kernel(lesson)
    try:
        assert reader.stopped_after("import asyncio\nawait asyncio.Event().wait()") < LONGEST
    finally:
        reader.end()
