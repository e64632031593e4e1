"""The bench on which a check tries an answer: clients, a server to break, and a deadline."""

import asyncio
import inspect
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from itertools import chain
from types import FrameType
from typing import Any

from backend.core.redis import RedisClient
from exercises import mishaps, sandbox
from exercises.clients import BYSTANDERS, AnswersClient, Onlooker
from exercises.interruptions import MOST_MOMENTS, Job, Stage, Way, apart
from exercises.mishaps import Mishaps, Raised
from exercises.position import ReadersCode
from exercises.verdict import Mistake, NotYet, expect
from exercises.watch import Watch
from private_redis import PrivateServer

__all__ = ["AnswersClient", "Bench", "Mistake", "NotYet", "Onlooker", "Stage", "expect"]
"""What checks are made of."""

LIMIT = 60.0
"""Seconds that a whole check may take.

The longest, lab.letters, cuts its answer short in 66 processes: 3.4 s of a core's time, and 16 s
where sixteen processes want two cores.
"""


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
        self.mishaps = Mishaps(self._code)
        """What went wrong beside the task."""
        self._running: Any = None
        self._process = os.getpid()
        self._limit = LIMIT
        self._too_long = "TOO_LONG"
        self.is_late = False
        """Whether the answer was stopped, as its time was over."""
        self._job: Job | None = None

    async def set_up(self) -> None:
        """Connect the clients, put the bystanders in place, and disarm the notebook's clients."""
        await self.client.connect()
        await self.redis.connect()
        for key, expire in BYSTANDERS.items():
            await self.redis.set(key, "not yours", expire=expire)
        for namespace in self._code.namespaces:
            for value in namespace.values():
                if issubclass(type(value), RedisClient):  # isinstance() would load a lazy module
                    value.forget_connections()

    async def server(self) -> PrivateServer:
        """Start a server of its own to stop, pause or slow down; `client` is now one of it."""
        server = PrivateServer().start()
        self.client = AnswersClient(server.url, timeout=1.0)
        await self.client.connect()
        return server

    async def lend(self, kind: Callable[..., AnswersClient] = AnswersClient) -> None:
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
        swallowed: str = "",
        too_long: str = "TOO_LONG",
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
            swallowed: the mistake of one that has to raise what is allowed, and does not.
            too_long: the mistake of one that takes longer.
            raised: what is said of one that raises.

        Raises:
            NotYet: it raised, took too long, ended the program, sent a command for everybody,
                changed keys of others, or forgot an `await`.
        """
        self.situation = self._called(function, f"when {when}")
        mishaps.fit(function, arguments)
        self.mishaps.forgotten, self._limit, self._too_long = [], within, too_long
        self.client.commands.clear()
        self.client.after_each = [between] if between else []
        if watch:
            self.watch = Watch(self.redis)
            await self.watch.begin()
            self.client.after_each.append(self.watch.look)
        try:
            result = await self._call(function, arguments)
        except (NotYet, SystemExit):
            raise
        except allowed as answer:
            result = answer
        except (Exception, asyncio.CancelledError) as error:
            raise self.mishaps.raised(error, raised, self.client) from None
        self.mishaps.look_at(result)
        if swallowed and not isinstance(result, BaseException):
            raise NotYet(swallowed, expected="the exception", came=f"it returned {result!r}")
        mishaps.is_result(result, self.client)
        await mishaps.bystanders_are_there(self.redis)
        if watch:
            await self.watch.end()
        return result

    async def _call(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """Call the answer while the clock runs."""
        self.started = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, self._limit)
        try:
            result = function(*arguments)
            if inspect.isawaitable(result):
                self._running = result
                result = await result
            return result
        finally:
            if os.getpid() != self._process:  # the answer has forked, and this is its copy:
                os._exit(0)  # it must not talk on the connections of the check
            signal.setitimer(signal.ITIMER_REAL, LIMIT)
            self.seconds = time.monotonic() - self.started
            self._running, self.client.after_each, self._limit = None, [], LIMIT

    @property
    def during(self) -> tuple[float, float]:
        """When the last call of the answer began, and when it ended, by `time.monotonic`."""
        return self.started, self.started + self.seconds

    def ended(self, least: float, most: float, early: str, late: str, *, expected: str) -> None:
        """See that the last call took no less and no more than these seconds.

        Raises:
            NotYet: the mistake is `early` where it took less, and `late` where it took more.
        """
        if not least <= self.seconds <= most:
            mistake = early if self.seconds < least else late
            raise NotYet(mistake, expected=expected, came=f"it ended after {self.seconds:.2f} s")

    async def interrupted(
        self,
        *arguments: Any,
        lend: str = "",
        fill: Callable[[Onlooker], Awaitable[Any]] | None = None,
        ways: Sequence[Way] = ("killed", "cancelled"),
        overtaking: Job | None = None,
    ) -> AsyncIterator[sandbox.Report]:
        """Cut the answer short at each of its commands, and yield each time: look at what is left.

        Args:
            arguments: what it is called with, behind the client.
            lend: the name of one more argument, `stage.lent` of it: it is cut in that, too.
            fill: makes the state to begin with, each time in an empty namespace.
            ways: how it is cut.
            overtaking: instead of a cut, what another process does in the middle.

        Raises:
            NotYet: it did not end, or ended its process.
        """

        async def call(stage: Stage) -> Any:
            stage.overtaking = overtaking
            lent = [stage.lent(lend)] if lend else []
            return await self.answers[0](stage.client, *arguments, *lent)

        self._job = call
        for way in ("overtaken",) if overtaking else ways:
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
        right: dict[str, list[Any]],
        mistakes: Mapping[Any, str],
    ) -> None:
        """Cut the answer short at each of its commands, and call it again.

        Args:
            fill: makes the state to begin with.
            look: returns what is in each list.
            right: what is in each list in the end.
            mistakes: if an item is nowhere: by the item, else "lost"; if it is there "twice"; and
                if the end is an "other" one.

        Raises:
            NotYet: an item is nowhere or twice, at any moment; or the end is another one.
        """

        async def once_each() -> dict[str, list[Any]]:
            there = await look()
            for item in chain(*right.values()):
                times = sum(items.count(item) for items in there.values())
                lost = mistakes.get(item, mistakes["lost"])
                mistake = {mistakes["twice"]: times > 1, lost: True}
                expect(times, 1, mistake, expected=f"{item} in one list, once", shown=f"{there}")
            return there

        async for _ in self.interrupted(fill=fill):
            await once_each()
            await self.again()
            self.situation += " Then again."
            expect(await once_each(), right, mistakes["other"])

    async def ends_when_cancelled(self, *arguments: Any, lend: str, **options: Any) -> None:
        """See that the answer ends when it is cancelled, also in what it is lent; as `interrupted`.

        Raises:
            NotYet: it goes on: the mistake is GOES_ON, of mistakes.md.
        """
        options["ways"] = ("cancelled",)
        async for cut in self.interrupted(*arguments, lend=lend, **options):
            expect(cut["came"], "CancelledError", "GOES_ON", expected="an end, cancelled")
            if lend in cut["cut"]:
                break

    async def again(
        self, job: Job | None = None, *, within: float = 8, way: Way = "runs", moment: int = 0
    ) -> sandbox.Report:
        """Call the answer in a process of its own, as `interrupted` did; see `apart`."""
        job = job or self._job
        assert job, "interrupted() says which"
        client = self.client
        return await apart(client.redis_url, client.namespace, job, within, way=way, moment=moment)

    def too_long(self, frame: FrameType | None) -> NotYet:
        """Return the verdict on an answer whose time is over, which was in this frame."""
        self.is_late = True
        if self.mishaps.forgotten:
            return self.mishaps.forgot()
        where = self._code.where_it_is(frame, self._running)
        came = f"it took longer than {self._limit:g} s{where}"
        return NotYet(self._too_long, expected=f"an end within {self._limit:g} s", came=came)

    def _called(self, function: Any, when: str, how: str = "called") -> str:
        return f"`{getattr(function, '__name__', type(function).__name__)}()` was {how} {when}."
