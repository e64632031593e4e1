"""Right answers to cache.missing_camera, each in its own way."""


# %% STD
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        try:
            status, ttl = await ask_camera(camera_id), 300
        except TimeoutError:
            status, ttl = {"status": "unknown"}, 10
        await client.set(key, status, expire=ttl)
    return status


# %% NOT
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if not status:
        try:
            status, ttl = await ask_camera(camera_id), 300
        except TimeoutError:
            status, ttl = {"status": "unknown"}, 10
        await client.set(key, status, expire=ttl)
    return status


# %% ASYNCIO
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        try:
            status, ttl = await ask_camera(camera_id), 300
        except asyncio.TimeoutError:
            status, ttl = {"status": "unknown"}, 10
        await client.set(key, status, expire=ttl)
    return status


# %% EXCEPTION
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        try:
            status, ttl = await ask_camera(camera_id), 300
        except Exception:
            status, ttl = {"status": "unknown"}, 10
        await client.set(key, status, expire=ttl)
    return status


# %% SETEX
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        try:
            status, ttl = await ask_camera(camera_id), 300
        except TimeoutError:
            status, ttl = {"status": "unknown"}, 10
        await client.call("SETEX", client.full_name(key), ttl, json.dumps(status))
    return status


# %% WAITFOR
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        try:
            status, ttl = await asyncio.wait_for(ask_camera(camera_id), 1), 300
        except TimeoutError:
            status, ttl = {"status": "unknown"}, 10
        await client.set(key, status, expire=ttl)
    return status


# %% EARLY
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    if (known := await client.get(key)) is not None:
        return known
    try:
        answer = await ask_camera(camera_id)
    except TimeoutError:
        await client.set(key, {"status": "unknown"}, expire=10)
        return {"status": "unknown"}
    await client.set(key, answer, expire=300)
    return answer


# %% ONE_ASKS
async def camera_status(client, camera_id, ask_camera):
    key, turn = f"camera:{camera_id}:status", client.full_name(f"camera:{camera_id}:asking")
    while (status := await client.get(key)) is None:
        if await client.call("SET", turn, 1, "NX", "EX", 10):  # nobody deletes the turn
            try:
                await client.set(key, await ask_camera(camera_id), expire=300)
            except TimeoutError:
                await client.set(key, {"status": "unknown"}, expire=10)
        else:
            await asyncio.sleep(0.05)
    return status
