"""Start a program that ends with this one, whatever ends this one."""

from __future__ import annotations

import os
import subprocess
import sys
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

SUPERVISOR = Path(__file__).with_name("supervisor.py")


_all: weakref.WeakSet[Supervised] = weakref.WeakSet()


class Supervised(subprocess.Popen[bytes]):
    """A program under a supervisor, which kills it when this process ends.

    This object is the supervisor; `read_program_pid()` tells the program. Its standard input is the
    sign of life that it watches: while this process holds the other end, the program runs. The
    program has a session of its own: an interrupt at the terminal does not reach it.

    Args:
        command: the program and its arguments.
        folder: a folder that is removed when this process ends or lets go; "" for none.
        output: where the program's output and errors go; by default a pipe, our `stderr`.
        environment: its variables; by default those of this process.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        folder: str = "",
        output: int | IO[bytes] = subprocess.PIPE,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(
            [sys.executable, "-I", "-S", SUPERVISOR, folder, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            env=environment,
            start_new_session=True,
        )
        _all.add(self)

    def read_program_pid(self) -> int | None:
        """Wait for the program's process id; None if the program could not be started."""
        assert self.stdout is not None
        first_line = self.stdout.readline()
        return int(first_line) if first_line else None

    def let_go(self) -> None:
        """Close our ends of the pipes: the supervisor kills the program, and ends."""
        for pipe in (self.stdin, self.stdout, self.stderr):
            if pipe:
                pipe.close()


def _let_go_of_copies() -> None:
    """In a forked child: a copy of the pipe held there would keep the program alive.

    The pipes are not closed but led nowhere: to close one takes its lock, and if a thread was
    reading from it when the process forked, that lock is held here for ever.
    """
    nowhere = os.open(os.devnull, os.O_RDWR)
    for supervised in _all:
        for pipe in (supervised.stdin, supervised.stdout, supervised.stderr):
            if pipe and not pipe.closed:
                os.dup2(nowhere, pipe.fileno(), inheritable=False)
    os.close(nowhere)


os.register_at_fork(after_in_child=_let_go_of_copies)
