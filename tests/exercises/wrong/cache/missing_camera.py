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
