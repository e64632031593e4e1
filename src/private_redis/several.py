"""Redis's own ways beyond one server, for real and on loopback: Sentinel, and a Cluster.

    with SentinelSet() as sentinels:
        client = RedisClient(sentinels.url)
        sentinels.primary().kill()

Each server is a `PrivateServer`: all of them end with the process that started them.
"""

from __future__ import annotations

import os
import shlex
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Self

import redis
from redis.crc import key_slot

from private_redis.errors import RedisUnavailable
from private_redis.program import find_server
from private_redis.server import (
    PASSWORD,
    PrivateServer,
    _locked,
    _new_folder,
    client_without_retries,
)

PRIMARY = "home_security"
"""The name under which the Sentinels know the primary."""
DOWN_AFTER = 2000
"""Milliseconds without an answer after which a server counts as gone."""
SLOTS = 16384
"""How many hash slots a Cluster has."""
REPLICATION = ("--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1")


def ask(server: PrivateServer, *command: Any) -> Any:
    """Send a command to a server, and return the answer.

    Raises:
        redis.RedisError: the server is away, or refuses.
    """
    with client_without_retries(server.url, timeout=5.0) as client:
        return client.execute_command(*command)


class Several:
    """Servers that are started and stopped together.

    Attributes:
        servers: those that hold data; none before `start()`.
        folder: where the files lie that they are started with.
    """

    def __init__(self) -> None:
        self.servers: list[PrivateServer] = []
        self.folder = Path()
        self._open = ExitStack()

    def start(self, *, timeout: float = 30.0) -> Self:
        """Start the servers, and return when each knows of all others.

        Args:
            timeout: seconds to wait for that.

        Raises:
            RedisUnavailable: a server did not start, or they did not find each other in time.
        """
        try:
            if self.servers:
                self._bring_back(timeout)
            else:
                self._begin(timeout)
            _wait_until(self.is_whole, "all servers are in their places", timeout)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop all servers at once. May be called twice, or never started."""
        self.servers = []
        self._open.close()

    def is_whole(self) -> bool:
        """Return whether each server is at work, and knows of all others."""
        raise NotImplementedError

    def _begin(self, timeout: float) -> None:
        raise NotImplementedError

    def _bring_back(self, timeout: float) -> None:
        """Have what was killed or cut off join the others again."""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


class SentinelSet(Several):
    """A primary with two replicas, and three Sentinels that watch them.

    `start()` brings back what was killed: a former primary comes back empty, as a replica.

    Attributes:
        sentinels: the servers that watch.
    """

    def __init__(self) -> None:
        super().__init__()
        self.sentinels: list[PrivateServer] = []

    @property
    def url(self) -> str:
        """For a `RedisClient`."""
        addresses = ",".join(f"127.0.0.1:{each.port}" for each in self.sentinels)
        return f"redis+sentinel://:{PASSWORD}@{addresses}/{PRIMARY}/0"

    def primary(self) -> PrivateServer:
        """Return the server that is the primary now, by the word of the first Sentinel."""
        _, port = ask(self.sentinels[0], "SENTINEL", "GET-MASTER-ADDR-BY-NAME", PRIMARY)
        return next(each for each in self.servers if each.port == int(port))

    def replicas(self) -> list[PrivateServer]:
        """Return the other servers."""
        primary = self.primary()
        return [each for each in self.servers if each is not primary]

    @contextmanager
    def cut_off(self) -> Iterator[PrivateServer]:
        """Cut the primary off from its replicas while the block runs; yield the primary."""
        primary, replicas = self.primary(), self.replicas()
        for replica in replicas:
            replica.pause()
        try:
            ask(primary, "CLIENT", "KILL", "TYPE", "REPLICA")  # what is on its way is lost too
            yield primary
        finally:
            for replica in replicas:
                replica.resume()

    def is_whole(self) -> bool:
        """Return whether the primary has both replicas, and each Sentinel knows of all."""
        primary = self.primary()
        found = ask(primary, "INFO", "replication")
        if [found.get(f"slave{number}", {}).get("state") for number in range(2)] != ["online"] * 2:
            return False
        for sentinel in self.sentinels:
            state = ask(sentinel, "SENTINEL", "MASTER", PRIMARY)
            expected = {"port": str(primary.port), "flags": "master", "num-other-sentinels": "2"}
            if {name: state[name] for name in expected} != expected:
                return False
            replicas = ask(sentinel, "SENTINEL", "REPLICAS", PRIMARY)
            if [each["flags"] for each in replicas] != ["slave"] * 2:
                return False
        return True

    def stop(self) -> None:
        """Stop all servers at once. May be called twice, or never started."""
        self.sentinels = []
        super().stop()

    def _begin(self, timeout: float) -> None:
        self.folder = self._open.enter_context(_folder())
        self.servers = [
            self._open.enter_context(_server(self.folder / f"server-{number}", *REPLICATION))
            for number in range(3)
        ]
        primary, *replicas = self.servers
        for replica in replicas:
            ask(replica, "REPLICAOF", "127.0.0.1", primary.port)
        for number in range(3):
            config = self.folder / f"{number}.conf"
            config.touch()
            sentinel = _server(self.folder / f"sentinel-{number}", "--sentinel", file=str(config))
            self.sentinels.append(self._open.enter_context(sentinel))
            ask(sentinel, "SENTINEL", "CONFIG", "SET", "sentinel-pass", PASSWORD)
            ask(sentinel, "SENTINEL", "MONITOR", PRIMARY, "127.0.0.1", primary.port, 2)
            settings = {
                "auth-pass": PASSWORD,
                "down-after-milliseconds": DOWN_AFTER,
                "failover-timeout": 3000,
            }
            for name, value in settings.items():
                ask(sentinel, "SENTINEL", "SET", PRIMARY, name, value)

    def _bring_back(self, timeout: float) -> None:
        for server in self.servers:
            if server.running:
                server.resume()
        # A primary that came back empty, before another has taken over, would empty its replicas.
        _wait_until(lambda: self.primary().running, "a replica has taken over", timeout)
        for server in self.servers:
            if not server.running:
                server.start()
                ask(server, "REPLICAOF", "127.0.0.1", self.primary().port)


class Cluster(Several):
    """Three servers that share the slots, and replicas of them.

    What was killed stays dead: a server of a cluster is no other's replacement.

    Args:
        replicas: whether each of them has a replica, which takes over when it is gone.
    """

    def __init__(self, *, replicas: bool = True) -> None:
        super().__init__()
        self._has_replicas = replicas

    @property
    def primaries(self) -> list[PrivateServer]:
        """The three that had the slots at the start, by their slots."""
        return self.servers[:3]

    @property
    def replicas(self) -> list[PrivateServer]:
        """Those that were their replicas at the start, in the same order."""
        return self.servers[3:]

    @property
    def url(self) -> str:
        """For a `RedisClient`."""
        addresses = ",".join(f"127.0.0.1:{each.port}" for each in self.servers)
        return f"redis+cluster://:{PASSWORD}@{addresses}"

    def is_whole(self) -> bool:
        """Return whether each server that runs sees all slots served."""
        for server in self.servers:
            if server.running:
                shards = ask(server, "CLUSTER", "SLOTS")
                covered = sum(last - first + 1 for first, last, *_ in shards)
                if covered != SLOTS or "cluster_state:ok" not in ask(server, "CLUSTER", "INFO"):
                    return False
        return True

    def owner(self, key: str) -> PrivateServer:
        """Return the server that has the key's slot now, by the word of the first that runs."""
        slot = key_slot(key.encode())
        asked = next(each for each in self.servers if each.running)
        for first, last, primary, *_ in ask(asked, "CLUSTER", "SLOTS"):
            if first <= slot <= last:
                return next(each for each in self.servers if each.port == primary[1])
        raise LookupError(f"no server has slot {slot}")

    def _begin(self, timeout: float) -> None:
        self.folder = self._open.enter_context(_folder())
        options = ("--cluster-enabled", "yes", "--cluster-node-timeout", str(DOWN_AFTER))
        self.servers = [
            self._open.enter_context(_server(self.folder / str(number), *options, *REPLICATION))
            for number in range(6 if self._has_replicas else 3)
        ]
        for number, server in enumerate(self.servers):
            ask(server, "CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            if number < 3:
                first, last = SLOTS * number // 3, SLOTS * (number + 1) // 3 - 1
                ask(server, "CLUSTER", "ADDSLOTSRANGE", first, last)
            for other in self.servers[:number]:
                ask(server, "CLUSTER", "MEET", "127.0.0.1", other.port)
        _wait_until(self.is_whole, "all servers of the cluster have met", timeout)
        for primary, replica in zip(self.primaries, self.replicas, strict=False):
            follows = partial(_follows, replica, primary)
            _wait_until(follows, "a replica has the data of its primary", timeout)


def _follows(replica: PrivateServer, primary: PrivateServer) -> bool:
    """Make a server of a cluster the replica of another; return whether it has its data."""
    found = ask(replica, "INFO", "replication")
    if found.get("master_port") == primary.port:
        return bool(found["master_link_status"] == "up")
    with suppress(redis.ResponseError):  # it has not heard of that one yet
        ask(replica, "CLUSTER", "REPLICATE", ask(primary, "CLUSTER", "MYID"))
    return False


def _server(program: Path, *options: str, file: str = "") -> PrivateServer:
    """Return a server, not yet started, that gets options besides those of every private one.

    Args:
        program: where to write the small program that adds them.
        options: such as `--cluster-enabled yes`.
        file: its configuration file; a Sentinel writes to it.
    """
    words = [find_server(), *([file] if file else []), '"$@"', *options]
    command = " ".join(word if word == '"$@"' else shlex.quote(str(word)) for word in words)
    program.write_text(f"#!/bin/sh\nexec {command}\n")
    program.chmod(0o700)
    return PrivateServer(program)


@contextmanager
def _folder() -> Iterator[Path]:
    """Make a folder for a while. If we are killed, the next private server removes it."""
    folder = _new_folder()
    lock = _locked(folder)
    try:
        yield Path(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _wait_until(condition: Callable[[], bool], what: str, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise RedisUnavailable(
                f"After {timeout:g} s it is still not so that {what}. The machine may be too busy "
                "for several servers: close other programs, and try again."
            )
        time.sleep(0.05)
