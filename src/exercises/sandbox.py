"""Run code in a child process: it can hang, exit or break things, and the notebook lives on.

The child is a fork of the notebook's kernel. So it has all that the reader has defined, and what it
does ends with it: to variables, tasks, connections, subscriptions, and to the interpreter itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import selectors
import signal
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

Report = dict[str, Any]
Send = Callable[[Report], None]


async def run(job: Callable[[Send], None], *, limit: float) -> Report | None:
    """Run `job` in a child process, and return what it sends.

    Args:
        job: called in the child with a function that sends a report, something that JSON can hold.
            The child ends when the job returns.
        limit: seconds after which the child is killed, with every process that it started.

    Returns:
        The report; None if the child ended, or was killed, without one.
    """
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Python 3.12 warns that a fork has no other threads. The child uses none of the kernel's.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        _be_the_child(job, writing)
    os.close(writing)
    try:
        answer = await asyncio.to_thread(_collect, child, reading, limit)
    except BaseException:  # also the reader's Interrupt
        _kill(child)
        raise
    return json.loads(answer) if answer.endswith(b"\n") else None


def _be_the_child(job: Callable[[Send], None], writing: int) -> None:
    def send(report: Report) -> None:
        message = json.dumps(report).encode() + b"\n"
        while message:
            message = message[os.write(writing, message) :]

    try:
        os.setsid()  # so that it can be killed with all that it starts
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the notebook ends it
        _let_go_of_files(keep=writing)
        job(send)
    finally:
        os._exit(0)  # no farther: the code behind this belongs to the notebook


def _let_go_of_files(keep: int) -> None:
    """Put /dev/null in the place of every open file that is shared with the notebook.

    Among them are the connections of the reader's own clients. A byte that the child sent there
    would end up in the middle of the notebook's conversation with the server.
    """
    nowhere = os.open(os.devnull, os.O_RDWR)
    for file in [int(entry.name) for entry in Path("/dev/fd").iterdir()]:
        if file not in (nowhere, keep):
            with contextlib.suppress(OSError):
                os.dup2(nowhere, file, inheritable=False)


def _collect(child: int, reading: int, limit: float) -> bytes:
    """Read until the child ends or its time is over; then make sure that it has ended."""
    answer, deadline = b"", time.monotonic() + limit
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(reading, selectors.EVENT_READ)
            while selector.select(max(0, deadline - time.monotonic())):
                if not (piece := os.read(reading, 65536)):
                    break
                answer += piece
    finally:
        os.close(reading)
        _kill(child)
        os.waitpid(child, 0)
    return answer


def _kill(child: int) -> None:
    for kill in (os.killpg, os.kill):  # the second, should it not have come as far as setsid()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(child, signal.SIGKILL)
