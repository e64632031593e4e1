"""A Redis server of our own, which can be stopped, killed and made to hang."""

from __future__ import annotations

import contextlib
import fcntl
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Self

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from private_redis.errors import RedisUnavailable
from private_redis.lifetime import Supervised
from private_redis.program import find_server

FOLDER = "private-server-"
"""How the names of servers' folders begin."""
LOG, CONFIGURATION = "log", "redis.conf"
"""In its folder, which nobody else can open: what the server says, and its password."""
PASSWORD = secrets.token_hex(16)
"""Of all servers of this program, so that each can be another's replica."""


class PrivateServer:
    """A Redis server of our own: on loopback, on a free port, by default storing nothing.

    It has a random password: other users of this machine can reach its port, and no more. `url`
    carries it, so hand that on in the environment: everybody can read a command line.

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
        self._supervisor: Supervised | None = None
        self._lock: int | None = None  # on the folder: it is in use

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
                        "Try to start it by hand, or set REDIS_URL to a server of yours."
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
            self._folder = _new_folder()
            self._lock = _locked(self._folder)
        secret = Path(self._folder, CONFIGURATION)
        secret.write_text(f"requirepass {PASSWORD}\nmasterauth {PASSWORD}\n")
        options = ["--include", str(secret)]
        options += ["--port", str(port), "--bind", "127.0.0.1", "--dir", self._folder]
        options += ["--save", "", "--appendfsync", "always"]
        options += ["--appendonly", "yes" if self._append_only else "no"]
        with Path(self._folder, LOG).open("wb") as log:
            self._supervisor = Supervised([program, *options], folder=self._folder, output=log)
        if before:  # now that the new one looks after the folder, the old one must not remove it
            before.kill()
            before.wait()
            before.let_go()
        self._pid = self._supervisor.read_program_pid()
        return self._pid is not None and self._answers(port, deadline)

    def _answers(self, port: int, deadline: float) -> bool:
        """Wait until it is our server that answers on `port`; False when it ends or is too slow."""
        # Two round trips, to log in and to ask: the reader waits for them.
        once = client_without_retries(_url(port), timeout=1.0, protocol=2, driver_info=None)
        with once as client:
            while self.running and time.monotonic() < deadline:
                with contextlib.suppress(redis.RedisError):
                    found = client.info("server", "persistence")
                    # Is it ours? Another server on this port would answer as well.
                    if found.get("process_id") == self._pid and not found.get("loading"):
                        self._port = port
                        return True
                time.sleep(0.002)
        return False

    def stop(self) -> None:
        """Stop the server at once, also a paused one. May be called twice, or never started."""
        if self._supervisor:
            self._supervisor.let_go()
            try:
                self._supervisor.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._supervisor.kill()
                self._supervisor.wait()
            if self._supervisor.returncode != 0:  # killed, it could not end the server: we do
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._supervisor.pid, signal.SIGKILL)  # it led the group of both
                shutil.rmtree(self._folder, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
        self._supervisor = self._pid = self._lock = None

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
        """The server's URL with its password: `redis://:1a2b3c…@127.0.0.1:20379/0`."""
        return _url(self.port)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _last_lines(self) -> str:
        lines = Path(self._folder, LOG).read_text(errors="replace").splitlines()
        return "\n".join([line for line in lines if line.strip()][-5:])


def _new_folder() -> str:
    """Make a folder for a server; remove those of servers whose programs were all killed.

    Who has a folder in use holds a lock on it, which ends with the process.
    """
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER}*"):
        with contextlib.suppress(OSError):  # in use, gone, or another user's
            if time.time() - folder.stat().st_mtime > 60:  # else it may be about to be locked
                os.close(_locked(folder))
                shutil.rmtree(folder, ignore_errors=True)
    return tempfile.mkdtemp(prefix=FOLDER)


def _locked(folder: Path | str) -> int:
    """Lock a folder, and return the descriptor that holds the lock.

    Raises:
        BlockingIOError: it is locked.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _url(port: int) -> str:
    return f"redis://:{PASSWORD}@127.0.0.1:{port}/0"


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


def client_without_retries(url: str, *, timeout: float, **options: Any) -> redis.Redis:
    """Return a client that tries once: redis-py's retries would only delay what the server says."""
    return redis.Redis.from_url(
        url,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        decode_responses=True,
        **options,
    )
