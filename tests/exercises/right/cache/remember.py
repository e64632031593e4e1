"""Right answers to cache.remember, each in its own way."""


# %% SET
async def remember(client, camera_id, status):
    return await client.set("camera:" + camera_id + ":status", status, 300)


# %% SETEX
async def remember(client, camera_id, status):
    await client.call(
        "SETEX", client.full_name(f"camera:{camera_id}:status"), 5 * 60, json.dumps(status)
    )


# %% PX
async def remember(client, camera_id, status):
    await client.call(
        "SET", client.full_name(f"camera:{camera_id}:status"), json.dumps(status), "PX", 300000
    )


# %% MULTI
async def remember(client, camera_id, status):
    key = client.full_name(f"camera:{camera_id}:status")
    async with (
        redis.asyncio.Redis.from_url(client.redis_url) as plain,
        plain.pipeline(transaction=True) as pipe,
    ):
        await pipe.set(key, json.dumps(status)).expire(key, 300).execute()


# %% PEXPIREAT
async def remember(client, camera_id, status):
    key = client.full_name(f"camera:{camera_id}:status")
    await client.call("SET", key, json.dumps(status), "PXAT", int(time.time() * 1000) + 300_000)


# %% DELETE_FIRST
async def remember(client, camera_id, status):
    key = f"camera:{camera_id}:status"
    await client.delete(key)
    await client.set(key, status, expire=300)


# %% GET_AFTER
async def remember(client, camera_id, status):
    key = f"camera:{camera_id}:status"
    await client.set(key, status, expire=300)
    assert await client.get(key) == status


# %% RENAMED
async def remember(client, camera_id, status):
    new, key = f"camera:{camera_id}:status:new", f"camera:{camera_id}:status"
    await client.set(new, status, expire=300)
    await client.call("RENAME", client.full_name(new), client.full_name(key))
