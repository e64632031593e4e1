"""A consumer in a process of its own: to kill, to pause, and to ask how far it is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any, Self

from backend.examples.pop_or_reserve import Mode, Options
from course.waiting import until
from private_redis import Supervised

PROGRAM = ("-m", "backend.examples.consumer")


class Consumer:
    """A consumer in a process of its own. `Round.start_consumer` makes it.

    Attributes:
        name: its name.
        pid: the id of its process.
        taken: what it has taken from the queue, in order: the `id` of each item.
        handled: what it has done its work on, in order. (In mode "reserve" it acknowledges then.)
        log: what it has logged, line by line.
    """

    def __init__(
        self, url: str, mode: Mode, options: Options, *, program: Sequence[str] = PROGRAM
    ) -> None:
        self.name = options.name
        self._reports: dict[str, list[Any]] = {
            what: [] for what in ("ready", "taken", "handled", "failed")
        }
        self.taken, self.handled = self._reports["taken"], self._reports["handled"]
        self.log: list[str] = []
        self._supervisor = Supervised(
            [sys.executable, *program, mode, json.dumps(asdict(options))],
            environment={**os.environ, "REDIS_URL": url},
        )
        self.pid = self._supervisor.read_program_pid() or 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def alive(self) -> bool:
        """Whether its process exists; a paused one is alive."""
        return self._supervisor.poll() is None

    @property
    def in_hand(self) -> list[Any]:
        """The id of the item that it is at work on, in a list; empty when there is none."""
        ended = len(self.handled) + len(self._reports["failed"])
        return self.taken[-1:] if self.alive and len(self.taken) > ended else []

    async def started(self) -> Self:
        """Wait until it is connected and takes items; return it. If it is not, it is killed."""
        ready = self._reports["ready"]
        try:
            await self._until(lambda: bool(ready), 15.0, lambda: "is not connected")
        except BaseException:
            self.kill()
            raise
        return self

    async def has_handled(self, count: int, timeout: float = 20.0) -> None:
        """Wait until it has handled so many items in all.

        Raises:
            TimeoutError: it has not, within `timeout` seconds; the message says how far it came.
        """
        await self._until(
            lambda: len(self.handled) >= count,
            timeout,
            lambda: f"has handled {len(self.handled)} of {count} items",
        )

    async def holds_item(self, timeout: float = 20.0) -> Any:
        """Wait until it is at work on an item; return the item's id."""
        await self._until(lambda: bool(self.in_hand), timeout, lambda: "holds no item")
        return self.taken[-1]

    def kill(self) -> None:
        """Kill it (SIGKILL), as a crash would. Afterwards `taken` and `handled` are complete."""
        self._send(signal.SIGKILL)
        self._wait()

    def stop(self) -> None:
        """Ask it to end (SIGTERM) and wait: it finishes the item that it is at work on."""
        self.resume()
        self._send(signal.SIGTERM)
        self._wait()

    def pause(self) -> None:
        """Make it hang (SIGSTOP): it holds what it holds, and gives no sign of life."""
        self._send(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after `pause()`."""
        self._send(signal.SIGCONT)

    def _send(self, what: signal.Signals) -> None:
        if self.alive:
            with suppress(ProcessLookupError):
                os.kill(self.pid, what)

    def _read(self) -> None:
        assert self._supervisor.stderr
        for line in self._supervisor.stderr:
            try:
                ((what, value),) = json.loads(line).items()
                self._reports[what].append(value)
            except (ValueError, AttributeError, KeyError):  # it is no report
                self.log.append(line.decode(errors="replace").rstrip())

    def _wait(self, timeout: float = 20.0) -> None:
        try:
            self._supervisor.wait(timeout)
        except subprocess.TimeoutExpired:
            raise TimeoutError(
                f"The consumer {self.name} did not end within {timeout:g} s. "
                f"Call kill(). The end of its log: {self.log[-3:]}"
            ) from None
        self._reader.join(timeout)
        self._supervisor.let_go()

    async def _until(
        self, condition: Callable[[], bool], timeout: float, state: Callable[[], str]
    ) -> None:
        def holds() -> bool:
            if not (holds := condition()) and not (self.alive or self._reader.is_alive()):
                raise TimeoutError(f"{problem()} Its process has ended.")
            return holds

        def problem() -> str:
            return f"The consumer {self.name} {state()}. The end of its log: {self.log[-3:]}"

        await until(holds, within=timeout, otherwise=problem)
