"""Wrong answers to cache.remember: each cell is named for the hint that it draws."""


# %% NO_TTL
async def remember(client, camera_id, status):
    await client.set(f"camera:{camera_id}:status", status)


# %% OTHER_TTL
async def remember(client, camera_id, status):
    await client.set(f"camera:{camera_id}:status", status, expire=300_000)


# %% TWO_STEPS
async def remember(client, camera_id, status):
    key = f"camera:{camera_id}:status"
    await client.set(key, status)
    await client.call("EXPIRE", client.full_name(key), 300)


# %% OTHER_KEY
async def remember(client, camera_id, status):
    await client.set(f"camera_{camera_id}_status", status, expire=300)


# %% TEXT
async def remember(client, camera_id, status):
    await client.set(f"camera:{camera_id}:status", str(status), expire=300)


# %% FORGOT_AWAIT
async def remember(client, camera_id, status):
    client.set(f"camera:{camera_id}:status", status, expire=300)


# %% OTHER_KEY
async def remember(client, camera_id, status):
    await client.set("camera:garage:status", status, expire=300)


# %% NOT_IN_STATUS
async def remember(client, camera_id, status):
    await client.set(f"camera:{status['camera_id']}:status", status, expire=300)


# %% OLD_VALUE
async def remember(client, camera_id, status):
    if not await client.exists(f"camera:{camera_id}:status"):
        await client.set(f"camera:{camera_id}:status", status, expire=300)


# %% OTHER_TTL
async def remember(client, camera_id, status):
    await client.set(f"camera:{camera_id}:status", status, expire=5)


# %% OTHER_KEY
async def remember(client, camera_id, status):
    await client.set(f"camera:{status.get('camera_id')}:status", status, expire=300)


# %% OLD_VALUE
import json


async def remember(client, camera_id, status):
    await client.call(
        "SET", client.full_name(f"camera:{camera_id}:status"), json.dumps(status), "EX", 300, "NX"
    )


# %% NOT_RENEWED
import json


async def remember(client, camera_id, status):
    key = f"camera:{camera_id}:status"
    if await client.exists(key):
        await client.call("SET", client.full_name(key), json.dumps(status), "KEEPTTL")
    else:
        await client.set(key, status, expire=300)


# %% NOT_RENEWED
async def remember(client, camera_id, status):
    key = f"camera:{camera_id}:status"
    if await client.get(key) != status:
        await client.set(key, status, expire=300)


# %% OLD_VALUE
async def remember(client, camera_id, status):
    key = f"camera:{camera_id}:status"
    if await client.get(key) is None:
        await client.set(key, status, expire=300)


# %% OTHER_TTL
async def remember(client, camera_id, status):
    await client.set(f"camera:{camera_id}:status", status, expire=299)


# %% ANOTHER_VALUE
async def remember(client, camera_id, status):
    await client.set(f"camera:{camera_id}:status", status["status"], expire=300)


# %% ANOTHER_VALUE
async def remember(client, camera_id, status):
    await client.set(f"camera:{camera_id}:status", {"status": status}, expire=300)


# %% WRONG_TYPE
async def remember(client, camera_id, status):
    key = f"camera:{camera_id}:status"
    await client.add_to_queue(key, status)
    await client.call("EXPIRE", client.full_name(key), 300)


# %% WRONG_TYPE
async def remember(client, camera_id, status):
    key = client.full_name(f"camera:{camera_id}:status")
    await client.call("HSET", key, *[x for kv in status.items() for x in kv])
    await client.call("EXPIRE", key, 300)


# %% NOTHING
async def remember(client, camera_id, status):
    return status


# %% OTHERS
async def remember(client, camera_id, status):
    for key in ("garage", "roof_2"):
        await client.delete(f"camera:{key}:status")
    await client.set(f"camera:{camera_id}:status", status, expire=300)


# %% AS_THEY_ARE
import json


async def remember(client, camera_id, status):
    await client.call("SET", f"camera:{camera_id}:status", json.dumps(status), "EX", 300)


# %% EXTRA_KEY
async def remember(client, camera_id, status):
    await client.set(f"camera:{camera_id}:status", status, expire=300)
    await client.set(f"camera:{camera_id}:last", status)


# %% TWO_STEPS
async def remember(client, camera_id, status):
    new, key = f"camera:{camera_id}:status:new", f"camera:{camera_id}:status"
    await client.set(new, status)
    await client.call("RENAME", client.full_name(new), client.full_name(key))
    await client.call("EXPIRE", client.full_name(key), 300)


# %% ANOTHER_VALUE
async def remember(client, camera_id, status):
    key = f"camera:{camera_id}:status"
    known = await client.get(key) or {}
    await client.set(key, {**known, **status}, expire=300)


# %% TWO_STEPS
import json

import redis.asyncio


async def remember(client, camera_id, status):
    key = client.full_name(f"camera:{camera_id}:status")
    async with redis.asyncio.Redis.from_url(client.redis_url) as plain:
        await plain.set(key, json.dumps(status))
        await plain.expire(key, 300)
