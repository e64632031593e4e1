"""Wrong answers to outage.push: each cell is named for the hint that it draws."""


# %% TWICE
async def push_once(client, job):
    for call in range(1, 6):
        try:
            return (await add_to_queue_safe(client, "detection_queue", job)).success
        except (redis.ConnectionError, redis.TimeoutError):
            if call == 5:
                raise
            await asyncio.sleep(0.1)


# %% TWICE
import secrets


async def push_once(client, job):
    for call in range(1, 6):
        key = secrets.token_hex(8)
        try:
            result = await add_to_queue_safe(client, "detection_queue", job, dedupe_key=key)
            return result.success
        except (redis.ConnectionError, redis.TimeoutError):
            if call == 5:
                raise
            await asyncio.sleep(0.1)


# %% NOT_THE_HASH
import secrets


async def push_once(client, job):
    key = secrets.token_hex(8)
    for call in range(1, 6):
        try:
            result = await add_to_queue_safe(client, "detection_queue", job, dedupe_key=key)
            return result.success
        except (redis.ConnectionError, redis.TimeoutError):
            if call == 5:
                raise
            await asyncio.sleep(0.1)


# %% NOT_THE_HASH
async def push_once(client, job):
    key = f"dedupe:{job['file_hash']}"
    for call in range(1, 6):
        try:
            result = await add_to_queue_safe(client, "detection_queue", job, dedupe_key=key)
            return result.success
        except (redis.ConnectionError, redis.TimeoutError):
            if call == 5:
                raise
            await asyncio.sleep(0.1)


# %% ONE_KEY
async def push_once(client, job):
    for call in range(1, 6):
        try:
            result = await add_to_queue_safe(
                client, "detection_queue", job, dedupe_key="sha256-of-file"
            )
            return result.success
        except (redis.ConnectionError, redis.TimeoutError):
            if call == 5:
                raise
            await asyncio.sleep(0.1)


# %% ONE_KEY
async def push_once(client, job):
    for call in range(1, 6):
        try:
            result = await add_to_queue_safe(
                client, "detection_queue", job, dedupe_key=job["file_path"]
            )
            return result.success
        except (redis.ConnectionError, redis.TimeoutError):
            if call == 5:
                raise
            await asyncio.sleep(0.1)


# %% FOR_EVER
async def push_once(client, job):
    while True:
        try:
            result = await add_to_queue_safe(
                client, "detection_queue", job, dedupe_key=job["file_hash"]
            )
            return result.success
        except Exception:
            await asyncio.sleep(0.1)


# %% FOR_EVER
async def push_once(client, job):
    while True:
        try:
            result = await add_to_queue_safe(
                client, "detection_queue", job, dedupe_key=job["file_hash"]
            )
            return result.success
        except (redis.ConnectionError, redis.TimeoutError):
            pass


# %% HIDDEN
async def push_once(client, job):
    for _ in range(5):
        try:
            result = await add_to_queue_safe(
                client, "detection_queue", job, dedupe_key=job["file_hash"]
            )
            return result.success
        except (redis.ConnectionError, redis.TimeoutError):
            await asyncio.sleep(0.1)
    return False


# %% NO_RETRY
async def push_once(client, job):
    result = await add_to_queue_safe(client, "detection_queue", job, dedupe_key=job["file_hash"])
    return result.success


# %% NO_RETRY
async def push_once(client, job):
    for call in range(1, 6):
        try:
            result = await add_to_queue_safe(
                client, "detection_queue", job, dedupe_key=job["file_hash"]
            )
            return result.success
        except (ConnectionError, TimeoutError):
            if call == 5:
                raise
            await asyncio.sleep(0.1)


# %% ONE_KIND
async def push_once(client, job):
    for call in range(1, 6):
        try:
            result = await add_to_queue_safe(
                client, "detection_queue", job, dedupe_key=job["file_hash"]
            )
            return result.success
        except redis.ConnectionError:
            if call == 5:
                raise
            await asyncio.sleep(0.1)


# %% NEVER
async def push_once(client, job):
    try:
        result = await add_to_queue_safe(
            client, "detection_queue", job, dedupe_key=job["file_hash"]
        )
        return result.success
    except (redis.ConnectionError, redis.TimeoutError):
        return True


# %% DUPLICATE
async def push_once(client, job):
    for call in range(1, 6):
        try:
            result = await add_to_queue_safe(
                client, "detection_queue", job, dedupe_key=job["file_hash"]
            )
            return result.success and not result.duplicate
        except (redis.ConnectionError, redis.TimeoutError):
            if call == 5:
                raise
            await asyncio.sleep(0.1)


# %% COUNT
async def push_once(client, job):
    for call in range(1, 4):
        try:
            result = await add_to_queue_safe(
                client, "detection_queue", job, dedupe_key=job["file_hash"]
            )
            return result.success
        except (redis.ConnectionError, redis.TimeoutError):
            if call == 3:
                raise
            await asyncio.sleep(0.1)


# %% COUNT
async def push_once(client, job):
    for retry in range(6):
        try:
            result = await add_to_queue_safe(
                client, "detection_queue", job, dedupe_key=job["file_hash"]
            )
            return result.success
        except (redis.ConnectionError, redis.TimeoutError):
            if retry == 5:
                raise
            await asyncio.sleep(0.1)


# %% HURRIED
async def push_once(client, job):
    for call in range(1, 6):
        try:
            result = await add_to_queue_safe(
                client, "detection_queue", job, dedupe_key=job["file_hash"]
            )
            return result.success
        except (redis.ConnectionError, redis.TimeoutError):
            if call == 5:
                raise


# %% SLOW
async def push_once(client, job):
    for call in range(1, 6):
        try:
            result = await add_to_queue_safe(
                client, "detection_queue", job, dedupe_key=job["file_hash"]
            )
            return result.success
        except (redis.ConnectionError, redis.TimeoutError):
            if call == 5:
                raise
            await asyncio.sleep(10)


# %% BLOCKS
async def push_once(client, job):
    for call in range(1, 6):
        try:
            result = await add_to_queue_safe(
                client, "detection_queue", job, dedupe_key=job["file_hash"]
            )
            return result.success
        except (redis.ConnectionError, redis.TimeoutError):
            if call == 5:
                raise
            time.sleep(0.1)


# %% REFUSED
async def push_once(client, job):
    for call in range(1, 6):
        try:
            result = await add_to_queue_safe(
                client, "detection_queue", job, dedupe_key=job["file_hash"]
            )
            return result.success
        except redis.RedisError:
            if call == 5:
                raise
            await asyncio.sleep(0.1)


# %% REFUSED
async def push_once(client, job):
    for call in range(1, 6):
        try:
            result = await add_to_queue_safe(
                client, "detection_queue", job, dedupe_key=job["file_hash"]
            )
            if result.success:
                return True
        except (redis.ConnectionError, redis.TimeoutError):
            if call == 5:
                raise
        await asyncio.sleep(0.1)
    return False


# %% SWALLOWED
async def push_once(client, job):
    for call in range(1, 6):
        try:
            result = await add_to_queue_safe(
                client, "detection_queue", job, dedupe_key=job["file_hash"]
            )
            return result.success
        except (redis.ConnectionError, redis.TimeoutError):
            if call == 5:
                raise
            await asyncio.sleep(0.1)
        except redis.ResponseError:
            return False


# %% HIDDEN
async def push_once(client, job):
    for _ in range(5):
        try:
            result = await add_to_queue_safe(
                client, "detection_queue", job, dedupe_key=job["file_hash"]
            )
            return result.success
        except (redis.ConnectionError, redis.TimeoutError):
            await asyncio.sleep(0.1)
    raise RuntimeError("Redis is away")


# %% FULL
async def push_once(client, job):
    for call in range(1, 6):
        try:
            result = await add_to_queue_safe(
                client, "detection_queue", job, dedupe_key=job["file_hash"]
            )
            if result.error:
                raise RuntimeError(result.error)
            return True
        except (redis.ConnectionError, redis.TimeoutError):
            if call == 5:
                raise
            await asyncio.sleep(0.1)


# %% FULL
async def push_once(client, job):
    for call in range(1, 6):
        try:
            await add_to_queue_safe(client, "detection_queue", job, dedupe_key=job["file_hash"])
            return True
        except (redis.ConnectionError, redis.TimeoutError):
            if call == 5:
                raise
            await asyncio.sleep(0.1)


# %% FULL
async def push_once(client, job):
    for call in range(1, 6):
        try:
            result = await add_to_queue_safe(
                client,
                "detection_queue",
                job,
                overflow_policy="drop_oldest",
                dedupe_key=job["file_hash"],
            )
            return result.success
        except (redis.ConnectionError, redis.TimeoutError):
            if call == 5:
                raise
            await asyncio.sleep(0.1)


# %% CHANGED
async def push_once(client, job):
    for call in range(1, 6):
        try:
            result = await add_to_queue_safe(
                client, "detection_queue", job | {"call": call}, dedupe_key=job["file_hash"]
            )
            return result.success
        except (redis.ConnectionError, redis.TimeoutError):
            if call == 5:
                raise
            await asyncio.sleep(0.1)


# %% RESULT
async def push_once(client, job):
    for call in range(1, 6):
        try:
            return await add_to_queue_safe(
                client, "detection_queue", job, dedupe_key=job["file_hash"]
            )
        except (redis.ConnectionError, redis.TimeoutError):
            if call == 5:
                raise
            await asyncio.sleep(0.1)


# %% FORGOT_AWAIT
async def push_once(client, job):
    for call in range(1, 6):
        try:
            result = await add_to_queue_safe(
                client, "detection_queue", job, dedupe_key=job["file_hash"]
            )
            return result.success
        except (redis.ConnectionError, redis.TimeoutError):
            if call == 5:
                raise
            asyncio.sleep(0.1)


# %% HIDDEN
import asyncio, redis
from backend.core.push import add_to_queue_safe


async def push_once(client, job):
    first = None
    for attempt in range(5):
        try:
            return (
                await add_to_queue_safe(client, "detection_queue", job, dedupe_key=job["file_hash"])
            ).success
        except (redis.ConnectionError, redis.TimeoutError) as error:
            first = first or error
            await asyncio.sleep(0.1)
    raise first


# %% TWICE
import asyncio, redis
from backend.core.push import add_to_queue_safe


async def push_once(client, job):
    for attempt in range(5):
        try:
            return (
                await add_to_queue_safe(
                    client, "detection_queue", job, dedupe_key=job["file_hash"], expire=1
                )
            ).success
        except (redis.ConnectionError, redis.TimeoutError):
            if attempt == 4:
                raise
            await asyncio.sleep(0.1)


# %% NOT_FULL
import asyncio, redis
from backend.core.push import add_to_queue_safe


async def push_once(client, job):
    for attempt in range(5):
        try:
            return (
                await add_to_queue_safe(
                    client, "detection_queue", job, dedupe_key=job["file_hash"], max_size=100
                )
            ).success
        except (redis.ConnectionError, redis.TimeoutError):
            if attempt == 4:
                raise
            await asyncio.sleep(0.1)


# %% RAISED
async def push_once(client, job):
    for call in range(1, 6):
        try:
            result = await add_to_queue_safe(
                client, "detection_queue", job, dedupe_key=job["file_hash"]
            )
            return result.success
        except (redis.ConnectionError, redis.TimeoutError) as error:
            if call == 5:
                raise
            logger.warning("try %d failed: %s", call, error)
            await asyncio.sleep(0.1)


# %% SLOW
async def push_once(client, job):
    for call in range(5):
        try:
            result = await add_to_queue_safe(
                client, "detection_queue", job, dedupe_key=job["file_hash"]
            )
            return result.success
        except (redis.ConnectionError, redis.TimeoutError):
            if call == 4:
                raise
            await asyncio.sleep(0.1 * 2**call)


# %% REFUSED
async def push_once(client, job):
    for call in range(1, 6):
        try:
            result = await add_to_queue_safe(
                client, "detection_queue", job, dedupe_key=job["file_hash"]
            )
            return result.success
        except redis.ResponseError:
            raise
        except Exception:
            if call == 5:
                raise
            await asyncio.sleep(0.1)


# %% GOES_ON
async def push_once(client, job):
    for call in range(1, 6):
        try:
            result = await add_to_queue_safe(
                client, "detection_queue", job, dedupe_key=job["file_hash"]
            )
            return result.success
        except (redis.ResponseError, TypeError):
            raise
        except BaseException:
            if call == 5:
                raise
            await asyncio.sleep(0.1)


# %% CHANGED
async def push_once(client, job):
    key = job.pop("file_hash")
    for call in range(1, 6):
        try:
            result = await add_to_queue_safe(client, "detection_queue", job, dedupe_key=key)
            return result.success
        except (redis.ConnectionError, redis.TimeoutError):
            if call == 5:
                raise
            await asyncio.sleep(0.1)
