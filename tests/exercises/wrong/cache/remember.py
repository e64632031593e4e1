"""Wrong answers to cache.remember: each cell is named for the hint that it draws."""


# %% NO_TTL
async def remember(client, camera_id, status):
    await client.set(f"camera:{camera_id}:status", status)


# %% MILLISECONDS
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


# %% OTHER_CAMERA
async def remember(client, camera_id, status):
    await client.set("camera:garage:status", status, expire=300)


# %% OTHER_CAMERA
async def remember(client, camera_id, status):
    await client.set(f"camera:{status['camera_id']}:status", status, expire=300)


# %% NOT_RENEWED
async def remember(client, camera_id, status):
    if not await client.exists(f"camera:{camera_id}:status"):
        await client.set(f"camera:{camera_id}:status", status, expire=300)


# %% OTHER_TTL
async def remember(client, camera_id, status):
    await client.set(f"camera:{camera_id}:status", status, expire=5)
