"""What the tests share: waiting for a thing itself, and a network that loses replies."""

from __future__ import annotations

import asyncio
import inspect
import os
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import redis
from redis.exceptions import RedisError

from backend.core.redis import RedisClient
from backend.core.subscription import Subscription

SECRET = "open-sesame"
"""A password, which nothing may show."""


async def until(condition: Callable[[], Any], *, within: float = 5.0) -> None:
    """Wait until the condition holds; fail when it does not within so many seconds.

    The condition is a function or a coroutine function. It is asked again and again, since the
    server tells nobody.
    """
    async with asyncio.timeout(within):
        while not (await held if inspect.isawaitable(held := condition()) else held):  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def wait_until(condition: Callable[[], object], what: str, *, within: float = 10.0) -> None:
    """Wait as `until` does, where no event loop runs; `what` says what did not happen in time."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"not within {within:g} s: {what}"
        time.sleep(0.01)


def exists(pid: int) -> bool:
    """Return whether a process of this id exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def ping(url: str) -> bool:
    """Return whether a Redis answers there."""
    with suppress(RedisError), redis.Redis.from_url(url) as client:
        return bool(client.ping())
    return False


async def hear(client: RedisClient, subscription: Subscription, count: int = 1) -> list[Any]:
    """Return the data of the next messages of a subscription, then stop listening."""
    heard: list[Any] = []
    async for message in client.listen(subscription):
        heard.append(message["data"])
        if len(heard) == count:
            break
    return heard


async def publish_until_heard(
    client: RedisClient, channel: str, message: Any, listener: asyncio.Task[list[Any]]
) -> None:
    """Publish again and again until the listener has heard enough.

    Once is not enough after a hang: the server may still count a connection that we have given up.
    """

    async def is_heard() -> bool:
        with suppress(RedisError):
            await client.publish(channel, message)
        return listener.done()

    await until(is_heard)


class Proxy:
    """Stands between a client and a server, and can lose the reply to a command.

    A command that is to be lost reaches the server and runs there. Its reply is thrown away, and
    the client's connection is cut instead: the client cannot know whether the command has run.
    """

    def __init__(self, server_url: str) -> None:
        self._server = urlsplit(server_url)
        self._lose = b""
        self._tasks: set[asyncio.Task[None]] = set()
        self.connections = 0
        self.lost = 0

    def lose_next_reply_to(self, command: str) -> None:
        """Lose the reply to the next such command; what is sent after it goes through."""
        self._lose = f"\r\n{command}\r\n".encode()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._listening.sockets[0].getsockname()[1]}/0"

    def cut(self) -> None:
        """Cut all connections, at once."""
        for task in self._tasks:
            task.cancel()

    async def __aenter__(self) -> Self:
        self._listening = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._listening.close()
        self.cut()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        server_reader, server_writer = await asyncio.open_connection(
            self._server.hostname, self._server.port
        )
        try:
            with suppress(ConnectionError, asyncio.CancelledError):
                # One request, one reply: our client sends nothing before it has its answer.
                while request := await reader.read(65536):
                    server_writer.write(request)
                    reply = await server_reader.read(65536)
                    has_run = not reply.startswith(b"-NOSCRIPT")
                    if self._lose and self._lose in request and has_run:
                        self._lose = b""
                        self.lost += 1
                        return
                    writer.write(reply)
        finally:
            writer.close()
            server_writer.close()
