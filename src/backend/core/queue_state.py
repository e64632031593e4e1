"""How a queue and its server are, seen from outside: what waits, how old it is, who works on it.

    before = await queue_state(client, "detection_queue")
    await asyncio.sleep(1)
    after = await queue_state(client, "detection_queue", since=before)
    print(after.waiting, after.oldest, flow(before, after).departures)

The shell's `python -m backend.tools.queues`, the endpoint `/metrics` and the drills look through
these functions. They read and change nothing. A look at a queue is one script, so its numbers
belong together. It takes the server a fraction of a millisecond, however long the queue (an item
of many megabytes takes longer, since it is copied), and its answer is small.

It works with either kind of consumer. Of those that pop (`get_from_queue`, BLPOP), Redis knows
nothing: they and what they have in hand are not seen. `blocked_clients` of `server_state` tells how
many clients wait, for whichever queue.
"""

import math
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from redis.exceptions import NoPermissionError, ResponseError

from backend.core.declared_keys import run_declaring
from backend.core.redis import RedisClient
from backend.core.scripts import load

QUEUE_STATE = load("queue_state")

LOOK = 10
"""Items at the front of a queue that are looked at for the oldest. A job of the fast path goes to
the front, so the first item is not always the oldest."""
MOST_BYTES = 65_536
"""A larger item is not looked into: it tells no age."""


@dataclass(frozen=True)
class ConsumerState:
    """A consumer that reserves, as Redis knows it."""

    name: str
    in_hand: int
    """Items that it has reserved: one, as a rule, or none."""
    age: float | None
    """Seconds since the timestamp of that item; None if there is none, or it tells no time."""
    attempt: int
    """How often that item has been handed out, this time included."""
    lease_left: float | None
    """Seconds until it counts as dead, if it gives no sign of life. None: it has run out."""
    acknowledged: int
    """Items that it has acknowledged since it joined."""

    @property
    def is_alive(self) -> bool:
        """Whether its lease still runs."""
        return self.lease_left is not None


@dataclass(frozen=True)
class QueueState:
    """A queue at one moment. Ages are seconds, by the timestamps that the producers wrote.

    An age below 0 means that a producer's clock is ahead of the server's.
    """

    queue_name: str
    time: float
    """When that was, by the server's clock: seconds since 1970."""
    waiting: int
    """Items in the queue itself (LLEN)."""
    waiting_age: float | None
    """The age of the oldest of the first ten; None if there is none, or none tells a time."""
    retrying: int
    """Items that were handed out before, and wait for a further attempt."""
    retrying_age: float | None
    """The age of the oldest of the ten that are due first."""
    dead: int
    """Dead letters: items that failed too often."""
    overflowed: int
    """Dead letters of the other kind: items that had to make room."""
    consumers: tuple[ConsumerState, ...]
    """The consumers that reserve, at most 1,000; also dead ones that nobody has swept yet."""
    last: bytes = b""
    """The last item of the queue, by which the next look knows what came behind it."""
    behind: int | None = None
    """Items that came behind the last item of the look before; None if that item is gone."""

    @property
    def in_hand(self) -> int:
        """Items that are reserved."""
        return sum(each.in_hand for each in self.consumers)

    @property
    def in_all(self) -> int:
        """Items that are not done: waiting, waiting for a retry, and in hand."""
        return self.waiting + self.retrying + self.in_hand

    @property
    def oldest(self) -> float | None:
        """The age of the oldest item that is not done, wherever it is; None if no item tells it."""
        ages = (self.waiting_age, self.retrying_age, *(each.age for each in self.consumers))
        return max((age for age in ages if age is not None), default=None)

    @property
    def alive(self) -> int:
        """Consumers whose lease still runs."""
        return sum(each.is_alive for each in self.consumers)


async def queue_state(
    client: RedisClient, queue_name: str, *, since: QueueState | None = None
) -> QueueState:
    """Return how a queue is now.

    Args:
        client: a connected client.
        queue_name: the queue.
        since: an earlier look at the same queue, if `flow` is to be asked about the time between.

    Raises:
        ResponseError: a key of the queue has the wrong type; the message names it (WRONGTYPE).
        NoPermissionError: this user may not look.
    """
    overflow = f"dlq:overflow:{queue_name}"
    keys = [queue_name, f"{queue_name}:consumers", f"{queue_name}:retry", f"dlq:{queue_name}"]
    marker = since.last if since else b""
    try:
        answer = await run_declaring(
            client, QUEUE_STATE, [*keys, overflow], "", marker, LOOK, MOST_BYTES
        )
    except ResponseError as error:
        if "ACL failure" in str(error):  # the user may run scripts, and not what is in this one
            raise NoPermissionError(str(error)) from None
        raise
    clock, waiting, its_stamps, retrying, their_stamps, dead, overflowed, all, last, behind = answer
    now = float(clock)
    consumers = (
        ConsumerState(
            name.decode(errors="replace"),
            in_hand,
            _oldest(now, [stamp]),
            attempt,
            None if left == -2 else max(left, 0) / 1000,
            acknowledged,
        )
        for name, in_hand, stamp, attempt, left, acknowledged in all
    )
    return QueueState(
        queue_name,
        now,
        waiting,
        _oldest(now, its_stamps),
        retrying,
        _oldest(now, their_stamps),
        dead,
        overflowed,
        tuple(consumers),
        last,
        None if behind < 0 else behind,
    )


def _oldest(now: float, stamps: Iterable[bytes]) -> float | None:
    """Return the greatest age, in seconds; None if no timestamp can be read."""
    ages = [now - moment for stamp in stamps if (moment := _moment(stamp)) is not None]
    return max(ages, default=None)


def _moment(stamp: bytes) -> float | None:
    """Return a timestamp as seconds since 1970. It is written so, or in ISO 8601 (default: UTC)."""
    text = stamp.decode(errors="replace")
    with suppress(ValueError):
        return seconds if math.isfinite(seconds := float(text)) else None
    with suppress(ValueError, OverflowError):
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return None


@dataclass(frozen=True)
class Flow:
    """What went through a queue between two looks at it, in items a second."""

    growth: float
    """By how much the items that are not done have become more; less than 0: fewer."""
    arrivals: float | None
    """Items that came. None: it cannot be told."""
    departures: float | None
    """Items that were done, given up, or popped. None: it cannot be told."""
    time_to_empty: float | None
    """Seconds until nothing is left at this rate; 0 if nothing is left; None: never."""


def flow(before: QueueState, after: QueueState) -> Flow:
    """Return what went through a queue between two looks; the second was told of the first."""
    seconds = max(after.time - before.time, 0.001)
    growth = (after.in_all - before.in_all) / seconds
    moved = came_and_went(before, after)
    return Flow(
        growth,
        moved and moved[0] / seconds,
        moved and moved[1] / seconds,
        0.0 if not after.in_all else after.in_all / -growth if growth < 0 else None,
    )


def came_and_went(before: QueueState, after: QueueState) -> tuple[int, int] | None:
    """Return how many items came and went between two looks; None if it cannot be told.

    What came is what went and what there is more of. Where consumers reserve, what went is what
    they have acknowledged or given up. Where they pop, nobody counts that; then what came is what
    stands behind the item that was the last one before. If that item is gone, or the queue was
    empty, it cannot be told.
    """
    more = after.in_all - before.in_all
    if before.consumers or after.consumers:
        went = _done(before, after)
        return max(went + more, 0), went
    if after.behind is not None:
        return after.behind, max(after.behind - more, 0)
    return None


def _done(before: QueueState, after: QueueState) -> int:
    """Return how many items were acknowledged or given up between two looks.

    What a consumer acknowledged after the first look is missed if it left before the second.
    """
    earlier = {each.name: each.acknowledged for each in before.consumers}
    done = max(after.dead - before.dead, 0) + max(after.overflowed - before.overflowed, 0)
    for each in after.consumers:
        known = earlier.get(each.name, 0)
        # Fewer than before: it has joined anew.
        done += each.acknowledged - (known if known <= each.acknowledged else 0)
    return done


@dataclass(frozen=True)
class ServerState:
    """What the server says of itself (INFO)."""

    version: str
    uptime: float
    """Seconds since it started."""
    connected_clients: int
    blocked_clients: int
    """Clients that wait in a blocking call, such as an idle consumer."""
    used_memory: int
    """Bytes."""
    max_memory: int
    """Bytes that it may use; 0: no limit of its own."""
    evicted_keys: int
    """Keys removed to make room, since it started."""

    @property
    def memory_ratio(self) -> float | None:
        """Used memory by the limit: 1.0 is full. None if there is no limit."""
        return self.used_memory / self.max_memory if self.max_memory else None


async def server_state(client: RedisClient) -> ServerState | None:
    """Return how the server is; None if this user may not ask (INFO).

    Args:
        client: a connected client.
    """
    try:
        info = await client.call("INFO", repeat=True)
    except NoPermissionError:
        return None
    return ServerState(
        str(info["redis_version"]),
        float(info["uptime_in_seconds"]),
        info["connected_clients"],
        info["blocked_clients"],
        info["used_memory"],
        info["maxmemory"],
        info["evicted_keys"],
    )
