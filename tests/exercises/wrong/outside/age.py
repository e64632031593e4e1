"""Wrong answers to outside.age: each cell is named for the hint that it draws."""


# %% NEWEST
async def oldest_age(client):
    from datetime import UTC, datetime

    last = await client.peek_queue("detection_queue", -1, -1)
    return (datetime.now(UTC) - datetime.fromisoformat(last[0]["timestamp"])).total_seconds()


# %% ZONE
async def oldest_age(client):
    from datetime import UTC, datetime

    first = await client.peek_queue("detection_queue", 0, 0)
    taken = datetime.fromisoformat(first[0]["timestamp"]).replace(tzinfo=UTC)
    return (datetime.now(UTC) - taken).total_seconds()


# %% UNIT
async def oldest_age(client):
    from datetime import UTC, datetime

    first = await client.peek_queue("detection_queue", 0, 0)
    taken = datetime.fromisoformat(first[0]["timestamp"])
    return (datetime.now(UTC) - taken).total_seconds() / 60


# %% NO_NUMBER
async def oldest_age(client):
    from datetime import UTC, datetime

    first = await client.peek_queue("detection_queue", 0, 0)
    return datetime.now(UTC) - datetime.fromisoformat(first[0]["timestamp"])


# %% NO_NUMBER
async def oldest_age(client):
    first = await client.peek_queue("detection_queue", 0, 0)
    return first[0]["timestamp"]


# %% EMPTY
async def oldest_age(client):
    from datetime import UTC, datetime

    first = await client.peek_queue("detection_queue", 0, 0)
    if not first:
        return 0
    return (datetime.now(UTC) - datetime.fromisoformat(first[0]["timestamp"])).total_seconds()


# %% EMPTY_RAISES
async def oldest_age(client):
    from datetime import UTC, datetime

    (first,) = await client.peek_queue("detection_queue", 0, 0)
    return (datetime.now(UTC) - datetime.fromisoformat(first["timestamp"])).total_seconds()


# %% WHOLE_QUEUE
async def oldest_age(client):
    from datetime import UTC, datetime

    jobs = await client.peek_queue("detection_queue")
    if not jobs:
        return None
    return (datetime.now(UTC) - datetime.fromisoformat(jobs[0]["timestamp"])).total_seconds()


# %% CHANGED
async def oldest_age(client):
    from datetime import UTC, datetime

    job = await client.get_from_queue("detection_queue", timeout=0.1)
    if job is None:
        return None
    await client.add_to_queue("detection_queue", job)
    return (datetime.now(UTC) - datetime.fromisoformat(job["timestamp"])).total_seconds()


# %% OTHER
async def oldest_age(client):
    return await client.get_queue_length("detection_queue")


# %% NAIVE
async def oldest_age(client):
    from datetime import datetime

    first = await client.peek_queue("detection_queue", 0, 0)
    return (datetime.now() - datetime.fromisoformat(first[0]["timestamp"])).total_seconds()


# %% FORGOT_AWAIT
async def oldest_age(client):
    return client.peek_queue("detection_queue", 0, 0)


# %% OLDEST
from backend.core.queue_state import queue_state


async def oldest_age(client):
    return (await queue_state(client, "detection_queue")).oldest


# %% ZONE
from datetime import UTC, datetime, timedelta


async def oldest_age(client):
    front = await client.peek_queue("detection_queue", 0, 0)
    if not front:
        return None
    text = front[0]["timestamp"].replace("Z", "+00:00")
    base, zone = datetime.fromisoformat(text[:-6]), int(text[-6:-3])
    return (datetime.now(UTC).replace(tzinfo=None) - (base - timedelta(hours=zone))).total_seconds()


# %% EMPTY_RAISES
from datetime import UTC, datetime


async def oldest_age(client):
    if await client.get_queue_length("detection_queue") == 0:
        return None
    front = await client.peek_queue("detection_queue", 0, 0)
    return (datetime.now(UTC) - datetime.fromisoformat(front[0]["timestamp"])).total_seconds()


# %% DAYS
from datetime import UTC, datetime


async def oldest_age(client):
    front = await client.peek_queue("detection_queue", 0, 0)
    if not front:
        return None
    return (datetime.now(UTC) - datetime.fromisoformat(front[0]["timestamp"])).seconds


# %% FORMAT
from datetime import UTC, datetime


async def oldest_age(client):
    front = await client.peek_queue("detection_queue", 0, 0)
    if not front:
        return None
    taken = datetime.strptime(front[0]["timestamp"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return (datetime.now(UTC) - taken).total_seconds()


# %% NEGATIVE
from datetime import UTC, datetime


async def oldest_age(client):
    front = await client.peek_queue("detection_queue", 0, 0)
    if not front:
        return None
    return (datetime.fromisoformat(front[0]["timestamp"]) - datetime.now(UTC)).total_seconds()


# %% REMEMBERED
from datetime import UTC, datetime

ages = {}


async def oldest_age(client):
    if "detection_queue" not in ages:
        front = await client.peek_queue("detection_queue", 0, 0)
        if not front:
            return None
        taken = datetime.fromisoformat(front[0]["timestamp"])
        ages["detection_queue"] = (datetime.now(UTC) - taken).total_seconds()
    return ages["detection_queue"]


# %% REMEMBERED
from datetime import UTC, datetime


async def oldest_age(client, known=[]):
    if not known:
        known += await client.peek_queue("detection_queue", 0, 0)
    if not known:
        return None
    return (datetime.now(UTC) - datetime.fromisoformat(known[0]["timestamp"])).total_seconds()


# %% ZONE
from datetime import UTC, datetime


async def oldest_age(client):
    first = await client.peek_queue("detection_queue", 0, 0)
    if not first:
        return None
    taken = datetime.fromisoformat(first[0]["timestamp"]).astimezone(UTC).replace(tzinfo=None)
    return (datetime.now() - taken).total_seconds()


# %% FORMAT
from datetime import UTC, datetime


async def oldest_age(client):
    first = await client.peek_queue("detection_queue", 0, 0)
    if not first:
        return None
    taken = datetime.strptime(first[0]["timestamp"], "%Y-%m-%dT%H:%M:%S.%f%z")
    return (datetime.now(UTC) - taken).total_seconds()


# %% EMPTY
from datetime import UTC, datetime


async def oldest_age(client):
    if not await client.get_queue_length("detection_queue"):
        return None
    first = await client.peek_queue("detection_queue", 0, 0)
    if not first:
        return 0.0
    return (datetime.now(UTC) - datetime.fromisoformat(first[0]["timestamp"])).total_seconds()


# %% REMEMBERED
import functools
from datetime import UTC, datetime


@functools.cache
async def oldest_age(client):
    first = await client.peek_queue("detection_queue", 0, 0)
    if not first:
        return None
    return (datetime.now(UTC) - datetime.fromisoformat(first[0]["timestamp"])).total_seconds()
