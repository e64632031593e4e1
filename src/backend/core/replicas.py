"""What a server has acknowledged and not yet passed on is lost if a replica takes its place.

Redis answers a push first, and passes it on to its replicas then, as a rule within a millisecond.
If it dies in between, Sentinel or the Cluster makes a replica the primary, which has never heard
of the item. No queue can mend that: neither `reserve` nor a file on the old primary's disk.

A producer that must not lose an item waits for the replicas: `RedisClient(url, replicas=1)`. Each
of its calls that writes is followed by WAIT on the same connection, and fails with `NotPassedOn`
if too few of them have it in time. The item is in the queue then, and may be lost. So the producer
sends it again; with the `dedupe_key` of the first call it is in the queue once
(`backend.core.push`). A pop does not wait: its answer is the only copy of the item.

One replica is enough if it is the one that takes over: Sentinel and Cluster choose the one that has
heard most, among those that they can reach.

`min-replicas-to-write 1` in the server's configuration is the cheaper half of it: the server
refuses to write (NOREPLICAS) when no replica has been heard of for `min-replicas-max-lag` seconds.
What a server that is cut off can lose is bounded by that time; it is not none.
"""

from typing import Any

from redis import exceptions
from redis.asyncio import Redis


class NotPassedOn(exceptions.ConnectionError):
    """The call was done, and too few replicas have it. Make it again, if it may run twice."""


async def passed_on(redis: Redis, command: tuple[Any, ...], replicas: int, timeout: float) -> Any:
    """Send a command; return its answer when so many replicas have what it has written.

    Args:
        redis: a client of redis-py.
        command: the command.
        replicas: how many have to have it.
        timeout: seconds that they have for it.

    Raises:
        NotPassedOn: there were fewer, or they took longer.
    """
    # On one connection: WAIT is about what came before it on its own.
    pipeline = redis.pipeline(transaction=False)
    pipeline.execute_command(*command)
    pipeline.execute_command("WAIT", replicas, int(1000 * timeout))
    answer, have = await pipeline.execute(raise_on_error=False)
    if isinstance(answer, Exception):
        raise answer
    if isinstance(have, Exception):
        raise have
    if have < replicas:
        raise NotPassedOn(
            f"{command[0]} was done, but {have} replicas have it after {timeout:g} s, "
            f"not {replicas}: it is lost if the server dies now. Make the call again, if it may "
            "run twice."
        )
    return answer
