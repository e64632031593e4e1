"""What the tests share: waiting for a thing itself."""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import redis
from redis.exceptions import RedisError

from backend.core.redis import RedisClient
from backend.core.subscription import Subscription

THOROUGH = pytest.mark.thorough
"""Marks what plain `pytest` leaves out: --thorough tries it, and so does CI."""
SECRET = "open-sesame"
"""A password, which nothing may show."""


def a_part(part: Sequence[Any], *, of: Iterable[Any]) -> list[Any]:
    """Return parameters for a test: all, of which plain `pytest` tries those of the part."""
    return [each if each in part else pytest.param(each, marks=THOROUGH) for each in of]


async def until(condition: Callable[[], Any], *, within: float = 5.0) -> None:
    """Wait until the condition holds; fail when it does not within so many seconds.

    The condition is a function or a coroutine function. It is asked again and again, since the
    server tells nobody.
    """
    async with asyncio.timeout(within) as deadline:
        while not (await held if inspect.isawaitable(held := condition()) else held):
            if deadline.expired():  # and redis-py has swallowed the cancellation
                raise TimeoutError
            await asyncio.sleep(0.005)


@contextmanager
def without_warnings_and_errors() -> Iterator[None]:
    """Have nothing logged below "critical" while the block runs: its faults are on purpose."""
    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


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


def as_user(url: str, user: str = "", password: str = "") -> str:
    """Return a URL with another login; without a user, that of `default`; without both, none."""
    scheme, _, rest = url.partition("://")
    login = f"{user}:{password}@" if user or password else ""
    return f"{scheme}://{login}{rest.rpartition('@')[2]}"


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
