"""Redis's own ways beyond one server, for real and on loopback: Sentinel, and a Cluster."""

from __future__ import annotations

import asyncio
import shlex
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis
from redis.crc import key_slot
from tests.support import until, wait_until

from private_redis import PrivateServer, client_without_retries, find_server

PRIMARY = "home_security"
"""The name under which the Sentinels know the primary."""
DOWN_AFTER = 2000
"""Milliseconds without an answer after which a server counts as gone."""
SLOTS = 16384


def ask(server: PrivateServer, *command: Any) -> Any:
    """Send a command to a server, and return the answer."""
    with client_without_retries(server.url, timeout=5.0) as client:
        return client.execute_command(*command)


def server_with(folder: Path, *options: str, file: str = "") -> PrivateServer:
    """Return a server, not yet started, that gets options besides those of every private one."""
    folder.mkdir(parents=True)
    program = folder / "server"
    words = [find_server(), *([file] if file else []), '"$@"', *options]
    command = " ".join(word if word == '"$@"' else shlex.quote(str(word)) for word in words)
    program.write_text(f"#!/bin/sh\nexec {command}\n")
    program.chmod(0o700)
    return PrivateServer(program)


@dataclass
class SentinelSet:
    """A primary with two replicas, and three Sentinels that watch them."""

    servers: list[PrivateServer]
    sentinels: list[PrivateServer]

    @property
    def url(self) -> str:
        """For a `RedisClient`."""
        addresses = ",".join(f"127.0.0.1:{each.port}" for each in self.sentinels)
        return f"redis+sentinel://{addresses}/{PRIMARY}/0"

    def primary(self) -> PrivateServer:
        """Return the server that is the primary now, by the word of the first Sentinel."""
        _, port = ask(self.sentinels[0], "SENTINEL", "GET-MASTER-ADDR-BY-NAME", PRIMARY)
        return next(each for each in self.servers if each.port == int(port))

    def replicas(self) -> list[PrivateServer]:
        """Return the other servers."""
        primary = self.primary()
        return [each for each in self.servers if each is not primary]

    def is_whole(self) -> bool:
        """Return whether the primary has both replicas, and each Sentinel knows of all."""
        if ask(self.primary(), "INFO", "replication")["connected_slaves"] != 2:
            return False
        states = [ask(each, "SENTINEL", "MASTER", PRIMARY) for each in self.sentinels]
        return all(
            (each["num-slaves"], each["num-other-sentinels"]) == ("2", "2")
            and each["flags"] == "master"
            for each in states
        )


@contextmanager
def sentinel_set() -> Iterator[SentinelSet]:
    """Start a primary, its replicas and the Sentinels."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        replication = ("--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1")
        servers = [
            stack.enter_context(server_with(folder / f"server-{number}", *replication))
            for number in range(3)
        ]
        for replica in servers[1:]:
            ask(replica, "REPLICAOF", "127.0.0.1", servers[0].port)
        sentinels = []
        for number in range(3):
            config = folder / f"{number}.conf"
            config.touch()
            sentinel = server_with(folder / f"sentinel-{number}", "--sentinel", file=str(config))
            sentinels.append(stack.enter_context(sentinel))
            ask(sentinel, "SENTINEL", "MONITOR", PRIMARY, "127.0.0.1", servers[0].port, 2)
            settings = {"down-after-milliseconds": DOWN_AFTER, "failover-timeout": 3000}
            for name, value in settings.items():
                ask(sentinel, "SENTINEL", "SET", PRIMARY, name, value)
        started = SentinelSet(servers, sentinels)
        wait_until(started.is_whole, "the Sentinels know of all servers", within=30)
        yield started


@dataclass
class Cluster:
    """Three servers that share the slots, each with a replica."""

    primaries: list[PrivateServer]
    replicas: list[PrivateServer]

    @property
    def servers(self) -> list[PrivateServer]:
        """All of them."""
        return self.primaries + self.replicas

    @property
    def url(self) -> str:
        """For a `RedisClient`."""
        return "redis+cluster://" + ",".join(f"127.0.0.1:{each.port}" for each in self.servers)

    def is_whole(self) -> bool:
        """Return whether each server sees all slots served, and all replicas in place."""
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
        with client_without_retries(asked.url, timeout=5.0) as client:
            for first, last, primary, *_ in client.execute_command("CLUSTER", "SLOTS"):
                if first <= slot <= last:
                    return next(each for each in self.servers if each.port == primary[1])
        raise LookupError(f"no server has slot {slot}")


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Start the servers of a cluster, and put them together."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        options = ("--cluster-enabled", "yes", "--cluster-node-timeout", str(DOWN_AFTER))
        replication = ("--repl-diskless-sync-delay", "0")
        servers = [
            stack.enter_context(server_with(folder / str(number), *options, *replication))
            for number in range(6)
        ]
        for number, server in enumerate(servers):
            ask(server, "CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            if number < 3:
                first, last = SLOTS * number // 3, SLOTS * (number + 1) // 3 - 1
                ask(server, "CLUSTER", "ADDSLOTSRANGE", first, last)
            for other in servers[:number]:
                ask(server, "CLUSTER", "MEET", "127.0.0.1", other.port)
        started = Cluster(servers[:3], servers[3:])
        wait_until(started.is_whole, "all servers of the cluster have met", within=30)
        for primary, replica in zip(started.primaries, started.replicas, strict=True):
            id = ask(primary, "CLUSTER", "MYID")

            def follows(replica: PrivateServer = replica, id: str = id) -> bool:
                try:
                    ask(replica, "CLUSTER", "REPLICATE", id)
                except redis.ResponseError:  # it has not heard of that one yet
                    return False
                return True

            wait_until(follows, "a replica knows its primary", within=30)
        for replica in started.replicas:
            wait_until(
                lambda replica=replica: (
                    ask(replica, "INFO", "replication")["master_link_status"] == "up"
                ),
                "a replica has the data of its primary",
            )
        yield started


async def nothing() -> None:
    """Do nothing."""


async def move_slot(
    cluster: Cluster, key: str, *, half_way: Callable[[], Awaitable[None]] = nothing
) -> None:
    """Move the key's slot to another server, key by key, and await `half_way` between two keys."""
    slot, before = key_slot(key.encode()), cluster.owner(key)
    after = next(
        each
        for each in cluster.servers
        if each is not before and ask(each, "INFO", "replication")["role"] == "master"
    )
    id_before, id_after = ask(before, "CLUSTER", "MYID"), ask(after, "CLUSTER", "MYID")
    ask(after, "CLUSTER", "SETSLOT", slot, "IMPORTING", id_before)
    ask(before, "CLUSTER", "SETSLOT", slot, "MIGRATING", id_after)
    first = True
    while keys := await asyncio.to_thread(ask, before, "CLUSTER", "GETKEYSINSLOT", slot, 100):
        for number, each in enumerate(keys):
            if first and number == len(keys) // 2:
                await half_way()
                first = False
            ask(before, "MIGRATE", "127.0.0.1", after.port, each, 0, 5000)
    for server in (after, before):
        ask(server, "CLUSTER", "SETSLOT", slot, "NODE", id_after)
    await until(lambda: cluster.owner(key) is after)
    await until(cluster.is_whole)
