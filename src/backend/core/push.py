"""Adding to a queue with a limit, and adding once: pushes that keep a promise.

    result = await add_to_queue_safe(client, "detection_queue", detection, overflow_policy="dlq")
    if not result.success:
        ...  # the queue is full: result.error says so

    added = await add_once(client, "detection_queue", detection, dedupe_key=sha256_of_the_file)

Looking at the length first and pushing afterwards would be two steps, and between the two other
producers push as well. Here each call is one script, which Redis runs as one step.
"""

import secrets
from dataclasses import dataclass
from typing import Any, Literal, get_args

from backend.core.dead_letters import overflow_head
from backend.core.encoding import encode
from backend.core.redis import RedisClient

DEFAULT_MAX_SIZE = 10_000  # items
PRESSURE_THRESHOLD = 0.8  # of the size

OverflowPolicy = Literal["reject", "dlq", "drop_oldest"]


@dataclass(frozen=True)
class QueueAddResult:
    """What became of an item, and of those that had to make room for it."""

    success: bool
    """Whether the item is in the queue."""
    queue_length: int
    """Items in the queue after the call."""
    dropped_count: int = 0
    """The oldest items that are gone for good."""
    moved_to_dlq_count: int = 0
    """The oldest items that are now in the dead-letter queue."""
    error: str | None = None
    """Why the item is not in the queue."""
    warning: str | None = None
    """Why somebody should look at the consumers."""


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


async def add_to_queue_safe(
    client: RedisClient,
    queue_name: str,
    data: Any,
    *,
    max_size: int = DEFAULT_MAX_SIZE,
    overflow_policy: OverflowPolicy = "reject",
    dlq_name: str | None = None,
) -> QueueAddResult:
    """Add `data` at the end of the queue, which is then no longer than `max_size`.

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

    Returns:
        What was done. A full queue is an answer (`success` False), not an exception.

    Raises:
        ValueError: `max_size`, `overflow_policy` or `dlq_name` make no sense.
        TypeError: `data` cannot be JSON. Nothing is sent.
        ResponseError: a name belongs to a key that is no list (WRONGTYPE), or the server's memory
            is full (OutOfMemoryError). Nothing has changed.
        ConnectionError, TimeoutError: the answer is lost. The item may or may not be in the queue;
            it is sent once, since a second push would be a second item. See `add_once`.
    """
    _check(max_size, overflow_policy)
    dlq = dlq_name or f"dlq:overflow:{queue_name}"
    if dlq == queue_name:
        raise ValueError(f"{queue_name} cannot be its own dead-letter queue: give another dlq_name")
    added, length, oldest = await client.call(
        "EVAL",
        _ADD_SAFE,
        2,
        client.full_name(queue_name),
        client.full_name(dlq),
        encode(data),
        max_size,
        overflow_policy,
        overflow_head(queue_name),
    )
    if not added:
        error = f"{queue_name} is full ({length} of {max_size} items): the item was not added"
        return QueueAddResult(False, length, error=error)
    warning = None
    if length >= PRESSURE_THRESHOLD * max_size:
        warning = f"{queue_name} is {length / max_size:.0%} full ({length} of {max_size} items)"
    if oldest:
        what = f"moved to {dlq}" if overflow_policy == "dlq" else "dropped"
        warning = f"{queue_name} was full ({max_size} items): {oldest} of the oldest {what}"
    return QueueAddResult(
        True,
        length,
        dropped_count=oldest if overflow_policy == "drop_oldest" else 0,
        moved_to_dlq_count=oldest if overflow_policy == "dlq" else 0,
        warning=warning,
    )


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
        raise ValueError(f"threshold must be more than 0 and at most 1, not {threshold}")
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


async def add_once(
    client: RedisClient, queue_name: str, data: Any, *, dedupe_key: str, expire: int = 300
) -> bool:
    """Add `data` at the end of the queue, unless that was done in the last `expire` seconds.

    The key `dedupe:<dedupe_key>` remembers it. It is set if, and only if, the item is pushed.
    So this push may be sent again when its answer is lost, and it is: there will be one item.

    Whichever answer comes, the item has been added, and this call or an earlier one did it.
    Should the call fail with ConnectionError or TimeoutError, nobody knows: call it again with
    the same `dedupe_key`, within `expire` seconds, until there is an answer.

    Args:
        client: a connected client.
        queue_name: the queue.
        data: anything that JSON can hold.
        dedupe_key: what makes two items the same, such as the SHA-256 of a file.
        expire: seconds until the same item may be added again, counted from when it was added.
            Longer than you would go on trying.

    Returns:
        True if this call added it, also where its first try did and the answer was lost. False
        if it had been added before: by somebody else, or by an earlier call that failed for you.

    Raises:
        ValueError: `expire` is no whole number, or less than 1. Nothing is sent.
        TypeError: `data` cannot be JSON. Nothing is sent.
        ResponseError: the queue's name belongs to a key that is no list (WRONGTYPE), or the
            server's memory is full (OutOfMemoryError). Nothing has changed.
        ConnectionError, TimeoutError: the item may or may not be in the queue; see above.
    """
    if type(expire) is not int or expire < 1:
        raise ValueError(f"expire must be 1 or more whole seconds, not {expire}")
    added = await client.call(
        "EVAL",
        _ADD_ONCE,
        2,
        client.full_name(queue_name),
        client.full_name(f"dedupe:{dedupe_key}"),
        encode(data),
        expire,
        secrets.token_hex(8),  # the name of this call: its second try knows the first by it
        repeat=True,
    )
    return added == 1


def _check(max_size: int, overflow_policy: str) -> None:
    if type(max_size) is not int or max_size < 1:
        raise ValueError(f"max_size must be 1 or more items, not {max_size}")
    if overflow_policy not in (policies := get_args(OverflowPolicy)):
        raise ValueError(f"overflow_policy must be {' or '.join(policies)}, not {overflow_policy}")


# ---- the scripts, in Lua ---------------------------------------------------------------
# When the server's memory is full, neither is begun: they lack the flag allow-oom.

_ADD_SAFE = """#!lua
local queue, dlq = KEYS[1], KEYS[2]
local item, max_size, policy, head = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]

-- A script that fails half-way is not undone. So look before the first change.
for _, key in ipairs(policy == 'dlq' and {queue, dlq} or {queue}) do
    local kind = redis.call('TYPE', key).ok
    if kind ~= 'list' and kind ~= 'none' then
        return redis.error_reply('WRONGTYPE ' .. key .. ' is a ' .. kind .. ', not a queue')
    end
end

-- The entry holds the oldest item to the letter. What is no JSON becomes a JSON text with one
-- character for each byte.
local function dead_letter(oldest)
    if pcall(cjson.decode, oldest) then return head .. ',"data":' .. oldest .. '}' end
    local escaped = {}
    for byte = 128, 255 do escaped[string.char(byte)] = string.format('\\\\u%04x', byte) end
    local text = string.gsub(cjson.encode(oldest), '[\\128-\\255]', escaped)
    return head .. ',"not_json":true,"data":' .. text .. '}'
end

local length = redis.call('LLEN', queue)
local too_many = math.max(length + 1 - max_size, 0)
if too_many > 0 and policy == 'reject' then return {0, length, 0} end
for _ = 1, too_many do
    if policy == 'dlq' then
        redis.call('RPUSH', dlq, dead_letter(redis.call('LINDEX', queue, 0)))
    end
    redis.call('LPOP', queue)
end
return {1, redis.call('RPUSH', queue, item), too_many}
"""

_ADD_ONCE = """#!lua
local queue, seen = KEYS[1], KEYS[2]
local item, expire, this_call = ARGV[1], ARGV[2], ARGV[3]

local by = redis.call('GET', seen)
if by then return by == this_call and 1 or 0 end
redis.call('RPUSH', queue, item)  -- first: if it fails, the key is not set
redis.call('SET', seen, this_call, 'EX', expire)
return 1
"""
