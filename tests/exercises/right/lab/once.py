"""Right answers to lab.once, each in its own way."""


# %% RAISES
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    if not await client.call("SET", client.full_name(name), "claimed", "NX", "EX", 30):
        if await client.get(name) == "done":
            return False
        raise RuntimeError("another analyzer is at it: try again later")
    try:
        await make(batch_id)
        await client.set(name, "done", expire=3600)
    except BaseException:
        await client.delete(name)
        raise
    return True


# %% FINALLY
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    while not await client.call("SET", client.full_name(name), '"claimed"', "NX", "EX", 20):
        if await client.get(name) == "done":
            return False
        await asyncio.sleep(0.05)
    made = False
    try:
        await make(batch_id)
        made = True
    finally:
        if not made:
            await client.delete(name)
    await client.set(name, "done", expire=3600)
    return True


# %% A_CLAIM_OF_ITS_OWN
async def event_once(client, batch_id, make):
    done, claim = f"batch_event:{batch_id}", f"batch_claim:{batch_id}"
    while not await client.call("SET", client.full_name(claim), 1, "NX", "PX", 30_000):
        await asyncio.sleep(0.05)
    try:
        if await client.exists(done):
            return False
        await make(batch_id)
        await client.set(done, 1, expire=3600)
        return True
    finally:
        await client.delete(claim)


# %% WITH_A_TOKEN
async def event_once(client, batch_id, make):
    import secrets

    key, token = client.full_name(f"batch_event:{batch_id}"), secrets.token_hex(8)
    mine = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call(%s) end return 0"
    while not await client.call("SET", key, token, "NX", "EX", 30):
        if await client.call("GET", key) == b"done":
            return False
        await asyncio.sleep(0.05)
    try:
        await make(batch_id)
    except BaseException:
        await client.call("EVAL", mine % "'DEL', KEYS[1]", 1, key, token)
        raise
    await client.call("EVAL", mine % "'SET', KEYS[1], 'done', 'EX', 3600", 1, key, token)
    return True


# %% LOOKS_FIRST
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    while True:
        state = await client.get(name)
        if state == "done":
            return False
        if state is None and await client.call(
            "SET", client.full_name(name), '"claimed"', "NX", "EX", 30
        ):
            break
        await asyncio.sleep(0.1)
    try:
        await make(batch_id)
    except (Exception, asyncio.CancelledError):
        await client.delete(name)
        raise
    await client.set(name, "done", expire=3600)
    return True


# %% A_SCRIPT
async def event_once(client, batch_id, make):
    key = client.full_name(f"batch_event:{batch_id}")
    claim = """
        local state = redis.call('GET', KEYS[1])
        if not state then redis.call('SET', KEYS[1], 'claimed', 'EX', 30) return 'mine' end
        return state
    """
    state = await client.call("EVAL", claim, 1, key)
    if state == b"done":
        return False
    if state != b"mine":
        raise BlockingIOError("somebody is at it")
    try:
        await make(batch_id)
    except BaseException:
        await client.call("DEL", key)
        raise
    await client.call("SETEX", key, 3600, "done")
    return True
