"""The push of a producer that keeps two promises: a limit, and each item once.

    result = await add_to_queue_safe(
        client,
        "detection_queue",
        job,
        max_size=10_000,
        overflow_policy="dlq",
        dedupe_key=sha256_of_the_file,
    )
    if not result.success:
        ...  # the queue is full: result.error says so

Looking at the length first and pushing afterwards would be two steps, and between the two other
producers push as well. So a push is one script (`lua/push.lua`), which Redis runs as one step.
"""

import secrets
from dataclasses import dataclass
from typing import Any, Literal, get_args

from backend.core.dead_letters import overflow_head
from backend.core.encoding import encode_item
from backend.core.redis import RedisClient
from backend.core.scripts import load

PUSH = load("push")

DEFAULT_MAX_SIZE = 10_000  # items
PRESSURE_THRESHOLD = 0.8  # of the size
LONGEST_EXPIRE = 10**11  # seconds, 3,000 years; Redis has room for ten thousand times as many
DEDUPE_TTL = 300  # seconds for which a dedupe key is remembered

OverflowPolicy = Literal["reject", "dlq", "drop_oldest"]


@dataclass(frozen=True)
class QueueAddResult:
    """What became of an item, and of those that had to make room for it."""

    success: bool
    """Whether the item was added: by this call, or by an earlier one with the same dedupe key."""
    queue_length: int
    """Items in the queue after the call."""
    duplicate: bool = False
    """Whether it was an earlier call that added it."""
    dropped_count: int = 0
    """The oldest items that are gone for good."""
    moved_to_dlq_count: int = 0
    """The oldest items that are now in the dead-letter queue."""
    error: str | None = None
    """Why the item was not added."""
    warning: str | None = None
    """Why somebody should look at the consumers."""


async def add_to_queue_safe(
    client: RedisClient,
    queue_name: str,
    data: Any,
    *,
    max_size: int = DEFAULT_MAX_SIZE,
    overflow_policy: OverflowPolicy = "reject",
    dlq_name: str | None = None,
    dedupe_key: str | None = None,
    expire: int = DEDUPE_TTL,
) -> QueueAddResult:
    """Add `data` at the end of the queue, which is then no longer than `max_size`.

    A push without a `dedupe_key` is sent once, since a second push would be a second item. With a
    `dedupe_key` it may be sent again, and is when its answer is lost: the key
    `dedupe:<dedupe_key>` is set if, and only if, the item is added.

    Args:
        client: a connected client.
        queue_name: the queue.
        data: anything that JSON can hold.
        max_size: items that the queue may hold, this one included.
        overflow_policy: what to do when it is full. `reject`: add nothing. `dlq`: move the oldest
            items to the dead-letter queue. `drop_oldest`: remove the oldest items for good.
            A queue that is longer than `max_size` already is brought down to it.
        dlq_name: the dead-letter queue; by default `dlq:overflow:<queue_name>`. It has no limit
            of its own.
        dedupe_key: what makes two items the same, such as the SHA-256 of a file. What was added
            with it in the last `expire` seconds is not added again, wherever it is now.
        expire: seconds until the same item may be added again, counted from when it was added.
            Longer than you would go on trying.

    Returns:
        What was done. A full queue is an answer (`success` False), not an exception; so is an
        item that was added before (`duplicate` True).

    Raises:
        ValueError: `max_size`, `overflow_policy`, `dlq_name` or `expire` make no sense, or `data`
            is larger than 16 MB as JSON. Nothing is sent.
        TypeError: `data` cannot be JSON. Nothing is sent.
        ResponseError: a name belongs to a key that is no list (WRONGTYPE), or the server's memory
            is full (OutOfMemoryError). Nothing has changed.
        ConnectionError, TimeoutError: the answer is lost. The item may or may not be in the queue.
            With a `dedupe_key`, call again within `expire` seconds until there is an answer.
    """
    _check(max_size, overflow_policy)
    if type(expire) is not int or expire < 1:
        raise ValueError(f"expire must be 1 or more whole seconds, not {expire!r}")
    if expire > LONGEST_EXPIRE:  # Redis would refuse it when the item is in the queue already
        raise ValueError(f"expire must be {LONGEST_EXPIRE:,} seconds or less, not {expire!r}")
    dlq = dlq_name or f"dlq:overflow:{queue_name}"
    if dlq == queue_name:
        raise ValueError(f"{queue_name} cannot be its own dead-letter queue: give another dlq_name")
    outcome, length, made_room = await client.run(
        PUSH,
        [queue_name, dlq] + ([] if dedupe_key is None else [f"dedupe:{dedupe_key}"]),
        encode_item(data),
        max_size,
        overflow_policy,
        overflow_head(queue_name),
        secrets.token_hex(8),  # the name of this call: its second try knows the first by it
        expire,
        repeat=dedupe_key is not None,
    )
    if outcome == b"full":
        error = f"{queue_name} is full ({length} of {max_size} items): the item was not added"
        return QueueAddResult(False, length, error=error)
    return QueueAddResult(
        True,
        length,
        duplicate=outcome == b"duplicate",
        dropped_count=made_room if overflow_policy == "drop_oldest" else 0,
        moved_to_dlq_count=made_room if overflow_policy == "dlq" else 0,
        warning=_warning(queue_name, length, max_size, made_room, dlq, overflow_policy),
    )


def _warning(
    queue_name: str, length: int, max_size: int, made_room: int, dlq: str, policy: OverflowPolicy
) -> str | None:
    if made_room:
        what = f"moved to {dlq}" if policy == "dlq" else "dropped"
        return f"{queue_name} was full ({max_size} items): {made_room} of the oldest {what}"
    if length >= PRESSURE_THRESHOLD * max_size:
        return f"{queue_name} is {length / max_size:.0%} full ({length} of {max_size} items)"
    return None


@dataclass(frozen=True)
class QueuePressure:
    """How full a queue is."""

    queue_name: str
    current_length: int
    max_size: int
    fill_ratio: float
    """Length by size: 1.0 is full. More, if somebody pushed without looking at the size."""
    is_at_pressure_threshold: bool
    is_full: bool
    overflow_policy: OverflowPolicy


async def get_queue_pressure(
    client: RedisClient,
    queue_name: str,
    *,
    max_size: int = DEFAULT_MAX_SIZE,
    threshold: float = PRESSURE_THRESHOLD,
    overflow_policy: OverflowPolicy = "reject",
) -> QueuePressure:
    """Return how full the queue is: for a health page, or for a producer that can slow down.

    Args:
        client: a connected client.
        queue_name: the queue.
        max_size: items that the queue may hold.
        threshold: the fill ratio from which on it is under pressure.
        overflow_policy: handed through to the result, for whoever reads it.

    Raises:
        ValueError: `max_size`, `threshold` or `overflow_policy` make no sense.
    """
    _check(max_size, overflow_policy)
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold must be more than 0 and at most 1, not {threshold!r}")
    length = await client.get_queue_length(queue_name)
    return QueuePressure(
        queue_name=queue_name,
        current_length=length,
        max_size=max_size,
        fill_ratio=length / max_size,
        is_at_pressure_threshold=length >= threshold * max_size,
        is_full=length >= max_size,
        overflow_policy=overflow_policy,
    )


def _check(max_size: int, overflow_policy: str) -> None:
    if type(max_size) is not int or max_size < 1:
        raise ValueError(f"max_size must be 1 or more items, not {max_size!r}")
    if overflow_policy not in (policies := get_args(OverflowPolicy)):
        known = " or ".join(policies)
        raise ValueError(f"overflow_policy must be {known}, not {overflow_policy!r}")
