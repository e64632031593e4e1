"""The bench on which a check tries an answer: clients, a server to break, and a deadline."""

from __future__ import annotations

import asyncio
import inspect
import os
import re
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from types import FrameType
from typing import Any

from backend.core.redis import RedisClient
from exercises import sandbox
from exercises.clients import BYSTANDERS, AnswersClient, Onlooker, Watch
from exercises.interruptions import MOST_MOMENTS, Job, Stage, Way, apart
from exercises.position import ReadersCode
from exercises.verdict import NotYet, expect, shorten
from private_redis import PrivateServer

LIMIT = 60.0
"""Seconds that a whole check may take."""

Raised = str | Mapping[type[BaseException] | str, str]
"""What is said of an answer that raises: the name of a mistake, or several, each by the type of
the exception or by a piece of its text."""


class Bench:
    """What a check works with. Everything on it is gone when the check has ended."""

    def __init__(self, url: str, namespace: str, answers: tuple[Any, ...]) -> None:
        self.answers = answers
        """What the reader has handed in."""
        self.client = AnswersClient(url, namespace=namespace)
        """For the answer: connected, in a namespace that is empty but for bystanders."""
        self.redis = Onlooker(url, namespace=namespace)
        """For the check: a second client in the same namespace."""
        self.situation = ""
        """When the answer was called, as a sentence for the verdict."""
        self.started = self.seconds = 0.0
        """When the last call of the answer began, and how long it took."""
        self.watch = Watch(self.redis)
        """What the last call with `watch=True` has changed."""
        self._code = ReadersCode(answers)
        self._running: Any = None
        self._process = os.getpid()
        self._limit = LIMIT
        self._too_long: str | Callable[[], str] = "TOO_LONG"
        self._forgotten: list[str] = []
        self._job: Job | None = None

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

    async def server(self, *, timeout: float = 1.0) -> PrivateServer:
        """Start a server of its own to stop, pause or slow down; `client` is now one of it.

        Args:
            timeout: seconds that the client gives that server for an answer.
        """
        server = PrivateServer().start()
        self.client = AnswersClient(server.url, timeout=timeout)
        await self.client.connect()
        return server

    async def lend(self, kind: type[AnswersClient] = AnswersClient) -> None:
        """Make `client` a new one, of this kind, in a namespace that is empty again."""
        await self.client.disconnect()
        await self.redis.clear()
        self.client = kind(self.redis.redis_url, namespace=self.redis.namespace)
        await self.client.connect()

    async def ask(self, *arguments: Any, when: str, **options: Any) -> Any:
        """Call the (first) answer with the client and the arguments; else as `run`."""
        return await self.run(self.answers[0], self.client, *arguments, when=when, **options)

    async def run(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        when: str,
        within: float = 3.0,
        between: Callable[[], Awaitable[None]] | None = None,
        watch: bool = False,
        allowed: type[BaseException] | tuple[()] = (),
        too_long: str | Callable[[], str] = "TOO_LONG",
        raised: Raised = "RAISED",
    ) -> Any:
        """Call the reader's function and return what it returns.

        Args:
            function: the answer, `async def` or not.
            arguments: what it is called with.
            when: the situation, for the verdict: "the queue is empty".
            within: seconds that it may take.
            between: awaited after each command that the answer sends with `bench.client`.
            watch: whether to see what it changes, also for a moment: then `bench.watch` knows.
            allowed: an exception that is an answer, too: then it is returned.
            too_long: what is said of one that takes longer, or what returns it then.
            raised: what is said of one that raises.

        Raises:
            NotYet: it raised, took too long, ended the program, sent a command for everybody,
                changed keys of others, or forgot an `await`.
        """
        self.situation = self._called(function, f"when {when}")
        _fit(function, arguments)
        self._forgotten, self._limit, self._too_long = [], within, too_long
        self.client.after_each = [between] if between else []
        if watch:
            self.watch = Watch(self.redis)
            await self.watch.begin()
            self.client.after_each.append(self.watch.look)
        result = await self._call(function, arguments, allowed, raised)
        self._look_around(result)
        if inspect.isasyncgen(result) or inspect.isgenerator(result):
            raise NotYet("YIELDS", expected="a result", came="a generator")
        if self.client.closed:
            raise NotYet("CLOSED", expected="the client is still connected", came="it is closed")
        await self._look_at_bystanders()
        if watch:
            await self.watch.end()
        return result

    async def _call(
        self,
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
        allowed: type[BaseException] | tuple[()],
        raised: Raised,
    ) -> Any:
        """Call the answer while the clock runs, and turn an exception into a verdict."""
        self.started = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, self._limit)
        try:
            result = function(*arguments)
            if inspect.isawaitable(result):
                self._running = result
                result = await result
        except SystemExit:
            raise NotYet("EXITED", expected="a result", came="the end of the program") from None
        except NotYet:
            raise
        except allowed as answer:
            return answer
        except (Exception, asyncio.CancelledError) as raised_error:
            error = _innermost(raised_error)
            self._look_around(error)
            raise self._raised(error, raised) from None
        finally:
            if os.getpid() != self._process:  # the answer has forked, and this is its copy:
                os._exit(0)  # it must not talk on the connections of the check
            signal.setitimer(signal.ITIMER_REAL, LIMIT)
            self.seconds = time.monotonic() - self.started
            self._running, self.client.after_each, self._limit = None, [], LIMIT
        return result

    def ended(
        self, least: float, most: float, early: str, late: str, *, expected: str, came: str = ""
    ) -> None:
        """See that the last call took no less and no more than these seconds.

        Args:
            least: seconds.
            most: seconds.
            early: the mistake of one that ended before.
            late: the mistake of one that ended afterwards.
            expected: when it should have ended, in words.
            came: what it returned, if that belongs into the verdict.

        Raises:
            NotYet: it was too early, or too late.
        """
        if not least <= self.seconds <= most:
            came = f"{came} after {self.seconds:.2f} s".strip()
            raise NotYet(early if self.seconds < least else late, expected=expected, came=came)

    async def interrupted(
        self,
        *arguments: Any,
        job: Job | None = None,
        fill: Callable[[Onlooker], Awaitable[Any]] | None = None,
        ways: Sequence[Way] = ("killed", "cancelled"),
    ) -> AsyncIterator[sandbox.Report]:
        """Cut the answer short at each of its commands, and yield each time: look at what is left.

        Args:
            arguments: what it is called with, beside the client.
            job: calls it in another way, with `stage.client`. What it lends to the answer awaits
                `stage.moment(…)` where the answer shall be cut in the middle of it, too.
            fill: makes the state to begin with, each time in an empty namespace.
            ways: how it is cut.

        Raises:
            NotYet: it did not end, or ended its process.
        """

        async def call(stage: Stage) -> Any:
            return await self.answers[0](stage.client, *arguments)

        self._job = job or call
        for way in ways:
            for moment in range(1, MOST_MOMENTS + 1):
                await self.redis.clear()
                if fill:
                    await fill(self.redis)
                report = await self.again(way=way, moment=moment)
                if report["cut"] == "":
                    break  # it had ended by itself
                self.situation = self._called(self.answers[0], "in a process of its own")
                if report["cut"] is None:
                    raise NotYet("TOO_LONG", expected="an end", came="it did not end")
                self.situation = self._called(self.answers[0], report["cut"], way)
                yield report

    async def loses_nothing(
        self,
        fill: Callable[[Onlooker], Awaitable[Any]],
        look: Callable[[], Awaitable[dict[str, list[Any]]]],
        mistakes: Mapping[Any, str],
        right: dict[str, list[Any]],
    ) -> None:
        """Cut the answer short at each of its commands, and call it again.

        Args:
            fill: makes the state to begin with.
            look: returns what is in each list.
            mistakes: for each item, the mistake if it is nowhere; "twice" and "other" for the rest.
            right: what is in each list in the end.

        Raises:
            NotYet: an item is nowhere or twice, at any moment; or the end is another one.
        """

        async def once_each() -> dict[str, list[Any]]:
            there = await look()
            for item in mistakes.keys() - {"twice", "other"}:
                times = sum(items.count(item) for items in there.values())
                mistake = {mistakes["twice"]: times > 1, mistakes[item]: True}
                expect(times, 1, mistake, expected=f"{item} in one list, once", shown=f"{there}")
            return there

        async for _ in self.interrupted(fill=fill):
            await once_each()
            await self.again()
            expect(
                await once_each(), right, mistakes["other"], when=f"{self.situation} Then again."
            )

    async def again(
        self, job: Job | None = None, *, way: Way = "runs", moment: int = 0
    ) -> sandbox.Report:
        """Call the answer in a process of its own, as `interrupted` did; see `apart`."""
        job = job or self._job
        assert job, "interrupted() says which"
        url, namespace = self.client.redis_url, self.client.namespace
        return await apart(url, namespace, job, way=way, moment=moment)

    def noticed(self, thing: object) -> None:
        """Take note of what the answer gave to somebody: is it a call that was never awaited?"""
        if inspect.isawaitable(thing):
            self._forgotten.append(getattr(thing, "__qualname__", ""))

    def notice(self, message: Warning | str, *_: Any, **__: Any) -> None:
        """Take note of Python's warning that a coroutine was never awaited."""
        if found := re.match(r"coroutine '(.+)' was never awaited", str(message)):
            self._forgotten.append(found[1])

    def more_exactly(self, verdict: NotYet) -> NotYet:
        """Return the verdict on a name without the namespace, or with two, if there was one."""
        if not self.client.misnamed:
            return verdict
        mistake, key = self.client.misnamed[0]
        right = self.redis.full_name(key.replace(self.redis.namespace, ""))
        came = f"the key `{shorten(key, 90)}`"
        return NotYet(mistake, expected=f"the key `{right}`", came=came)

    def unforeseen(self, error: BaseException) -> NotYet:
        """Return the verdict for an answer that made its check itself raise this error."""
        text = _text(error)
        if "WRONGTYPE" in text:
            return NotYet("WRONG_TYPE", expected="the type that the task describes", came=text)
        came = f"the check of it ended in {_named(error)}"
        return NotYet("UNFORESEEN", expected="what the task describes", came=came)

    def too_long(self, frame: FrameType | None) -> NotYet:
        """Return the verdict for an answer whose time is over, and say in which line it was."""
        if self._forgotten:
            return _forgot(self._forgotten[0])
        limit = f"{self._limit:g} s"
        came = f"it took longer than {limit}{self._code.where_it_is(frame, self._running)}"
        mistake = self._too_long if isinstance(self._too_long, str) else self._too_long()
        return NotYet(mistake, expected=f"an end within {limit}", came=came)

    def _called(self, function: Any, when: str, how: str = "called") -> str:
        return f"`{getattr(function, '__name__', 'It')}()` was {how} {when}."

    async def _look_at_bystanders(self) -> None:
        for key, expire in BYSTANDERS.items():
            kind, ttl = await self.redis.kind(key), await self.redis.ttl(key)
            if kind == "none":
                raise NotYet("NOT_YOURS", expected="other keys stay", came="other keys are gone")
            as_before = ttl > expire - 100 if expire else ttl == -1
            if kind != "string" or not as_before or await self.redis.get(key) != "not yours":
                raise NotYet("NOT_YOURS", expected="other keys stay", came=f"`{key}` was changed")

    def _look_around(self, outcome: object) -> None:
        """Notice what can go wrong beside the result."""
        if self.client.refused:
            came = f"it sent {self.client.refused[0]}"
            raise NotYet("FOR_ALL", expected="other keys stay", came=came)
        for thing in outcome if isinstance(outcome, list | tuple) else [outcome]:
            self.noticed(thing)
        if isinstance(outcome, BaseException) and "coroutine" in _text(outcome):
            self._forgotten.append("")
        if self._forgotten:
            raise _forgot(self._forgotten[0])

    def _raised(self, error: BaseException, raised: Raised) -> NotYet:
        named = {"": raised} if isinstance(raised, str) else raised
        fitting = (
            mistake
            for what, mistake in named.items()
            if (what in _text(error) if isinstance(what, str) else isinstance(error, what))
        )
        mistake = next(fitting, "RAISED")
        if isinstance(error, RuntimeError) and "not connected" in _text(error):
            mistake = "CLOSED" if self.client.closed else "OTHER_CLIENT"
        if isinstance(error, MemoryError):
            mistake = "MEMORY"
        came = f"{_named(error).rstrip('.:')}{self._code.where_raised(error)}"
        return NotYet(mistake, expected="a result, no exception", came=came)


def _forgot(call: str) -> NotYet:
    name = call.rpartition(".")[2]
    what = f"`{name}()` was called" if name else "something was called"
    return NotYet("FORGOT_AWAIT", expected="every call awaited", came=f"{what} and not awaited")


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


def _named(error: BaseException) -> str:
    text = _text(error)
    return f"{type(error).__name__}{text and ': '}{text}"


def _fit(function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """Raise NotYet if this is no function, or none that can be called with these arguments."""
    try:
        inspect.signature(function).bind(*arguments)
    except (TypeError, ValueError) as error:
        expected = f"a function that takes {len(arguments)} arguments"
        raise NotYet("WRONG_PARAMETERS", expected=expected, came=str(error)) from None
