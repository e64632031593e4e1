"""What all stages of the pipeline have in common: how they start, live through faults, and end.

async with FileWatcher(client, "/export/foscam"):
    ...                                 # it works in the background, until the block ends
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ValidationError
from redis import exceptions

from backend.core.redis import RedisClient
from backend.core.unavailable import BadItem, is_unavailable

FIRST_WAIT = 0.1  # seconds before `run` begins again, doubled with each further failure
LONGEST_WAIT = 1.0  # when something is away: so it is at work again soon after that is back
LONGEST_WAIT_OF_A_FAULT = 30.0  # when the fault is in the stage itself

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Step:
    """One piece of work that a stage has done. Times are seconds since 1970."""

    subject: str
    """What it worked on: the path of a file, or the id of a batch."""
    started: float
    ended: float
    made: tuple[str, ...] = ()
    """The ids of what came out: detections, for the detector and the aggregator."""


class Stage:
    """A service that works in the background until it is stopped.

    A subclass has a `name` of its own. Its `run` works with `self._client` until it is cancelled,
    and sets `ready` when it is at work.

    No failure ends a stage. When Redis or something else that it needs is away, it waits, a second
    at the most, and begins `run` again. After any other error it does the same, with waits of up
    to half a minute, since that is a fault of its own. Both are said in the log and, for the
    health endpoint, in `stage:<name>:trouble`.

    Args:
        client: a connected client.
    """

    name = "stage"

    def __init__(self, client: RedisClient) -> None:
        self.steps: deque[Step] = deque(maxlen=10_000)
        """The latest pieces of work, oldest first: where the time goes."""
        self.ready = asyncio.Event()
        """Set once the stage is at work."""
        self.log = logging.getLogger(f"backend.services.{self.name}")
        self._client = client
        self._task: asyncio.Task[None] | None = None
        self._failures = 0  # in a row
        self._said = ""  # the last failure that stands in the log

    async def run(self) -> None:
        """Do the work, until cancelled. Set `ready` as soon as nothing can be missed any more."""
        raise NotImplementedError

    def start(self) -> asyncio.Task[None]:
        """Begin to work. The task that is returned ends when the stage is stopped."""
        if self._task and not self._task.done():
            raise RuntimeError(f"{self.name} already runs")
        self.ready.clear()
        self._task = asyncio.create_task(self.persist(self.run), name=self.name)
        return self._task

    async def stop(self) -> None:
        """Stop working. May be called twice, or never started."""
        if self._task:
            task, self._task = self._task, None
            task.cancel()
            await asyncio.wait([task])

    async def __aenter__(self) -> Self:
        self.start()
        try:
            await self.ready.wait()
        except asyncio.CancelledError:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    async def persist(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do work that does not end by itself; begin it again, whatever it fails with."""
        while True:
            began = time.monotonic()
            try:
                return await work()
            except Exception as error:
                if (task := asyncio.current_task()) and task.cancelling():
                    raise asyncio.CancelledError from error  # told to end, it failed at that
                if time.monotonic() - began > LONGEST_WAIT_OF_A_FAULT:
                    self._failures, self._said = 0, ""  # it went well: this is a new trouble
                self._failures += 1
                away = is_unavailable(error)
                longest = LONGEST_WAIT if away else LONGEST_WAIT_OF_A_FAULT
                wait = min(FIRST_WAIT * 2 ** min(self._failures - 1, 20), longest)
                self._log(error, away)
                await self._tell(error, wait)
            await asyncio.sleep(wait)

    def record(self, subject: str, started: float, made: tuple[str, ...] = ()) -> None:
        """Note a piece of work that ends now and began at `started` (seconds since 1970)."""
        if self._failures:
            self.log.info("at work again")
            self._failures, self._said = 0, ""
        self.steps.append(Step(subject, started, time.time(), made))

    def _log(self, error: Exception, away: bool) -> None:
        """Say what failed: once, however often it is tried."""
        said = f"{type(error).__name__}: {error}"
        if said == self._said:
            return
        self._said = said
        if away:
            self.log.warning("%s; waiting, and trying again", said)
        else:
            # What Redis says of a key has no place in our code that a traceback could show.
            place = None if isinstance(error, exceptions.RedisError) else error
            self.log.error("%s; beginning again", said, exc_info=place)

    async def _tell(self, error: Exception, wait: float) -> None:
        """Tell what failed, where that can be told."""
        if isinstance(error, exceptions.ConnectionError | exceptions.TimeoutError):
            return  # it cannot be kept there, and the endpoint sees for itself
        with suppress(exceptions.RedisError, RuntimeError):
            await self.tell(f"{type(error).__name__}: {error}", wait)

    async def tell(self, trouble: str, wait: float) -> None:
        """Keep for the health endpoint what is wrong, for as long as the wait and a little more.

        Args:
            trouble: what it is, in one line.
            wait: seconds until it is tried again, and told again if it goes on.
        """
        said = trouble[:200].encode(errors="backslashreplace").decode()
        await self._client.set(trouble_key(self.name), said, expire=int(wait) + 5)


def checked(kind: type[M], data: Any) -> M:
    """Return the job that an item holds.

    Raises:
        BadItem: it is no job of this kind; the message says why, in one line.
    """
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, each['loc'])) or 'it'}: {each['msg']}" for each in error.errors()
        ]
        raise BadItem(f"no {kind.__name__}: {'; '.join(problems)[:500]!r}") from None


def trouble_key(stage: str) -> str:
    """Return the key under which a stage keeps what is wrong with it; absent when all is well."""
    return f"stage:{stage}:trouble"
