"""Whether a server can do what the backend needs: asked once, before anything is taken from it."""

import asyncio
from typing import Any

from redis import exceptions
from redis.asyncio import Redis

OLDEST = (7, 0)
"""The oldest version: scripts with flags came with it."""


class UnsuitableServer(exceptions.ResponseError):
    """A server that answers, and cannot do what is needed. The message says what to do."""


async def refuse_unsuitable(redis: Redis, timeout: float, *, may_be_cluster: bool = False) -> None:
    """Look at what the server says of itself (INFO).

    Args:
        redis: a client of redis-py.
        timeout: seconds that the server has to answer.
        may_be_cluster: it was found as a server of a Cluster.

    Raises:
        UnsuitableServer: it is too old, a node of a cluster, or a replica that takes no writes.
    """
    try:
        async with asyncio.timeout(timeout):
            info = await redis.execute_command("INFO")
    except Exception:  # not every user may ask, and what else is wrong the next call tells
        return
    if not isinstance(info, dict):
        return
    if problem := what_is_missing(info, may_be_cluster=may_be_cluster):
        raise UnsuitableServer(problem)


def what_is_missing(info: dict[str, Any], *, may_be_cluster: bool = False) -> str | None:
    """Return why a server with this INFO is of no use, in one sentence; None if it is of use."""
    version = str(info.get("redis_version", ""))
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if len(numbers) == 2 and numbers < OLDEST:
        return f"Redis 7.0 or newer is needed, and this server is {version}: use a newer one."
    if str(info.get("cluster_enabled", "0")) == "1" and not may_be_cluster:
        return (
            "This server is a node of a Redis Cluster, where the keys of one queue may lie on "
            "different machines: use a URL like redis+cluster://host:7000 (backend.core.servers)."
        )
    if info.get("role") == "slave" and str(info.get("slave_read_only", "1")) == "1":
        primary = f"{info.get('master_host')}:{info.get('master_port')}"
        return f"This server is a replica and takes no writes: use its primary, {primary}."
    return None
