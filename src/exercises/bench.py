"""The bench on which a check tries an answer: clients, a server to break, and a deadline."""

from __future__ import annotations

import asyncio
import inspect
import re
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from types import FrameType
from typing import Any

from backend.core.redis import RedisClient
from exercises import interruptions, sandbox
from exercises.interruptions import Job, Way
from exercises.position import ReadersCode
from exercises.verdict import NotYet
from private_redis import PrivateServer

FOR_EVERYBODY = {
    "ACL", "CONFIG", "DEBUG", "FAILOVER", "FLUSHALL", "FLUSHDB", "REPLICAOF", "SHUTDOWN", "SWAPDB",
}  # fmt: skip
"""Commands that change the whole server; an exercise never needs them."""
LIMIT = 20.0
"""Seconds that a whole check may take."""

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
        self.after_each: Callable[[], Awaitable[None]] | None = None
        """Awaited after each command, before the answer's code goes on."""

    async def call(self, *command: Any, **options: Any) -> Any:
        """Send a command, as the real client does."""
        name = str(command[0]).upper()
        if name in FOR_EVERYBODY:
            self.refused.append(name)
            raise PermissionError(f"{name} is not for an exercise: it changes the whole server.")
        self.sent.append(command)
        reply = await super().call(*command, **options)
        if self.after_each:
            await self.after_each()
        return reply


class Bench:
    """What a check works with. Everything on it is gone when the check has ended."""

    def __init__(self, url: str, namespace: str, answers: tuple[Any, ...]) -> None:
        self.client = BenchClient(url, namespace=namespace)
        """For the answer: connected, in a namespace that is empty but for bystanders."""
        self.redis = RedisClient(url, namespace=namespace)
        """For the check: a second client in the same namespace."""
        self.situation = ""
        """When the answer was called, as a sentence for the verdict."""
        self.seconds = 0.0
        """How long the last call of the answer took."""
        self._clients = [self.client]
        self._code = ReadersCode(answers)
        self._running: Any = None
        self._limit, self._hint = LIMIT, TOO_LONG
        self._forgotten: list[str] = []

    async def set_up(self) -> None:
        """Connect the clients, put the bystanders in place, and disarm the notebook's clients."""
        await self.client.connect()
        await self.redis.connect()
        for key in BYSTANDERS:
            await self.redis.set(key, "not yours")
        for namespace in self._code.namespaces:
            for value in namespace.values():
                if isinstance(value, RedisClient):
                    value.forget_connections()

    async def ttl(self, key: str) -> int:
        """Return the seconds that a key has to live: -1 without a TTL, -2 if it is not there."""
        return int(await self.redis.call("TTL", self.redis.full_name(key)))

    async def keys(self) -> list[str]:
        """Return the names of all keys in the namespace, sorted; bystanders are left out."""
        found, cursor = set(), b"0"
        while True:
            pattern = self.redis.full_name("*")
            cursor, names = await self.redis.call("SCAN", cursor, "MATCH", pattern, "COUNT", 1000)
            found |= {name.decode().removeprefix(self.redis.namespace) for name in names}
            if int(cursor) == 0:
                return sorted(found - {*BYSTANDERS})

    async def let_time_pass(self, seconds: float) -> None:
        """Take so many seconds from what each key has to live, as if we had waited."""
        for key in await self.keys():
            name = self.redis.full_name(key)
            left = await self.redis.call("PTTL", name)
            if left >= 0:  # a time to live of 0 or less removes the key
                await self.redis.call("PEXPIRE", name, left - int(1000 * seconds))

    async def apart(self, job: Job, *, way: Way = "runs", moment: int = 0) -> sandbox.Report:
        """Run a job in a process of its own; see `interruptions.apart`."""
        url, namespace = self.client.redis_url, self.client.namespace
        return await interruptions.apart(
            url, namespace, job, client=BenchClient, way=way, moment=moment
        )

    async def interrupted(
        self,
        function: Callable[..., Any],
        job: Job,
        *,
        fill: Callable[[], Awaitable[Any]],
        ways: Sequence[Way] = ("killed", "cancelled"),
    ) -> AsyncIterator[sandbox.Report]:
        """Cut the answer short at each of its commands, and yield each time: look at what is left.

        Args:
            function: the answer, for the verdict.
            job: calls it with `stage.client`, in a process of its own. What it lends to the answer
                awaits `stage.moment(…)` where the answer shall be cut in the middle of it, too.
            fill: makes the state to begin with, each time in an empty namespace.
            ways: how it is cut.

        Raises:
            NotYet: it did not end, or ended its process.
        """
        name = f"`{getattr(function, '__name__', 'It')}()`"
        for way in ways:

            async def run(moment: int, way: Way = way) -> sandbox.Report:
                if keys := await self.keys():
                    await self.redis.delete(*keys)
                await fill()
                return await self.apart(job, way=way, moment=moment)

            async for report in interruptions.moments(run):
                self.situation = f"{name} was {way} {report['cut']}."
                if report["cut"] is None:
                    self.situation = f"{name} was called in a process of its own."
                    raise NotYet(TOO_LONG, expected="an end", came="it did not end")
                yield report

    def sent(self, name: str) -> bool:
        """Return whether the answer has sent a command with this in its name, as `POP`."""
        return any(name in str(command[0]).upper() for command in self.client.sent)

    async def server(self, *, timeout: float = 1.0) -> tuple[PrivateServer, BenchClient]:
        """Start a server of its own to stop, pause or slow down, and connect a client to it.

        Args:
            timeout: seconds that the client gives that server for an answer.
        """
        server = PrivateServer().start()
        client = BenchClient(server.url, timeout=timeout)
        await client.connect()
        self._clients.append(client)
        return server, client

    async def run(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        when: str,
        within: float = 3.0,
        between: Callable[[], Awaitable[None]] | None = None,
        too_long: str = TOO_LONG,
        raised: str = RAISED,
    ) -> Any:
        """Call the reader's function and return what it returns.

        Args:
            function: the answer, `async def` or not.
            arguments: what it is called with.
            when: the situation, for the verdict: "the queue is empty".
            within: seconds that it may take.
            between: awaited after each command that the answer sends with `bench.client`.
            too_long: the hint for one that takes longer.
            raised: the hint for one that raises.

        Raises:
            NotYet: it raised, took too long, ended the program, sent a command for everybody,
                removed keys of others, or forgot an `await`.
        """
        self.situation = f"`{getattr(function, '__name__', 'It')}()` was called when {when}."
        _fit(function, arguments)
        self._forgotten, self.client.after_each = [], between
        self._limit, self._hint = within, too_long
        started = time.monotonic()
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
            self.seconds = time.monotonic() - started
            self._running, self.client.after_each, self._limit = None, None, LIMIT
        self._look_around(result)
        if await self.redis.exists(*BYSTANDERS) < len(BYSTANDERS):
            raise NotYet(NOT_YOURS, expected="other keys stay", came="other keys are gone")
        return result

    def _look_around(self, outcome: object) -> None:
        """Notice what can go wrong beside the result."""
        if refused := [name for client in self._clients for name in client.refused]:
            raise NotYet(FOR_ALL, expected="other keys stay", came=f"it sent {refused[0]}")
        forgotten = [*self._forgotten]
        for thing in outcome if isinstance(outcome, list | tuple) else [outcome]:
            if inspect.isawaitable(thing):
                forgotten.append(getattr(thing, "__qualname__", ""))
        if isinstance(outcome, Exception) and "coroutine" in str(outcome):
            forgotten.append("")
        if forgotten:
            name = forgotten[0].rpartition(".")[2]
            what = f"`{name}()` was called" if name else "something was called"
            came = f"{what} and not awaited"
            raise NotYet(FORGOT_AWAIT, expected="every call awaited", came=came)

    def _raised(self, error: BaseException, hint: str) -> NotYet:
        if isinstance(error, RuntimeError) and "not connected" in str(error):
            hint = OTHER_CLIENT
        said = f": {error}" if str(error) else ""
        came = f"{type(error).__name__}{said}{self._code.where_raised(error)}"
        return NotYet(hint, expected="a result, no exception", came=came)

    def too_long(self, frame: FrameType | None) -> NotYet:
        """Return the verdict for an answer whose time is over, and say in which line it was."""
        limit = f"{self._limit:g} s"
        came = f"it took longer than {limit}{self._code.where_it_is(frame, self._running)}"
        return NotYet(self._hint, expected=f"an end within {limit}", came=came)

    def notice(self, message: Warning | str, *_: Any, **__: Any) -> None:
        """Take note of Python's warning that a coroutine was never awaited."""
        if found := re.match(r"coroutine '(.+)' was never awaited", str(message)):
            self._forgotten.append(found[1])


def _fit(function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """Raise NotYet if this is no function, or none that can be called with these arguments."""
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError as error:
        expected = f"a function that takes {len(arguments)} arguments"
        raise NotYet(WRONG_PARAMETERS, expected=expected, came=str(error)) from None
