"""Find the asyncio tasks that a lesson forgot: still running, or failed with nobody looking."""

from __future__ import annotations

import asyncio
import gc
import sys
from typing import Any

_KERNEL = ("ipykernel", "IPython", "tornado", "zmq", "jupyter_client")
"""Packages whose tasks belong to the notebook's machinery; the task that runs a cell is one."""


def unseen() -> list[str]:
    """Describe, one sentence each, the tasks of this process that still run or failed unseen.

    Not counted are the task that asks, and those of the notebook's own machinery. A task counts as
    seen when it was awaited, or when its `exception()` or `result()` was asked for.
    """
    return sorted(
        sentence
        for task in _all_tasks()
        if not _is_machinery(task) and (sentence := _describe(task)) is not None
    )


def _all_tasks() -> list[asyncio.Task[Any]]:
    """Every task there is. `asyncio.all_tasks()` leaves out those that have ended."""
    # type() and not isinstance(): among all objects there are proxies that object to being asked.
    return [
        thing
        for thing in gc.get_objects()
        if hasattr(type(thing), "_asyncio_future_blocking") and hasattr(type(thing), "get_coro")
    ]


def _describe(task: asyncio.Task[Any]) -> str | None:
    name = f"The task {task.get_name()!r} ({_coroutine_name(task)})"
    if not task.done():
        return None if task is _current_task() else f"{name} still runs: cancel it and await it."
    # asyncio's own mark for "has an exception that nobody asked for". Both attributes are private;
    # the public task.exception() would count as having seen it.
    if not task._log_traceback:
        return None
    error = task._exception
    return f"{name} failed and nobody awaited it: {type(error).__name__}: {error}"


def _current_task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:  # no event loop runs here
        return None


def _coroutine_name(task: asyncio.Task[Any]) -> str:
    coroutine = task.get_coro()
    return getattr(coroutine, "__qualname__", None) or type(coroutine).__name__


def _is_machinery(task: asyncio.Task[Any]) -> bool:
    coroutine = task.get_coro()
    code = getattr(coroutine, "cr_code", None) or getattr(coroutine, "gi_code", None)
    folders = [f for name in _KERNEL if name in sys.modules for f in sys.modules[name].__path__]
    return code is not None and code.co_filename.startswith(tuple(folders))
