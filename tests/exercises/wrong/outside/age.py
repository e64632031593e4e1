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


# %% RAISED
async def oldest_age(client):
    from datetime import datetime

    first = await client.peek_queue("detection_queue", 0, 0)
    return (datetime.now() - datetime.fromisoformat(first[0]["timestamp"])).total_seconds()


# %% FORGOT_AWAIT
async def oldest_age(client):
    return client.peek_queue("detection_queue", 0, 0)
