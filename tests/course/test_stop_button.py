"""The stop button: an interrupt ends a cell that waits, in every lesson, and nothing else ends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel
from tests.notebooks import rerun
from tests.support import THOROUGH, a_part

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
LONGEST = 3.0
"""Seconds that a stop may take: ten times the longest of 160 with ten processes for two cores."""
UNPREPARED = """
import asyncio, signal
loop = asyncio.get_running_loop()
loop.remove_signal_handler(signal.SIGURG)
for timer in loop._scheduled:
    timer.cancel()
"""
"""What leaves nothing of an earlier lesson that wakes the loop: `prepare`, a connection's timer."""


class Kernel:
    """The kernel of a reader who has run the first cell of a lesson."""

    def __init__(self, lesson: Path) -> None:
        self.manager: KernelManager
        self.client: BlockingKernelClient
        self.manager, self.client = start_new_kernel(
            kernel_name="python3", cwd=str(lesson.parent), extra_arguments=["--log-level=ERROR"]
        )
        self.begin(lesson)

    def begin(self, lesson: Path) -> None:
        """Run the first cell of a lesson."""
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
    assert started.run("1 / 0") == "ZeroDivisionError"  # the first error imports what draws it
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


@pytest.fixture(scope="module")
def kernel_of_lessons() -> Iterator[Kernel]:
    """One for all lessons, in which nothing but their first cells has run."""
    started = Kernel(NOTEBOOKS[0])
    assert started.run("1 / 0") == "ZeroDivisionError"
    yield started
    started.end()


@pytest.fixture
def unprepared(kernel_of_lessons: Kernel) -> Kernel:
    """That kernel, with a stop button that is of as little use as a new kernel's."""
    assert kernel_of_lessons.run(UNPREPARED) == "ok"
    return kernel_of_lessons


@THOROUGH
def test_without_a_lesson_a_wait_is_not_stopped(unprepared: Kernel) -> None:
    """Twice: a client that has connected wakes the loop once, after five seconds."""
    took = [unprepared.stopped_after("import asyncio\nawait asyncio.sleep(3)") for _ in range(2)]
    assert max(took) > 1.0


@pytest.mark.parametrize("lesson", a_part(NOTEBOOKS[:1], of=NOTEBOOKS), ids=lambda path: path.stem)
def test_a_wait_is_stopped_in_every_lesson(unprepared: Kernel, lesson: Path) -> None:
    unprepared.begin(lesson)
    assert unprepared.stopped_after("import asyncio\nawait asyncio.Event().wait()") < LONGEST
