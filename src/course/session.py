"""Find or start the Redis that a notebook, a script or a test works with.

When `REDIS_URL` is set, that server and no other; otherwise a private one for this process, which
stores nothing and ends with it. The notebooks call `start()` first and `finish()` last.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import threading
import time
from dataclasses import dataclass, field

import redis

from backend.core.diagnosis import describe, diagnose, what_is_wrong_with
from backend.core.namespaces import new_namespace
from course.kernel import CLEANED_UP, prepare, shorten_tracebacks, unseen_tasks
from private_redis import PlainError, PrivateServer, RedisUnavailable, client_without_retries

UNTIDY = "This notebook leaves something behind."


class LeftBehind(PlainError, RuntimeError):
    """A lesson ends, and something of it still runs, has failed unseen, or could not be removed."""


@dataclass(frozen=True)
class CourseRedis:
    """The Redis of this process, and the part of it that is ours."""

    url: str = field(repr=False)  # may hold a password
    namespace: str
    """Prefix of every key and channel that the course writes, as `course:1a2b3c4d:`."""
    where: str
    """Which Redis this is, in words, without a password."""
    server: PrivateServer | None = None
    """The private server, or None when `REDIS_URL` names the server."""

    def close(self) -> None:
        """Stop the private server, or remove our keys from the other; quick and quiet, for exit."""
        if self.server:
            self.server.stop()
        else:
            with contextlib.suppress(redis.RedisError, OSError, LeftBehind):
                remove_keys(self.url, self.namespace, timeout=1.0)


_current: CourseRedis | None = None


def start() -> CourseRedis:
    """Find or start this process's Redis, and print which one it is.

    A second call returns the same one, unless REDIS_URL has changed, and brings a private server
    back that a lesson had stopped.

    Raises:
        RedisUnavailable: `REDIS_URL` is set and that server cannot be used (within 6 seconds), or
            no private server could be started.
    """
    global _current
    prepare()
    url = os.environ.get("REDIS_URL")
    if url:
        try:
            check(url)
        except RedisUnavailable as error:
            raise RedisUnavailable(
                f"{error} REDIS_URL names this server, so no other is used: "
                "correct REDIS_URL, or unset it to get a private server."
            ) from None
    if _current is None or (_current.url != url if url else _current.server is None):
        _current = _found(url)
        atexit.register(_current.close)
    elif _current.server:
        _current.server.start()
        _current.server.resume()
    print(f"Redis: {_current.where}")
    return _current


def _found(url: str | None) -> CourseRedis:
    namespace = new_namespace("course", url)
    if url:
        return CourseRedis(url, namespace, f"the server that REDIS_URL names ({describe(url)})")
    server = PrivateServer().start()
    where = "a private server for this notebook, stopped when its kernel stops"
    return CourseRedis(server.url, namespace, where, server)


def current() -> CourseRedis:
    """Return the Redis that `start()` found. Raises RuntimeError if it was not called."""
    if _current is None:
        raise RuntimeError("No Redis yet: run the first cell, which calls course.start().")
    return _current


async def finish(*, timeout: float = 1.0) -> None:
    """Remove what the lesson made and say so, and make sure that nothing of it goes on unseen.

    Args:
        timeout: seconds that tasks and subscriptions get to end by themselves.

    Raises:
        LeftBehind: a task still runs or has failed unseen, a channel still has a subscriber, or
            there are more keys than can be removed in 5 seconds.
        RedisUnavailable: the server does not answer, or refuses what cleaning up takes.
    """
    if _current is None:
        raise RuntimeError("Nothing to finish: course.start() was not called in this notebook.")
    check(_current.url)
    try:
        with client_without_retries(_current.url, timeout=5.0) as client:
            deadline = time.monotonic() + timeout
            while problems := unseen_tasks() + _subscriptions(client, _current.namespace):
                if time.monotonic() > deadline:
                    raise LeftBehind("\n".join([UNTIDY, *problems]))
                await asyncio.sleep(0.01)
        removed = remove_keys(_current.url, _current.namespace, timeout=5.0)
    except redis.RedisError as error:
        raise RedisUnavailable(
            f"Keys of this notebook may be left. {diagnose(_current.url, error, 5.0)} "
            f"Then run this cell again. The keys begin with {_current.namespace}"
        ) from None
    # A small number tells the reader something. A large one is another one in every run.
    number = "1 key" if removed == 1 else f"{removed if removed < 100 else 'many'} keys"
    keys = f"{number}, now removed" if removed else "no keys"
    print(f"Clean: {keys}, no subscriptions, no running tasks left behind.")
    shorten_tracebacks(note=CLEANED_UP)


def _subscriptions(client: redis.Redis, namespace: str) -> list[str]:
    channels = client.pubsub_channels(f"{namespace}*")
    names = sorted(str(name).removeprefix(namespace) for name in channels)
    return [f"The channel {name!r} still has a subscriber: close its client." for name in names]


def remove_keys(url: str, namespace: str, *, timeout: float) -> int:
    """Remove every key that begins with `namespace`; return how many there were.

    SCAN and UNLINK, never KEYS or FLUSHDB: others may work on this server at the same time.

    Raises:
        LeftBehind: that took longer than `timeout` seconds, so some may be left.
        redis.RedisError: the server went away, or refuses.
    """
    removed = 0
    deadline = time.monotonic() + timeout
    with client_without_retries(url, timeout=timeout) as client:
        cursor = -1
        while cursor != 0:
            if time.monotonic() > deadline:
                raise LeftBehind(
                    f"Keys of this notebook may be left: {timeout:g} s were too short. Removed so "
                    f"far: {removed}. Run this cell again. If that does not help, in a shell: "
                    f"redis-cli -u URL --scan --pattern '{namespace}*' | "
                    "xargs redis-cli -u URL unlink"
                )
            cursor, keys = client.scan(max(cursor, 0), match=f"{namespace}*", count=1000)
            removed += client.unlink(*keys) if keys else 0
    return removed


def check(url: str, *, timeout: float = 5.0) -> None:
    """Connect to `url` and PING it once.

    Args:
        url: `redis://`, `rediss://` (TLS) or `unix://`.
        timeout: seconds for each step; all of them together get half a second more.

    Raises:
        RedisUnavailable: it cannot be used: what was tried, what came back and what to do.
    """
    if problem := what_is_wrong_with(url):
        raise RedisUnavailable(problem)
    errors: list[Exception] = [redis.TimeoutError()]  # for as long as nothing comes back

    def ping() -> None:
        try:
            with client_without_retries(url, timeout=timeout) as client:
                client.ping()
            errors.clear()
        except Exception as error:
            errors[:] = [error]

    # redis-py's timeouts hold for each step, and looking up a name has none: a thread bounds all.
    thread = threading.Thread(target=ping, daemon=True)
    thread.start()
    thread.join(timeout + 0.5)
    if errors:
        raise RedisUnavailable(diagnose(url, errors[0], timeout)) from None
