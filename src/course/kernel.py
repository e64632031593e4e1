"""What `start` and `finish` need of the notebook's kernel: its tasks, its tracebacks, its stop."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

_KERNEL = ("ipykernel", "IPython", "tornado", "zmq", "jupyter_client")
"""Packages whose tasks belong to the notebook's machinery; the task that runs a cell is one."""
_OURS = str(Path(__file__).parents[1])  # src/, with backend and course
CLEANED_UP = (
    "This notebook has cleaned up: run the first cell again, then the cells down to this one."
)
STOPPED = "You stopped this cell."


def unseen_tasks() -> list[str]:
    """Describe, one sentence each, the tasks of this process that still run or failed unseen.

    Not counted are the task that asks, and those of the notebook's own machinery.
    """
    # All there are: `asyncio.all_tasks()` leaves out those that have ended. And type(), for among
    # all objects there are proxies that object to being asked.
    tasks: list[asyncio.Task[Any]] = [
        thing
        for thing in gc.get_objects()
        if hasattr(type(thing), "_asyncio_future_blocking") and hasattr(type(thing), "get_coro")
    ]
    asking = asyncio.current_task()
    ours = [task for task in tasks if task is not asking and not _is_machinery(task)]
    return sorted(filter(None, map(_what_is_wrong_with, ours)))


def _is_machinery(task: asyncio.Task[Any]) -> bool:
    coroutine = task.get_coro()
    code = getattr(coroutine, "cr_code", None) or getattr(coroutine, "gi_code", None)
    folders = [f for name in _KERNEL if name in sys.modules for f in sys.modules[name].__path__]
    return code is not None and code.co_filename.startswith(tuple(folders))


def _what_is_wrong_with(task: asyncio.Task[Any]) -> str | None:
    coroutine = task.get_coro()
    what = getattr(coroutine, "__qualname__", None) or type(coroutine).__name__
    name = f"The task {task.get_name()!r} ({what})"
    if not task.done():
        return f"{name} still runs: cancel it and await it."
    # asyncio's own mark for "has an exception that nobody asked for". Both attributes are private;
    # the public task.exception() would count as having seen it.
    if not task._log_traceback:
        return None
    error = task._exception
    return f"{name} failed and nobody awaited it: {type(error).__name__}: {error}"


def prepare() -> None:
    """From now on, tracebacks are short, and the stop button ends a cell that waits at once.

    ipykernel leaves an interrupt to the event loop, and a loop that waits does not look (issue 881
    of ipython/ipykernel). Any signal wakes a loop that has a handler for one of them, so it gets
    one that does nothing, for a signal that nobody sends.
    """
    shorten_tracebacks()
    with suppress(RuntimeError, ValueError):  # a script: no loop, or not in the main thread
        asyncio.get_running_loop().add_signal_handler(signal.SIGURG, lambda: None)


def shorten_tracebacks(*, note: str = "") -> None:
    """From now on, leave the frames of libraries out of what the notebook shows of an error.

    Of a cell that was stopped, its own lines are shown: it is where it waited that counts.

    Args:
        note: a sentence to put below each error.
    """
    if "IPython" not in sys.modules:
        return
    from IPython import get_ipython

    def show(shell: Any, kind: Any, error: BaseException, *_: Any, **__: Any) -> None:
        if note:
            error.add_note(note)
        keep = _is_ours
        task = asyncio.current_task() if kind is asyncio.CancelledError else None
        if task and task.cancelling():  # the cell itself, by the stop button; not what it awaits
            error.add_note(STOPPED)
            keep = _is_in_a_cell
        for each in _chain(error):
            each.__traceback__ = _with_frames(each.__traceback__, keep)
        shell.showtraceback((kind, error, error.__traceback__), tb_offset=0)

    if shell := get_ipython():
        shell.colors = "nocolor"  # JupyterLab puts a traceback on red, where no colour can be read
        shell.set_custom_exc((Exception, asyncio.CancelledError), show)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what led to it."""
    while error:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _with_frames(
    traceback: TracebackType | None, keep: Callable[[FrameType], bool]
) -> TracebackType | None:
    """Return the traceback with these frames alone; with the innermost one if there are none."""
    links = []
    while traceback:
        links.append(traceback)
        traceback = traceback.tb_next
    kept = [link for link in links if keep(link.tb_frame)] or links[-1:]
    for link in reversed(kept):
        traceback = TracebackType(traceback, link.tb_frame, link.tb_lasti, link.tb_lineno)
    return traceback


def _is_in_a_cell(frame: FrameType) -> bool:
    return frame.f_globals.get("__name__") == "__main__"


def _is_ours(frame: FrameType) -> bool:
    return _is_in_a_cell(frame) or frame.f_code.co_filename.startswith(_OURS)
