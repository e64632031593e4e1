"""Wrong answers to lab.once: each cell is named for the hint that it draws."""


# %% RACE
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    if await client.get(name):
        return False
    await client.set(name, 1, expire=3600)
    try:
        await make(batch_id)
    except Exception:
        await client.delete(name)
        raise
    return True


# %% TOO_LATE
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    if await client.exists(name):
        return False
    await make(batch_id)
    await client.set(name, 1, expire=3600)
    return True


# %% NO_TTL
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    if not await client.call("SET", client.full_name(name), 1, "NX"):
        return False
    try:
        await make(batch_id)
    except Exception:
        await client.delete(name)
        raise
    return True


# %% TWO_STEPS
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    if not await client.call("SET", client.full_name(name), 1, "NX"):
        return False
    await client.call("EXPIRE", client.full_name(name), 3600)
    try:
        await make(batch_id)
    except Exception:
        await client.delete(name)
        raise
    return True


# %% MILLISECONDS
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    if not await client.call("SET", client.full_name(name), 1, "NX", "PX", 3600):
        return False
    try:
        await make(batch_id)
    except Exception:
        await client.delete(name)
        raise
    return True


# %% ONE_KEY
async def event_once(client, batch_id, make):
    name = "batch_event:5f0c9a"
    if not await client.call("SET", client.full_name(name), 1, "NX", "EX", 3600):
        return False
    try:
        await make(batch_id)
    except Exception:
        await client.delete(name)
        raise
    return True


# %% NO_NAMESPACE
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    if not await client.call("SET", name, 1, "NX", "EX", 3600):
        return False
    try:
        await make(batch_id)
    except Exception:
        await client.delete(name)
        raise
    return True


# %% KEPT
async def event_once(client, batch_id, make):
    name = client.full_name(f"batch_event:{batch_id}")
    if not await client.call("SET", name, 1, "NX", "EX", 3600):
        return False
    await make(batch_id)
    return True


# %% FORGOTTEN
async def event_once(client, batch_id, make):
    await make(batch_id)
    return True


# %% HIDDEN
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    if not await client.call("SET", client.full_name(name), 1, "NX", "EX", 3600):
        return False
    try:
        await make(batch_id)
    except Exception:
        await client.delete(name)
    return True


# %% NEVER_MADE
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    if await client.call("SET", client.full_name(name), 1, "NX", "EX", 3600):
        return False
    try:
        await make(batch_id)
    except Exception:
        await client.delete(name)
        raise
    return True


# %% OTHER
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    if not await client.call("SET", client.full_name(name), 1, "NX", "EX", 3600):
        return "done before"
    try:
        await make(batch_id)
    except Exception:
        await client.delete(name)
        raise
    return True


# %% FORGOT_AWAIT
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    if not client.call("SET", client.full_name(name), 1, "NX", "EX", 3600):
        return False
    try:
        await make(batch_id)
    except Exception:
        await client.delete(name)
        raise
    return True
