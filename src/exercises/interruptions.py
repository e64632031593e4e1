"""Cut an answer short at each of its commands, for real, and look at what is left in Redis.

A worker is cancelled at a deployment, and killed when the machine's memory runs out, at whatever
line it is. So an answer that says that it loses nothing is run again and again, each time from the
same beginning and in a process of its own, which is cut short at its first command, at its second,
and so on, until it ends by itself. Each time, the check looks at what is left.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Literal

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from backend.core.reliable_queue import BEAT
from exercises import sandbox
from exercises.clients import AnswersClient, Onlooker

Way = Literal["runs", "cancelled", "killed", "overtaken"]
LIMIT = 8.0
"""Seconds that one such process may take."""
MOST_MOMENTS = 120
"""An answer that has more of them is not followed to its end."""
PATIENCE = 0.3
"""Seconds that an answer waits for the one that overtakes it: that one may wait for it, too."""


class Stage:
    """What a job is given in its process: clients of its own, and the moment to be cut at.

    Args:
        client: for the answer.
        redis: for the check; its commands are no moments.
        way: what happens at the moment; "runs": nothing.
        moment: which one, from 1 on: before the first command, after its reply, and so on.
        send: sends the report to the process of the check.
    """

    overtaking: "Job | None" = None
    """What another process does at the moment, if the way is "overtaken"."""
    was_cut = ""
    """Where, in words."""

    def __init__(
        self, client: AnswersClient, redis: Onlooker, way: Way, moment: int, send: sandbox.Send
    ) -> None:
        self.client, self.redis = client, redis
        self._way, self._left, self._send = way, moment, send
        self._task: asyncio.Task[Any] | None = None
        self._other: asyncio.Task[Any] | None = None
        self._is_open = False

    async def perform(self, job: "Job", within: float) -> str:
        """Run the job, be cut at the moment, and return what came of it, in words."""

        async def limited() -> Any:
            async with asyncio.timeout(within):
                return await job(self)

        self._task = asyncio.create_task(limited())
        self._is_open = True
        came = (await asyncio.gather(self._task, return_exceptions=True))[0]
        self._is_open = False
        if self._other:
            await asyncio.wait({self._other}, timeout=LIMIT / 2)
        return type(came).__name__ if isinstance(came, BaseException) else repr(came)

    async def moment(self, where: str) -> None:
        """Be cut here, if it is time. Awaited at each command, and by what the check lends."""
        if not self._is_open:
            return
        self._left -= 1
        if self._left != 0:
            return
        self.was_cut = where
        if self._way == "killed":
            self._send({"cut": where, "came": None})
            os.kill(os.getpid(), signal.SIGKILL)
        elif self._way == "cancelled":
            assert self._task
            self._task.cancel()
            await asyncio.sleep(0)  # here the cancellation arrives
        elif self._way == "overtaken" and self.overtaking:
            self._is_open = False  # the moments of the other are not ours
            self._other = asyncio.ensure_future(self.overtaking(self))
            await asyncio.wait({self._other}, timeout=PATIENCE)

    def lent(self, name: str) -> Callable[[Any], Awaitable[None]]:
        """Return a function for the answer, which adds what it is given to the list `name`.

        It may be cut as it begins, and as it ends.
        """

        async def lent(item: Any) -> None:
            await self.moment(f"when `{name}` begins")
            await self.redis.add(name, item)
            await self.moment(f"when `{name}` ends")

        return lent

    def watch(self) -> None:
        """See the commands of every client in this process but the check's, and its heartbeats."""
        send_one: Callable[..., Awaitable[Any]] = Redis.execute_command
        send_all: Callable[..., Awaitable[Any]] = Pipeline.execute

        async def execute_command(client: Redis, *command: Any, **options: Any) -> Any:
            name = str(command[0])
            if client is self.redis._redis or BEAT.digest in command[1:2]:
                return await send_one(client, *command, **options)
            await self.moment(f"before its {name}")
            reply = await send_one(client, *command, **options)
            await self.moment(f"after its {name}")
            return reply

        async def execute(pipe: Pipeline, raise_on_error: bool = True) -> Any:
            if not pipe.is_transaction:  # several steps, even though they share a packet
                plain = Redis(connection_pool=pipe.connection_pool)
                commands, pipe.command_stack = pipe.command_stack, []
                return [await plain.execute_command(*args, **opts) for args, opts in commands]
            await self.moment("before its EXEC")
            reply = await send_all(pipe, raise_on_error)
            await self.moment("after its EXEC")
            return reply

        # In this process alone, and it ends with the job.
        Redis.execute_command, Pipeline.execute = execute_command, execute  # type: ignore[method-assign,assignment]


Job = Callable[[Stage], Awaitable[Any]]


async def apart(
    url: str, namespace: str, job: Job, within: float, *, way: Way = "runs", moment: int = 0
) -> sandbox.Report:
    """Run a job in a process of its own, for so many seconds, with a stage in this namespace.

    Returns:
        `cut`: where it was cut, or "" if it ended by itself before; `came`: what it returned, or
        the name of what it raised. Both are None if the process hung or ended itself.
    """

    async def perform(send: sandbox.Send) -> None:
        async with (
            AnswersClient(url, namespace=namespace) as client,
            Onlooker(url, namespace=namespace) as redis,
        ):
            stage = Stage(client, redis, way, moment, send)
            stage.watch()
            came = await stage.perform(job, within)
            send({"cut": stage.was_cut, "came": came})

    def child(send: sandbox.Send) -> None:
        asyncio.new_event_loop().run_until_complete(perform(send))

    with suppress(TimeoutError):
        if report := await sandbox.run(child, limit=LIMIT):
            return report
    return {"cut": None, "came": None}
