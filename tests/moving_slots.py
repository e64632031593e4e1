"""Move a hash slot of a Cluster to another server, as an operator does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from redis.crc import key_slot
from tests.support import until

from private_redis.server import PASSWORD
from private_redis.several import Cluster, ask


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
            ask(before, "MIGRATE", "127.0.0.1", after.port, each, 0, 5000, "AUTH", PASSWORD)
    for server in (after, before):
        ask(server, "CLUSTER", "SETSLOT", slot, "NODE", id_after)
    await until(lambda: cluster.owner(key) is after)
    await until(cluster.is_whole)
