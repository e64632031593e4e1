"""Many listeners in one process, on one connection: each message is received and decoded once.

    async with FanOut(client, "security_events") as events:
        with events.listen() as messages:  # as often as there are listeners
            async for message in messages:
                await show(message["data"])

With a subscription each, a hundred listeners are a hundred connections, and Redis sends each
message a hundred times to the same process. Here it comes once, and goes into the backlog of each.

So to `publish` they are one subscriber. And the data of a message is one object for all of them:
read it, and do not change it.

A listener that is slow holds up nobody. When its backlog is full, it misses what comes until it has
caught up, and only it does. In the place of what it misses stands a gap (see
`backend.core.subscription`) with the reason "too slow", which says how many are `missed`.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from backend.core.redis import RedisClient
from backend.core.subscription import Subscription, gap

logger = logging.getLogger(__name__)

BACKLOG = 1000  # messages


class Listener:
    """One listener's share of the messages. Iterate over it to get them; it then ends with them.

    Raises:
        RuntimeError: somebody else is listening to this very one.
        ConnectionError, TimeoutError: the server did not come back. Enter another `FanOut`.
        NoPermissionError: it came back, and this user may not subscribe there any more.
    """

    def __init__(self, backlog: int, gaps: bool) -> None:
        self._backlog = backlog
        self._gaps = gaps
        self._messages: deque[dict[str, Any]] = deque()
        self._missing: dict[str, Any] | None = None  # the gap that it has yet to come to
        self._news = asyncio.Event()  # a message, or the end
        self._is_waiting = False
        self._has_ended = False
        self._error: Exception | None = None

    def put(self, message: dict[str, Any]) -> None:
        """Add a message if there is room for it, else count it as missed. Never waits."""
        if self._missing is None and len(self._messages) < self._backlog:
            self._messages.append(message)
            self._news.set()
            return
        if self._missing is None:
            logger.warning("A listener is too slow: %d messages wait for it.", self._backlog)
            self._missing = gap("too slow", missed=0, error="its backlog is full")
            self._messages.append(self._missing)
        data = self._missing["data"]
        is_known = data["missed"] is not None and message["type"] != "gap"
        data["missed"] = data["missed"] + 1 if is_known else None

    def end(self, error: Exception | None) -> None:
        """Let it come to the end after what has arrived: with an error, if there is one."""
        self._has_ended, self._error = True, error
        self._news.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> dict[str, Any]:
        while True:
            while not self._messages:
                await self._wait()
            message = self._messages.popleft()
            if message is self._missing:
                self._missing = None
            if self._gaps or message["type"] != "gap":
                return message

    async def _wait(self) -> None:
        if self._has_ended:
            raise self._error.with_traceback(None) if self._error else StopAsyncIteration
        if self._is_waiting:
            raise RuntimeError("Somebody is already listening here: call listen() for each.")
        self._news.clear()
        self._is_waiting = True
        try:
            await self._news.wait()
        finally:
            self._is_waiting = False


class FanOut:
    """A subscription of a client that any number of listeners of this process hear.

    Args:
        client: a connected client.
        channels: what they all hear.
        backlog: messages that a listener can leave waiting before it misses some.
    """

    def __init__(self, client: RedisClient, *channels: str, backlog: int = BACKLOG) -> None:
        self._client = client
        self._channels = channels
        self._backlog = backlog
        self._listeners: set[Listener] = set()
        self._subscription: Subscription | None = None
        self._reading: asyncio.Task[Exception | None] | None = None

    async def __aenter__(self) -> Self:
        self._subscription = await self._client.subscribe(*self._channels)
        self._reading = asyncio.create_task(self._read(self._subscription))
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._subscription
        assert self._reading
        # Which is the end of the messages: for the reader, and so for all who listen.
        await self._subscription.leave(tuple(self._subscription.channels))
        await self._reading

    @contextmanager
    def listen(self, *, gaps: bool = False) -> Iterator[Listener]:
        """Listen for the length of a `with` block, from now on.

        Args:
            gaps: give a message of the type "gap", too, where others are missing.

        Raises:
            RuntimeError: there is no subscription yet: use `async with FanOut(…) as …`.
        """
        if self._reading is None:
            raise RuntimeError("use `async with FanOut(...) as messages:` before you listen")
        listener = Listener(self._backlog, gaps)
        if self._reading.done():
            listener.end(self._reading.result())
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    async def _read(self, subscription: Subscription) -> Exception | None:
        """Hand each message to all; return what ended them, if it was an error."""
        error = None
        try:
            async for message in self._client.listen(subscription, gaps=True):
                for listener in self._listeners:
                    listener.put(message)
        except Exception as failure:  # the server did not come back: they all have to know
            error = failure
        for listener in self._listeners:
            listener.end(error)
        return error
