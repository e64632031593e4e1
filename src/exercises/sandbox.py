"""Run code in a child process: it can hang, exit or break things, and the notebook lives on.

The child is a fork of the notebook's kernel. So it has all that the reader has defined, and what it
does ends with it: to variables, tasks, connections, subscriptions, and to the interpreter itself.
"""

import asyncio
import ctypes
import json
import os
import resource
import signal
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil

Report = dict[str, Any]
Send = Callable[[Report], None]

MEMORY = 2 * 2**30
"""Bytes of memory that the child may take beyond what the kernel has."""
LONGEST_REPORT = 2**20
GRACE = 1.0
"""Seconds that what the child started has to end by itself, as a private server does."""


async def run(job: Callable[[Send], None], *, limit: float) -> Report | None:
    """Run `job` in a child process, and return what it sends; None if it ended without a report.

    Args:
        job: called in the child with a function that sends a report, something that JSON can hold.
            The child ends when the job returns.
        limit: seconds after which the child is killed, with every process that it started.

    Raises:
        TimeoutError: the child was killed, since its time was over.
    """
    reading, writing = Pipe(duplex=False)
    # Python 3.12 warns that a fork has no other threads. The child uses none of the kernel's.
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        keeper = os.fork()
    if keeper == 0:
        _be_the_keeper(job, writing, limit)
    writing.close()
    try:
        return await asyncio.to_thread(_collect, keeper, reading, limit)
    except asyncio.CancelledError:  # the reader's Interrupt
        _tell(keeper, signal.SIGTERM)
        raise


def _collect(keeper: int, reading: Connection, limit: float) -> Report | None:
    """Wait for the report; then make sure that the child has ended, and all that it started."""
    try:
        if not reading.poll(limit):
            raise TimeoutError
        with suppress(EOFError, OSError, ValueError):  # none was sent, or something else wrote
            report = json.loads(reading.recv_bytes(LONGEST_REPORT))
            return report if isinstance(report, dict) else None
        return None
    finally:
        reading.close()
        _tell(keeper, signal.SIGTERM)
        os.waitpid(keeper, 0)


def _be_the_keeper(job: Callable[[Send], None], writing: Connection, limit: float) -> None:
    """Start the child, wait for its end or the end of its time, and leave no process behind.

    On Linux, a process whose parent has ended becomes a child of the keeper. So the keeper finds
    them all, in whatever session they are. Elsewhere it finds those of the child's own group.
    """
    over: list[int] = []
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the notebook ends it
        signal.signal(signal.SIGTERM, lambda *_: over.append(1))
        _adopt_orphans()
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            _be_the_child(job, writing)
        writing.close()
        deadline = time.monotonic() + limit + GRACE  # should the notebook not be there to tell it
        while not over and time.monotonic() < deadline and not _ended(child):
            time.sleep(0.002)
        for kill in (os.killpg, os.kill):  # the second, should it not have come to its setsid()
            with suppress(ProcessLookupError, PermissionError):
                kill(child, signal.SIGKILL)
        _end_the_rest()
    finally:
        os._exit(0)  # no farther: the code behind this belongs to the notebook


def _adopt_orphans() -> None:
    with suppress(OSError, AttributeError):  # Linux has it, macOS has not
        set_child_subreaper = 36
        ctypes.CDLL(None).prctl(set_child_subreaper, 1, 0, 0, 0)


def _ended(child: int) -> bool:
    """Whether the child has ended; it stays a zombie, so that its number is nobody else's."""
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _end_the_rest() -> None:
    """Wait until every child of this process has ended; kill those that take too long."""
    deadline = time.monotonic() + GRACE
    with suppress(ChildProcessError):  # there is none any more
        while time.monotonic() < deadline + GRACE:
            if os.waitpid(-1, os.WNOHANG)[0]:
                continue
            if time.monotonic() > deadline:
                for child in psutil.Process().children():
                    _tell(child.pid, signal.SIGKILL)
            time.sleep(0.002)


def _tell(process: int, what: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(process, what)


def _be_the_child(job: Callable[[Send], None], writing: Connection) -> None:
    myself = os.getpid()

    def send(report: Report) -> None:
        if os.getpid() != myself:  # the answer has forked: its copy has nothing to say
            os._exit(0)
        writing.send_bytes(json.dumps(report).encode())

    try:
        os.setsid()  # so that it can be killed with all that it starts
        _limit_memory()
        _let_go_of_files(keep=writing.fileno())
        job(send)
    finally:
        os._exit(0)  # no farther: the code behind this belongs to the notebook


def _limit_memory() -> None:
    """Refuse this process more memory than MEMORY beyond what it has, where the system can."""
    with suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + MEMORY
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        if hard == resource.RLIM_INFINITY or most < hard:
            resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _let_go_of_files(keep: int) -> None:
    """Put /dev/null in the place of every open file that is shared with the notebook.

    Among them are the connections of the reader's own clients. A byte that the child sent there
    would end up in the middle of the notebook's conversation with the server.
    """
    nowhere = os.open(os.devnull, os.O_RDWR)
    for file in [int(entry.name) for entry in Path("/dev/fd").iterdir()]:
        if file not in (nowhere, keep):
            with suppress(OSError):
                os.dup2(nowhere, file, inheritable=False)
