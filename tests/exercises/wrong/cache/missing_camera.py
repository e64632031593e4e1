"""Wrong answers to cache.missing_camera: each cell is named for the hint that it draws."""


# %% NOT_STORED
async def camera_status(client, camera_id, ask_camera):
    status = await client.get(f"camera:{camera_id}:status")
    if status is None:
        status = await ask_camera(camera_id)
    return status


# %% NO_TTL
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        status = await ask_camera(camera_id)
        await client.set(key, status)
    return status


# %% WRONG_TTL
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        status = await ask_camera(camera_id)
        await client.set(key, status, expire=300_000)
    return status


# %% NOT_ASKED
async def camera_status(client, camera_id, ask_camera):
    status = await client.get(f"camera:{camera_id}:status")
    return {"status": "unknown"} if status is None else status


# %% ESCAPES
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        status = await ask_camera(camera_id)
        await client.set(key, status, expire=300)
    return status


# %% ASKED_AGAIN
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        try:
            status = await ask_camera(camera_id)
        except TimeoutError:
            return {"status": "unknown"}
        await client.set(key, status, expire=300)
    return status


# %% UNKNOWN_TOO_LONG
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        try:
            status = await ask_camera(camera_id)
        except Exception:
            status = {"status": "unknown"}
        await client.set(key, status, expire=300)
    return status


# %% NULL
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        try:
            status = await ask_camera(camera_id)
        except TimeoutError:
            status = None
        await client.set(key, status, expire=300)
    return status


# %% FORGOT_AWAIT
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        status = ask_camera(camera_id)
        await client.set(key, status, expire=300)
    return status


# %% IGNORES_CACHE
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None or status.get("from"):
        status, ttl = {"status": "unknown"}, 10
        try:
            status, ttl = await ask_camera(camera_id), 300
        except TimeoutError:
            pass
        await client.set(key, status, expire=ttl)
    return status


# %% OTHER_PLACE
async def camera_status(client, camera_id, ask_camera):
    key = f"cache:{camera_id}"
    status = await client.get(key)
    if status is None:
        status, ttl = {"status": "unknown"}, 10
        try:
            status, ttl = await ask_camera(camera_id), 300
        except TimeoutError:
            pass
        await client.set(key, status, expire=ttl)
    return status


# %% UNKNOWN_TOO_SHORT
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        status, ttl = {"status": "unknown"}, 1
        try:
            status, ttl = await ask_camera(camera_id), 300
        except TimeoutError:
            pass
        await client.set(key, status, expire=ttl)
    return status


# %% OTHER_WORD
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        status, ttl = "unknown", 10
        try:
            status, ttl = await ask_camera(camera_id), 300
        except TimeoutError:
            pass
        await client.set(key, status, expire=ttl)
    return status


# %% WRONG_TTL
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        try:
            status, ttl = await ask_camera(camera_id), 300
        except TimeoutError:
            status, ttl = {"status": "unknown"}, 10
        await client.set(key, status, expire=300 if status["status"] == "online" else 10)
    return status


# %% WRONG_TTL
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        try:
            status, ttl = await ask_camera(camera_id), 10
        except TimeoutError:
            status, ttl = {"status": "unknown"}, 300
        await client.set(key, status, expire=ttl)
    return status


# %% OTHER_WORD
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        try:
            status, ttl = await ask_camera(camera_id), 300
        except TimeoutError:
            status, ttl = "unknown", 10
        await client.set(key, status, expire=ttl)
    return status


# %% OTHER_WORD
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        try:
            status, ttl = await ask_camera(camera_id), 300
        except TimeoutError:
            status, ttl = {"camera_id": camera_id, "status": "unknown"}, 10
        await client.set(key, status, expire=ttl)
    return status


# %% NOT_RETURNED
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is not None:
        return status
    if status is None:
        try:
            status, ttl = await ask_camera(camera_id), 300
        except TimeoutError:
            status, ttl = {"status": "unknown"}, 10
        await client.set(key, status, expire=ttl)
    pass


# %% NOT_RETURNED
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        try:
            status, ttl = await ask_camera(camera_id), 300
        except TimeoutError:
            status, ttl = {"status": "unknown"}, 10
        await client.set(key, status, expire=ttl)
    pass


# %% TOUCHED
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status:
        await client.call("EXPIRE", client.full_name(key), 300)
    if status is None:
        try:
            status, ttl = await ask_camera(camera_id), 300
        except TimeoutError:
            status, ttl = {"status": "unknown"}, 10
        await client.set(key, status, expire=ttl)
    return status


# %% TOUCHED
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status, ttl = await client.get(key), 300
    if status is None:
        try:
            status = await ask_camera(camera_id)
        except TimeoutError:
            status, ttl = {"status": "unknown"}, 10
    await client.set(key, status, expire=ttl)
    return status


# %% IGNORES_CACHE
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    try:
        status, ttl = await ask_camera(camera_id), 300
    except TimeoutError:
        status, ttl = {"status": "unknown"}, 10
    await client.set(key, status, expire=ttl)
    return status


# %% OTHER_PLACE
KNOWN = {}


async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    if camera_id not in KNOWN:
        try:
            KNOWN[camera_id] = await ask_camera(camera_id)
        except TimeoutError:
            KNOWN[camera_id] = {"status": "unknown"}
    return KNOWN[camera_id]


# %% REMEMBERED
KNOWN = {}


async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    if camera_id in KNOWN:
        return KNOWN[camera_id]
    status = await client.get(key)
    if status is None:
        try:
            status, ttl = await ask_camera(camera_id), 300
        except TimeoutError:
            status, ttl = {"status": "unknown"}, 10
        await client.set(key, status, expire=ttl)
    KNOWN[camera_id] = status
    return status


# %% OTHER_PLACE
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    key = f"status:{camera_id}"
    status = await client.get(key)
    if status is None:
        try:
            status, ttl = await ask_camera(camera_id), 300
        except TimeoutError:
            status, ttl = {"status": "unknown"}, 10
        await client.set(key, status, expire=ttl)
    return status


# %% TWO_STEPS
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        try:
            status, ttl = await ask_camera(camera_id), 300
        except TimeoutError:
            status, ttl = {"status": "unknown"}, 10
        await client.set(key, status)
        await client.call("EXPIRE", client.full_name(key), ttl)
    return status


# %% UNKNOWN_TOO_SHORT
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        try:
            status, ttl = await ask_camera(camera_id), 300
        except TimeoutError:
            status, ttl = {"status": "unknown"}, 9
        await client.set(key, status, expire=ttl)
    return status


# %% UNKNOWN_TOO_LONG
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        try:
            status, ttl = await ask_camera(camera_id), 300
        except TimeoutError:
            status, ttl = {"status": "unknown"}, 11
        await client.set(key, status, expire=ttl)
    return status


# %% WRONG_TTL
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        try:
            status, ttl = await ask_camera(camera_id), 299
        except TimeoutError:
            status, ttl = {"status": "unknown"}, 10
        await client.set(key, status, expire=ttl)
    return status


# %% OTHER_ID
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        try:
            await ask_camera(camera_id)
            status, ttl = await ask_camera(camera_id), 300
        except TimeoutError:
            status, ttl = {"status": "unknown"}, 10
        await client.set(key, status, expire=ttl)
    return status


# %% OTHER_ID
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        try:
            status, ttl = await ask_camera(key), 300
        except TimeoutError:
            status, ttl = {"status": "unknown"}, 10
        await client.set(key, status, expire=ttl)
    return status


# %% OTHER_PLACE
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status == "unknown":
        return {"status": "unknown"}
    if status is None:
        try:
            status, ttl = await ask_camera(camera_id), 300
        except TimeoutError:
            await client.set(key, "unknown", expire=10)
            return {"status": "unknown"}
        await client.set(key, status, expire=ttl)
    return status


# %% OTHER_PLACE
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if await client.exists(key + ":silent"):
        return {"status": "unknown"}
    if status is None:
        try:
            status, ttl = await ask_camera(camera_id), 300
        except TimeoutError:
            await client.set(key + ":silent", 1, expire=10)
            return {"status": "unknown"}
        await client.set(key, status, expire=ttl)
    return status


# %% NOT_ASKED
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        if camera_id == "garage":
            status, ttl = {"status": "unknown"}, 10
        else:
            status, ttl = await ask_camera(camera_id), 300
        await client.set(key, status, expire=ttl)
    return status


# %% OTHER_PLACE
import json


async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        try:
            status, ttl = await ask_camera(camera_id), 300
        except TimeoutError:
            status, ttl = {"status": "unknown"}, 10
        await client.set(key, json.dumps(status), expire=ttl)
    return status


# %% FORGOT_AWAIT
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        try:
            status, ttl = ask_camera(camera_id), 300
        except TimeoutError:
            status, ttl = {"status": "unknown"}, 10
        await client.set(key, status, expire=ttl)
    return status


# %% ESCAPES
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        try:
            status, ttl = await ask_camera(camera_id), 300
        except TimeoutError:
            await client.set(key, {"status": "unknown"}, expire=10)
            raise
        await client.set(key, status, expire=ttl)
    return status


# %% NOT_ASKED
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is not None:
        try:
            status, ttl = await ask_camera(camera_id), 300
        except TimeoutError:
            status, ttl = {"status": "unknown"}, 10
        await client.set(key, status, expire=ttl)
    return status


# %% EXPIRED
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    if await client.exists(key):
        return await client.get(key)
    try:
        answer = await ask_camera(camera_id)
    except TimeoutError:
        answer = dict(status="unknown")
        await client.set(key, answer, 10)
    else:
        await client.set(key, answer, 300)
    return answer


# %% GOES_ON
async def camera_status(client, camera_id, ask_camera):
    key, ttl = f"camera:{camera_id}:status", 300
    if (status := await client.get(key)) is not None:
        return status
    try:
        status = await ask_camera(camera_id)
    except BaseException:
        status, ttl = {"status": "unknown"}, 10
    await client.set(key, status, expire=ttl)
    return status


# %% GAVE_UP
async def camera_status(client, camera_id, ask_camera):
    key, ttl = f"camera:{camera_id}:status", 300
    if (status := await client.get(key)) is not None:
        return status
    try:
        status = await asyncio.wait_for(ask_camera(camera_id), 0.1)
    except TimeoutError:
        status, ttl = {"status": "unknown"}, 10
    await client.set(key, status, expire=ttl)
    return status


# %% IGNORES_CACHE
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    if await client.get(key):
        return
    try:
        status, ttl = await ask_camera(camera_id), 300
    except TimeoutError:
        status, ttl = {"status": "unknown"}, 10
    await client.set(key, status, expire=ttl)
    return status


# %% IGNORES_CACHE
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    if (known := await client.get(key)) is not None:
        return known["status"]
    try:
        status, ttl = await ask_camera(camera_id), 300
    except TimeoutError:
        status, ttl = {"status": "unknown"}, 10
    await client.set(key, status, expire=ttl)
    return status


# %% TWO_STEPS
import json

import redis.asyncio


async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    if (known := await client.get(key)) is not None:
        return known
    try:
        status, ttl = await ask_camera(camera_id), 300
    except TimeoutError:
        status, ttl = {"status": "unknown"}, 10
    async with redis.asyncio.Redis.from_url(client.redis_url) as plain:
        await plain.set(client.full_name(key), json.dumps(status))
        await plain.expire(client.full_name(key), ttl)
    return status


# %% STORED
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        status, ttl = {"status": "unknown"}, 10
        try:
            status, ttl = await ask_camera(camera_id), 300
        except TimeoutError:
            pass
        finally:
            await client.set(key, status, expire=ttl)
    return status
