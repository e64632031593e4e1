"""Right answers to outage.push, each in its own way."""


# %% COUNTS_WHAT_IS_LEFT
async def push_once(client, job):
    left = 5
    while True:
        try:
            added = await add_to_queue_safe(
                client, "detection_queue", job, dedupe_key=job["file_hash"]
            )
        except (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError):
            left -= 1
            if not left:
                raise
            await asyncio.sleep(0.1)
        else:
            return added.success


# %% THE_LAST_CALL_STANDS_ALONE
from contextlib import suppress


async def push_once(client, job):
    async def once():
        key = job["file_hash"]
        return (await add_to_queue_safe(client, "detection_queue", job, dedupe_key=key)).success

    for _ in range(4):
        with suppress(redis.ConnectionError, redis.TimeoutError):
            return await once()
        await asyncio.sleep(0.1)
    return await once()


# %% CALLS_ITSELF
async def push_once(client, job, calls=5):
    try:
        result = await add_to_queue_safe(
            client, "detection_queue", job, dedupe_key=job["file_hash"]
        )
    except (redis.ConnectionError, redis.TimeoutError):
        if calls == 1:
            raise
        await asyncio.sleep(0.1)
        return await push_once(client, job, calls - 1)
    return result.error is None


# %% KEEPS_THE_ERROR
async def push_once(client, job):
    last = None
    for call in range(5):
        if call:
            await asyncio.sleep(0.1)
        try:
            result = await add_to_queue_safe(
                client, "detection_queue", job, dedupe_key=job["file_hash"]
            )
        except redis.RedisError as error:
            if not isinstance(error, redis.ConnectionError | redis.TimeoutError):
                raise
            last = error
        else:
            return result.success
    raise last


# %% LOOKS_AT_THE_PRESSURE_FIRST
from backend.core.push import get_queue_pressure


async def push_once(client, job):
    for call in range(5):
        try:
            pressure = await get_queue_pressure(client, "detection_queue")
            if pressure.is_full and not await client.exists(f"dedupe:{job['file_hash']}"):
                return False
            result = await add_to_queue_safe(
                client, "detection_queue", job, dedupe_key=job["file_hash"]
            )
            return result.success
        except (redis.ConnectionError, redis.TimeoutError):
            if call == 4:
                raise
            await asyncio.sleep(0.1)
