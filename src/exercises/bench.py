"""The bench on which a check tries an answer: clients, a server to break, and a deadline."""

from __future__ import annotations

import asyncio
import inspect
import os
import re
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from types import FrameType
from typing import Any

from backend.core.redis import RedisClient
from backend.core.subscription import Subscription
from exercises import interruptions, sandbox
from exercises.interruptions import Job, Way
from exercises.position import ReadersCode
from exercises.verdict import NotYet, shorten
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

CLOSED = (
    "You have closed the client that you were lent, and whoever lent it goes on with it. Leave it "
    "connected: the one who opens a client closes it."
)
YIELDS = (
    "There is a `yield` in your function, so calling it only makes a generator. Collect what you "
    "have in a list and `return` that."
)
WRONG_TYPE = (
    "There is a key of the right name, and it holds another type of value. A queue is a list: "
    "`add_to_queue` adds to it. A value is stored with `set`."
)
AS_THEY_ARE = (
    "`call` sends names as they are, so this is another key, outside of the client's namespace. "
    "`client.full_name(…)` makes the name that the other methods use."
)
MEMORY = (
    "That takes more than 2 GB of memory, which is the limit of a check. What grows, and what "
    "should end it?"
)
UNFORESEEN = (
    "What your code returned or stored has another form than the task describes. Compare: a dict, "
    "a list, a number, a text, and what is in it."
)

BYSTANDERS = {"camera:somebody_elses:status": None, "batch:somebody_elses:current": 1000}
"""Keys that no answer has any business with, and the seconds that they have to live."""
NO_NAMES = {
    "AUTH", "CLIENT", "CLUSTER", "COMMAND", "ECHO", "EVAL", "EVALSHA", "FUNCTION", "HELLO", "INFO",
    "KEYS", "LASTSAVE", "MEMORY", "OBJECT", "PING", "PUBSUB", "SCAN", "SCRIPT", "SELECT", "TIME",
    "WAIT", "XREAD", "XREADGROUP",
}  # fmt: skip
"""Commands whose first argument is no name of a key or channel."""


class BenchClient(RedisClient):
    """The client that an answer is given: keeps a record, and sends nothing that hits others."""

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(url, **options)
        self.sent: list[tuple[Any, ...]] = []
        """The commands that were sent, in order."""
        self.refused: list[str] = []
        """The commands for everybody that it did not send."""
        self.cancelled: list[str] = []
        """The commands that were cancelled while the server had not answered."""
        self.bare: list[str] = []
        """Names that it sent without the namespace."""
        self.after_each: Callable[[], Awaitable[None]] | None = None
        """Awaited after each command, before the answer's code goes on."""

    async def call(self, *command: Any, **options: Any) -> Any:
        """Send a command, as the real client does."""
        name = str(command[0]).upper()
        if name in FOR_EVERYBODY:
            self.refused.append(name)
            raise PermissionError(f"{name} is not for an exercise: it changes the whole server.")
        self.sent.append(command)
        if name not in NO_NAMES and len(command) > 1:
            key = command[1].decode() if isinstance(command[1], bytes) else str(command[1])
            if not key.startswith(self.namespace):
                self.bare.append(key)
        try:
            reply = await super().call(*command, **options)
        except asyncio.CancelledError:
            self.cancelled.append(name)
            raise
        if self.after_each:
            await self.after_each()
        return reply

    async def subscribe(self, *channels: str) -> Subscription:
        """Subscribe to channels, as the real client does."""
        self.sent.append(("SUBSCRIBE", *channels))
        return await super().subscribe(*channels)

    @property
    def closed(self) -> bool:
        """Whether it is not connected, or not any more."""
        return self._commands is None


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
        self._started = 0.0
        self._clients = [self.client]
        self._code = ReadersCode(answers)
        self._running: Any = None
        self._process = os.getpid()
        self._limit = LIMIT
        self._hint: str | Callable[[], str] = TOO_LONG
        self._forgotten: list[str] = []

    async def set_up(self) -> None:
        """Connect the clients, put the bystanders in place, and disarm the notebook's clients."""
        await self.client.connect()
        await self.redis.connect()
        for key, expire in BYSTANDERS.items():
            await self.redis.set(key, "not yours", expire=expire)
        for namespace in self._code.namespaces:
            for value in namespace.values():
                if isinstance(value, RedisClient):
                    value.forget_connections()

    async def ttl(self, key: str) -> int:
        """Return the seconds that a key has to live: -1 without a TTL, -2 if it is not there."""
        return int(await self.redis.call("TTL", self.redis.full_name(key)))

    async def given(self, key: str, seconds: int) -> bool:
        """Return whether the last run gave the key these seconds to live.

        However slow the machine is: what has passed since the run began is taken into account.
        """
        left = await self.redis.call("PTTL", self.redis.full_name(key))
        passed = 1000 * (time.monotonic() - self._started)
        return bool(left <= 1000 * seconds <= left + passed + 5)  # the server counts milliseconds

    async def stored(self) -> dict[str, tuple[str, bytes, int]]:
        """Return what is stored under each key: its type, its value, and when it expires.

        Two of them compare equal when nothing was changed between them. The value is in Redis's
        own form, as DUMP has it; the bystanders are left out.
        """
        found = {}
        for key in await self.keys():
            name = self.redis.full_name(key)
            kind = (await self.redis.call("TYPE", name)).decode()
            value = await self.redis.call("DUMP", name)
            found[key] = (kind, value, await self.redis.call("PEXPIRETIME", name))
        return found

    async def left_alone(self) -> LeftAlone:
        """Return what notices whether an answer changes any key, also for a moment.

        Each key that has no time to live is given one: a key that is written anew loses it.
        """
        for key in await self.keys():
            await self.redis.call("EXPIRE", self.redis.full_name(key), 86_400, "NX")
        return LeftAlone(self, await self.stored())

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
        too_long: str | Callable[[], str] = TOO_LONG,
        raised: str | Callable[[BaseException], str | None] = RAISED,
    ) -> Any:
        """Call the reader's function and return what it returns.

        Args:
            function: the answer, `async def` or not.
            arguments: what it is called with.
            when: the situation, for the verdict: "the queue is empty".
            within: seconds that it may take.
            between: awaited after each command that the answer sends with `bench.client`.
            too_long: the hint for one that takes longer, or what returns it then.
            raised: the hint for one that raises, or what chooses one for the error
                (None: no other than for any error).

        Raises:
            NotYet: it raised, took too long, ended the program, sent a command for everybody,
                removed keys of others, or forgot an `await`.
        """
        self.situation = f"`{getattr(function, '__name__', 'It')}()` was called when {when}."
        _fit(function, arguments)
        self._forgotten, self.client.after_each = [], between
        self._limit, self._hint = within, too_long
        result = await self._call(function, arguments, within, raised)
        self._look_around(result)
        if inspect.isasyncgen(result) or inspect.isgenerator(result):
            raise NotYet(YIELDS, expected="a result", came="a generator")
        if any(client.closed for client in self._clients):
            raise NotYet(CLOSED, expected="the client is still connected", came="it is closed")
        await self._look_at_bystanders()
        return result

    async def _call(
        self,
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
        within: float,
        raised: str | Callable[[BaseException], str | None],
    ) -> Any:
        """Call the answer while the clock runs, and turn an exception into a verdict."""
        self._started = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, within)
        try:
            result = function(*arguments)
            if inspect.isawaitable(result):
                self._running = result
                result = await result
        except SystemExit:
            raise NotYet(EXITED, expected="a result", came="the end of the program") from None
        except (Exception, asyncio.CancelledError) as raised_error:
            error = _innermost(raised_error)
            self._look_around(error)
            raise self._raised(error, raised) from None
        finally:
            if os.getpid() != self._process:  # the answer has forked, and this is its copy:
                os._exit(0)  # it must not talk on the connections of the check
            signal.setitimer(signal.ITIMER_REAL, LIMIT)
            self.seconds = time.monotonic() - self._started
            self._running, self.client.after_each, self._limit = None, None, LIMIT
        return result

    async def _look_at_bystanders(self) -> None:
        for key, expire in BYSTANDERS.items():
            kind = (await self.redis.call("TYPE", self.redis.full_name(key))).decode()
            if kind == "none":
                raise NotYet(NOT_YOURS, expected="other keys stay", came="other keys are gone")
            ttl = await self.ttl(key)
            as_before = ttl > expire - 100 if expire else ttl == -1
            if kind != "string" or not as_before or await self.redis.get(key) != "not yours":
                raise NotYet(NOT_YOURS, expected="other keys stay", came=f"`{key}` was changed")

    def _look_around(self, outcome: object) -> None:
        """Notice what can go wrong beside the result."""
        if refused := [name for client in self._clients for name in client.refused]:
            raise NotYet(FOR_ALL, expected="other keys stay", came=f"it sent {refused[0]}")
        forgotten = [*self._forgotten]
        for thing in outcome if isinstance(outcome, list | tuple) else [outcome]:
            if inspect.isawaitable(thing):
                forgotten.append(getattr(thing, "__qualname__", ""))
        if isinstance(outcome, BaseException) and "coroutine" in _text(outcome):
            forgotten.append("")
        if forgotten:
            raise _forgot(forgotten[0])

    def noticed(self, thing: object) -> None:
        """Take note of what the answer gave to somebody: is it a call that was never awaited?"""
        if inspect.isawaitable(thing):
            self._forgotten.append(getattr(thing, "__qualname__", ""))

    def _raised(
        self, error: BaseException, raised: str | Callable[[BaseException], str | None]
    ) -> NotYet:
        text = _text(error)
        hint = raised if isinstance(raised, str) else raised(error) or RAISED
        if isinstance(error, RuntimeError) and "not connected" in text:
            hint = CLOSED if any(client.closed for client in self._clients) else OTHER_CLIENT
        if isinstance(error, MemoryError):
            hint = MEMORY
        came = f"{type(error).__name__}{text and ': '}{text}{self._code.where_raised(error)}"
        return NotYet(hint, expected="a result, no exception", came=came)

    def more_exactly(self, verdict: NotYet) -> NotYet:
        """Return the verdict, or a better one where the bench knows the cause."""
        bare = [name for client in self._clients for name in client.bare]
        if bare and "full_name" not in verdict.hint:
            expected = f"the key `{self.redis.full_name(bare[0])}`"
            return NotYet(AS_THEY_ARE, expected=expected, came=f"the key `{shorten(bare[0], 60)}`")
        return verdict

    def unforeseen(self, error: BaseException) -> NotYet:
        """Return the verdict for an answer that made its check itself raise this error."""
        text = _text(error)
        came = f"the check of it ended in {type(error).__name__}{text and ': '}{text}"
        if "WRONGTYPE" in text:
            return NotYet(WRONG_TYPE, expected="the type that the task describes", came=text)
        return NotYet(UNFORESEEN, expected="what the task describes", came=came)

    def too_long(self, frame: FrameType | None) -> NotYet:
        """Return the verdict for an answer whose time is over, and say in which line it was."""
        if self._forgotten:
            return _forgot(self._forgotten[0])
        limit = f"{self._limit:g} s"
        came = f"it took longer than {limit}{self._code.where_it_is(frame, self._running)}"
        hint = self._hint if isinstance(self._hint, str) else self._hint()
        return NotYet(hint, expected=f"an end within {limit}", came=came)

    def notice(self, message: Warning | str, *_: Any, **__: Any) -> None:
        """Take note of Python's warning that a coroutine was never awaited."""
        if found := re.match(r"coroutine '(.+)' was never awaited", str(message)):
            self._forgotten.append(found[1])


class LeftAlone:
    """Keys that an answer has to leave as they are: `between=keys.look`, then `keys.changed`."""

    def __init__(self, bench: Bench, before: dict[str, tuple[str, bytes, int]]) -> None:
        self._bench = bench
        self._before = before
        self.changed: dict[str, str] = {}
        """What has become of a key: it is "changed", "gone" or "new"."""

    async def look(self) -> None:
        """Take note of what is not as it was."""
        now = await self._bench.stored()
        for key in sorted(self._before.keys() | now.keys()):
            if key not in self._before:
                self.changed.setdefault(key, "new")
            elif self._before[key] != now.get(key):
                self.changed.setdefault(key, "changed" if key in now else "gone")


def _forgot(call: str) -> NotYet:
    name = call.rpartition(".")[2]
    what = f"`{name}()` was called" if name else "something was called"
    return NotYet(FORGOT_AWAIT, expected="every call awaited", came=f"{what} and not awaited")


def _innermost(error: BaseException) -> BaseException:
    """Return the first error in a group of them, as a TaskGroup raises it."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _text(error: BaseException) -> str:
    """Return what an exception says, or nothing where saying it fails."""
    try:
        return str(error)
    except Exception:
        return ""


def _fit(function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """Raise NotYet if this is no function, or none that can be called with these arguments."""
    try:
        inspect.signature(function).bind(*arguments)
    except (TypeError, ValueError) as error:
        expected = f"a function that takes {len(arguments)} arguments"
        raise NotYet(WRONG_PARAMETERS, expected=expected, came=str(error)) from None
