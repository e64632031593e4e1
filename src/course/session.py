"""Find or start the Redis that a notebook, a script or a test works with.

One rule, in this one place:

1. `REDIS_URL` is set: that server and no other. If it cannot be used, `RedisUnavailable` says why.
2. Otherwise a private server for this process, on a free port of the loopback interface, which
   stores nothing and ends with the process.

The notebooks call `start()` in their first cell and `finish()` in their last.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import secrets
import threading
import time
from dataclasses import dataclass, field

import redis

from backend.core.diagnosis import describe, diagnose, what_is_wrong_with
from course.kernel import shorten_tracebacks, unseen_tasks
from private_redis import PlainError, PrivateServer, RedisUnavailable, client_without_retries


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
        """Stop the private server, or remove our keys from the server that `REDIS_URL` names.

        Takes 2 seconds at most, and says nothing when that server is gone: it runs at exit.
        """
        if self.server:
            self.server.stop()
        else:
            with contextlib.suppress(redis.RedisError, OSError, LeftBehind):
                remove_keys(self.url, self.namespace, timeout=1.0)


_current: CourseRedis | None = None


def start() -> CourseRedis:
    """Find or start this process's Redis, and print which one it is.

    A second call returns the same one, and brings a private server back that a lesson had stopped.
    If REDIS_URL has been set, changed or unset in between, it does what REDIS_URL says now.

    Raises:
        RedisUnavailable: `REDIS_URL` is set and that server cannot be used (within 6 seconds), or
            no private server could be started.
    """
    global _current
    shorten_tracebacks()
    url = os.environ.get("REDIS_URL")
    if url:
        try:
            check(url)
        except RedisUnavailable as error:
            raise RedisUnavailable(
                f"{error} REDIS_URL names this server, so no other is used: "
                "correct REDIS_URL, or unset it to get a private server."
            ) from None
    if _current is None or not _still_right(_current, url):
        namespace = f"course:{secrets.token_hex(4)}:"
        if url:
            where = f"the server that REDIS_URL names ({describe(url)})"
            _current = CourseRedis(url, namespace, where)
        else:
            server = PrivateServer().start()
            where = "a private server for this notebook, stopped when its kernel stops"
            _current = CourseRedis(server.url, namespace, where, server)
        atexit.register(_current.close)
    elif _current.server:
        _current.server.start()
        _current.server.resume()
    print(f"Redis: {_current.where}")
    return _current


def _still_right(current: CourseRedis, url: str | None) -> bool:
    """Return whether this is the Redis that REDIS_URL asks for now."""
    return current.url == url if url else current.server is not None


def current() -> CourseRedis:
    """Return the Redis that `start()` found. Raises RuntimeError if it was not called."""
    if _current is None:
        raise RuntimeError("No Redis yet: run the first cell, which calls course.start().")
    return _current


async def finish(*, timeout: float = 1.0) -> None:
    """Remove what the lesson made, and make sure that nothing of it goes on unseen.

    Prints one line: what was left and is now removed. Close the notebook's clients first.

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
                    said = "\n".join(["This notebook leaves something behind.", *problems])
                    raise LeftBehind(said)
                await asyncio.sleep(0.01)
        removed = remove_keys(_current.url, _current.namespace, timeout=5.0)
    except redis.RedisError as error:
        raise RedisUnavailable(
            f"Keys of this notebook may be left. {diagnose(_current.url, error, 5.0)} "
            f"Then run this cell again. The keys begin with {_current.namespace}"
        ) from None
    # A small number tells the reader something. A large one is another one in every run.
    many = f"{removed} keys" if removed < 100 else "many keys"
    number = {0: "no keys", 1: "1 key"}.get(removed, many)
    keys = f"{number}, now removed" if removed else number
    print(f"Clean: {keys}, no subscriptions, no running tasks left behind.")


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
                    f"Keys of this notebook may be left: in {timeout:g} s the server was not "
                    f"searched to its end. Removed so far: {removed}. Run this cell again. If that "
                    "does not help, the server holds too much for it; then, in a shell: redis-cli "
                    f"-u URL --scan --pattern '{namespace}*' | xargs redis-cli -u URL unlink"
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
        RedisUnavailable: it cannot be used; one sentence each for what was tried, what came back
            and what to do. No password is in it.
    """
    if problem := what_is_wrong_with(url):
        raise RedisUnavailable(problem)
    outcome: list[BaseException | None] = []

    def ping() -> None:
        try:
            with client_without_retries(url, timeout=timeout) as client:
                client.ping()
            outcome.append(None)
        except Exception as error:
            outcome.append(error)

    # redis-py's timeouts hold for each step, and looking up a name has none: a thread bounds all.
    thread = threading.Thread(target=ping, daemon=True)
    thread.start()
    thread.join(timeout + 0.5)
    error = outcome[0] if outcome else redis.TimeoutError()
    if error is not None:
        raise RedisUnavailable(diagnose(url, error, timeout)) from None
