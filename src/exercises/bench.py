"""The bench on which a check tries an answer: clients, a server to break, and a deadline."""

from __future__ import annotations

import asyncio
import inspect
import io
import linecache
import os
import re
import signal
import sys
import traceback
import warnings
from collections.abc import Awaitable, Callable, Iterator
from types import FrameType
from typing import Any

from backend.core.redis import RedisClient
from course.session import CourseRedis
from exercises import sandbox
from exercises.catalogue import Exercise
from exercises.verdict import NotYet, Verdict
from private_redis import PrivateServer

FOR_EVERYBODY = {
    "ACL", "CONFIG", "DEBUG", "FAILOVER", "FLUSHALL", "FLUSHDB", "REPLICAOF", "SHUTDOWN", "SWAPDB",
}  # fmt: skip
"""Commands that change the whole server; an exercise never needs them."""
LIMIT = 20.0
"""Seconds that a whole check may take."""
MOST_OUTPUT = 2000
"""Characters of what an answer prints that are shown."""

# Hints for mistakes that can be made in every exercise.
FORGOT_AWAIT = (
    "A call that talks to the server needs `await` in front of it. Without it, nothing is sent: "
    "you hold a coroutine, a call that has not begun."
)
TOO_LONG = "Look at the line where it was. What is it waiting for, and will that ever come?"
RAISED = "Read the error, then the line that it names. Try that line in a cell of its own."
EXITED = (
    "Your code ends the program. A function returns its result, or raises; whether the program "
    "goes on is not for it to decide."
)
FOR_ALL = (
    "This command reaches beyond your own keys, to everybody's on this server. It was not sent. "
    "Name the keys that you mean."
)
NOT_YOURS = "Other parts of the system keep their keys on this server too. Name those you remove."
OTHER_CLIENT = (
    "Use the client that your function is given. The notebook's own `client` is not connected here."
)
WRONG_PARAMETERS = "Leave the function's name and its parameters as they were in the cell."

BYSTANDERS = ("camera:somebody_elses:status", "batch:somebody_elses:current")
"""Keys that no answer has any business with."""


class BenchClient(RedisClient):
    """The client that an answer is given: keeps a record, and sends nothing that hits others."""

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(url, **options)
        self.sent: list[tuple[Any, ...]] = []
        """The commands that were sent, in order."""
        self.refused: list[str] = []
        """The commands for everybody that it did not send."""
        self.after_each: Callable[[str], Awaitable[None]] | None = None
        """Awaited with a command's name after each one, before the answer's code goes on."""

    async def call(self, *command: Any, **options: Any) -> Any:
        """Send a command, as the real client does."""
        name = str(command[0]).upper()
        if name in FOR_EVERYBODY:
            self.refused.append(name)
            raise PermissionError(f"{name} is not for an exercise: it changes the whole server.")
        self.sent.append(command)
        reply = await super().call(*command, **options)
        if self.after_each:
            await self.after_each(name)
        return reply


class Bench:
    """What a check works with. Everything on it is gone when the check has ended."""

    def __init__(self, url: str, namespace: str, answers: tuple[Any, ...]) -> None:
        self.client = BenchClient(url, namespace=namespace)
        """For the answer: connected, in a namespace that is empty but for bystanders."""
        self.redis = RedisClient(url, namespace=namespace)
        """For the check: a second client in the same namespace."""
        self.clients = [self.client]
        self.situation = ""
        self.deadline = f"{LIMIT:g} s"
        self._notebooks = [a.__globals__ for a in answers if inspect.isfunction(a)]
        self._running: Any = None
        self._hint = TOO_LONG
        self._forgotten: list[str] = []

    async def set_up(self) -> None:
        """Connect the clients and put the bystanders in their place."""
        await self.client.connect()
        await self.redis.connect()
        for key in BYSTANDERS:
            await self.redis.set(key, "not yours")
        for values in self._notebooks:
            for value in values.values():
                if isinstance(value, RedisClient):  # its connections belong to the notebook
                    value.forget_connections()

    async def server(self, *, timeout: float = 1.0) -> tuple[PrivateServer, BenchClient]:
        """Start a server of its own to stop, pause or slow down, and connect a client to it.

        Args:
            timeout: seconds that the client gives that server for an answer.
        """
        server = PrivateServer().start()
        client = BenchClient(server.url, timeout=timeout)
        await client.connect()
        self.clients.append(client)
        return server, client

    async def run(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        when: str,
        within: float = 3.0,
        too_long: str = TOO_LONG,
        raised: str = RAISED,
    ) -> Any:
        """Call the reader's function and return what it returns.

        Args:
            function: the answer, `async def` or not.
            arguments: what it is called with.
            when: the situation, for the verdict: "the queue is empty".
            within: seconds that it may take.
            too_long: the hint for one that takes longer.
            raised: the hint for one that raises.

        Raises:
            NotYet: it raised, took too long, ended the program, sent a command for everybody,
                removed keys of others, or forgot an `await`.
        """
        name = getattr(function, "__name__", "It")
        self.situation = f"`{name}()` was called when {when}."
        try:
            inspect.signature(function).bind(*arguments)
        except TypeError as error:
            raise NotYet(
                WRONG_PARAMETERS,
                expected=f"a function that takes {len(arguments)} arguments",
                came=str(error),
            ) from None
        self._hint, self.deadline, self._forgotten = too_long, f"{within:g} s", []
        signal.setitimer(signal.ITIMER_REAL, within)
        try:
            result = function(*arguments)
            if inspect.isawaitable(result):
                self._running = result
                result = await result
        except SystemExit:
            raise NotYet(EXITED, expected="a result", came="the end of the program") from None
        except (Exception, asyncio.CancelledError) as error:
            self._look_around(error)
            raise self._raised(error, raised) from None
        finally:
            signal.setitimer(signal.ITIMER_REAL, LIMIT)
            self._running, self.deadline = None, f"{LIMIT:g} s"
        self._look_around(result)
        if await self.redis.exists(*BYSTANDERS) < len(BYSTANDERS):
            raise NotYet(NOT_YOURS, expected="other keys stay", came="other keys are gone")
        return result

    def _look_around(self, outcome: object) -> None:
        """Notice what can go wrong beside the result."""
        if refused := [name for client in self.clients for name in client.refused]:
            raise NotYet(FOR_ALL, expected="other keys stay", came=f"it sent {refused[0]}")
        coroutines = [*self._forgotten]
        for thing in outcome if isinstance(outcome, list | tuple) else [outcome]:
            if inspect.isawaitable(thing):
                coroutines.append(getattr(thing, "__qualname__", ""))
        if isinstance(outcome, Exception) and "coroutine" in str(outcome):
            coroutines.append("")
        if coroutines:
            name = coroutines[0].rpartition(".")[2]
            what = f"`{name}()` was called" if name else "something was called"
            raise NotYet(
                FORGOT_AWAIT, expected="every call awaited", came=f"{what} and not awaited"
            )

    def _raised(self, error: BaseException, hint: str) -> NotYet:
        where = ""
        for frame, line in traceback.walk_tb(error.__traceback__):
            if self._is_the_readers(frame):
                where = f", in {_line(frame, line)}"
        if isinstance(error, RuntimeError) and "not connected" in str(error):
            hint = OTHER_CLIENT
        said = f": {error}" if str(error) else ""
        came = f"{type(error).__name__}{said}{where}"
        return NotYet(hint, expected="a result, no exception", came=came)

    def too_long(self, frame: FrameType | None) -> NotYet:
        """Return the verdict for an answer whose time is over, and say in which line it was."""
        where = ""
        while frame and not where:
            if self._is_the_readers(frame):
                where = f", in {_line(frame, frame.f_lineno)}"
            frame = frame.f_back
        for waiting in [] if where else _chain(self._running):  # it waits: it is on no stack
            if self._is_the_readers(waiting):
                where = f", in {_line(waiting, waiting.f_lineno)}"
        return NotYet(
            self._hint,
            expected=f"an end within {self.deadline}",
            came=f"it took longer than {self.deadline}{where}",
        )

    def notice(self, message: Warning | str, *_: Any, **__: Any) -> None:
        """Take note of Python's warning that a coroutine was never awaited."""
        if found := re.match(r"coroutine '(.+)' was never awaited", str(message)):
            self._forgotten.append(found[1])

    def _is_the_readers(self, frame: FrameType) -> bool:
        return any(frame.f_globals is values for values in self._notebooks)


def _chain(coroutine: Any) -> Iterator[FrameType]:
    """Yield the frames of a coroutine that waits: its own, then of what it awaits, and so on."""
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "ag_frame", None)
        if frame:
            yield frame
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "ag_await", None)


def _line(frame: FrameType, number: int) -> str:
    text = linecache.getline(frame.f_code.co_filename, number).strip()
    return f"line {number} of your cell: `{text}`" if text else f"line {number} of your cell"


# --- In the child ---------------------------------------------------------------------------------


async def judge(exercise: Exercise, answers: tuple[Any, ...], scratch: CourseRedis) -> Verdict:
    """Try the answers on a bench, in a child process, and return the verdict.

    What the answers print is printed here.
    """

    def job(send: sandbox.Send) -> None:
        _try(exercise, answers, scratch, send)

    report = await sandbox.run(job, limit=LIMIT + 2)
    if report is None:
        report = _report(NotYet(EXITED, expected="a result", came="the end of the process"), "")
    print(report["printed"], end="")
    if report["broken"]:
        raise RuntimeError(f"The check itself failed:\n{report['broken']}")
    if report["details"]:
        return Verdict("not yet", report["said"], tuple(map(tuple, report["details"])))
    return Verdict("right", f"In production: {exercise.why}")


def _try(
    exercise: Exercise, answers: tuple[Any, ...], scratch: CourseRedis, send: sandbox.Send
) -> None:
    sys.stdout = sys.stderr = printed = io.StringIO()
    bench = Bench(scratch.url, scratch.namespace, answers)
    warnings.resetwarnings()
    warnings.simplefilter("always")
    warnings.showwarning = bench.notice

    def end(verdict: NotYet | None, broken: str = "") -> None:
        text = printed.getvalue()[-MOST_OUTPUT:]
        send(_report(verdict, text, bench.situation, broken))
        os._exit(0)

    # When the time is over, the process ends here and now, whatever the answer catches or ignores.
    signal.signal(signal.SIGALRM, lambda _, frame: end(bench.too_long(frame)))
    signal.setitimer(signal.ITIMER_REAL, LIMIT)

    async def check() -> None:
        await bench.set_up()
        await exercise.check(bench, *answers)

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(check())
    except NotYet as verdict:
        end(verdict)
    except (SystemExit, KeyboardInterrupt):
        end(NotYet(EXITED, expected="a result", came="the end of the program"))
    except BaseException:
        end(None, broken=traceback.format_exc())
    end(None)


def _report(
    verdict: NotYet | None, printed: str, said: str = "", broken: str = ""
) -> sandbox.Report:
    details = []
    if verdict:
        details = [("expected", verdict.expected), ("came", verdict.came), ("hint", verdict.hint)]
    return {"said": said, "details": details, "printed": printed, "broken": broken}
