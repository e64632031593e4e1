"""Wrong answers to lab.once: each cell is named for the hint that it draws."""


# %% RACE
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    if await client.get(name):
        return False
    await client.set(name, "claimed", expire=30)
    try:
        await make(batch_id)
    except BaseException:
        await client.delete(name)
        raise
    await client.set(name, "done", expire=3600)
    return True


# %% RACE
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    if await client.exists(name):
        return False
    await make(batch_id)
    await client.set(name, 1, expire=3600)
    return True


# %% RACE
async def event_once(client, batch_id, make):
    name, claim = f"batch_event:{batch_id}", f"batch_event:{batch_id}:claim"
    if await client.get(name) == "done":
        return False
    while not await client.call("SET", client.full_name(claim), 1, "NX", "EX", 30):
        await asyncio.sleep(0.02)
        if await client.get(name) == "done":
            return False
    try:
        await make(batch_id)
        await client.set(name, "done", expire=3600)
    finally:
        await client.delete(claim)
    return True


# %% UNKNOWN
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    if not await client.call("SET", client.full_name(name), 1, "NX", "EX", 3600):
        raise RuntimeError("somebody is at it, or has done it")
    try:
        await make(batch_id)
    except BaseException:
        await client.delete(name)
        raise
    return True


# %% BELIEVED
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    if not await client.call("SET", client.full_name(name), 1, "NX", "EX", 3600):
        return False
    try:
        await make(batch_id)
    except Exception:
        await client.delete(name)
        raise
    return True


# %% BELIEVED
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    if not await client.call("SET", client.full_name(name), '"claimed"', "NX", "EX", 30):
        return False
    try:
        await make(batch_id)
    except BaseException:
        await client.delete(name)
        raise
    await client.set(name, "done", expire=3600)
    return True


# %% DONE_TOO_EARLY
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    while not await client.call("SET", client.full_name(name), '"claimed"', "NX", "EX", 3600):
        if await client.get(name) == "done":
            return False
        await asyncio.sleep(0.1)
    try:
        await make(batch_id)
    except BaseException:
        await client.delete(name)
        raise
    await client.set(name, "done", expire=3600)
    return True


# %% NO_TTL
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    while not await client.call("SET", client.full_name(name), '"claimed"', "NX", "EX", 30):
        if await client.get(name) == "done":
            return False
        await asyncio.sleep(0.1)
    try:
        await make(batch_id)
    except BaseException:
        await client.delete(name)
        raise
    await client.set(name, "done")
    return True


# %% TWO_STEPS
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    while not await client.call("SETNX", client.full_name(name), '"claimed"'):
        if await client.get(name) == "done":
            return False
        await asyncio.sleep(0.1)
    await client.call("EXPIRE", client.full_name(name), 30)
    try:
        await make(batch_id)
    except BaseException:
        await client.delete(name)
        raise
    await client.set(name, "done", expire=3600)
    return True


# %% TWO_STEPS
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    while not await client.call("SET", client.full_name(name), '"claimed"', "NX", "EX", 30):
        if await client.get(name) == "done":
            return False
        await asyncio.sleep(0.1)
    try:
        await make(batch_id)
    except BaseException:
        await client.delete(name)
        raise
    await client.call("SET", client.full_name(name), '"done"')
    await client.call("EXPIRE", client.full_name(name), 3600)
    return True


# %% FORGOTTEN
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    while not await client.call("SET", client.full_name(name), '"claimed"', "NX", "EX", 30):
        await asyncio.sleep(0.1)
    try:
        await make(batch_id)
    except BaseException:
        await client.delete(name)
        raise
    return True


# %% FORGOTTEN
async def event_once(client, batch_id, make):
    await make(batch_id)
    return True


# %% FORGOTTEN
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    while not await client.call("SET", client.full_name(name), '"claimed"', "NX", "EX", 30):
        if await client.get(name) == "done":
            return False
        await asyncio.sleep(0.1)
    try:
        await make(batch_id)
        await client.set(name, "done", expire=3600)
        return True
    finally:
        await client.delete(name)


# %% FORGOTTEN
MADE = set()


async def event_once(client, batch_id, make):
    if batch_id in MADE:
        return False
    await make(batch_id)
    MADE.add(batch_id)
    return True


# %% ONE_KEY
async def event_once(client, batch_id, make):
    name = "batch_event:5f0c9a"
    while not await client.call("SET", client.full_name(name), '"claimed"', "NX", "EX", 30):
        if await client.get(name) == "done":
            return False
        await asyncio.sleep(0.1)
    try:
        await make(batch_id)
    except BaseException:
        await client.delete(name)
        raise
    await client.set(name, "done", expire=3600)
    return True


# %% AS_THEY_ARE
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    while not await client.call("SET", name, "claimed", "NX", "EX", 30):
        if await client.call("GET", name) == b"done":
            return False
        await asyncio.sleep(0.1)
    await make(batch_id)
    await client.call("SET", name, "done", "EX", 3600)
    return True


# %% KEPT
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    while not await client.call("SET", client.full_name(name), '"claimed"', "NX", "EX", 30):
        if await client.get(name) == "done":
            return False
        await asyncio.sleep(0.1)
    await make(batch_id)
    await client.set(name, "done", expire=3600)
    return True


# %% KEPT
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    if not await client.call("SET", client.full_name(name), '"claimed"', "NX", "EX", 30):
        if await client.get(name) == "done":
            return False
        raise RuntimeError("another one is at it")
    await make(batch_id)
    await client.set(name, "done", expire=3600)
    return True


# %% KEPT
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    while not await client.call("SET", client.full_name(name), '"claimed"', "NX", "EX", 30):
        if await client.get(name) == "done":
            return False
        await asyncio.sleep(0.1)
    try:
        await make(batch_id)
    finally:
        await client.set(name, "done", expire=3600)
    return True


# %% KEPT_WHEN_CANCELLED
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    while not await client.call("SET", client.full_name(name), '"claimed"', "NX", "EX", 30):
        if await client.get(name) == "done":
            return False
        await asyncio.sleep(0.1)
    try:
        await make(batch_id)
    except Exception:
        await client.delete(name)
        raise
    await client.set(name, "done", expire=3600)
    return True


# %% HIDDEN
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    while not await client.call("SET", client.full_name(name), '"claimed"', "NX", "EX", 30):
        if await client.get(name) == "done":
            return False
        await asyncio.sleep(0.1)
    try:
        await make(batch_id)
    except BaseException:
        await client.delete(name)
        return False
    await client.set(name, "done", expire=3600)
    return True


# %% SWALLOWED
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    while not await client.call("SET", client.full_name(name), '"claimed"', "NX", "EX", 30):
        if await client.get(name) == "done":
            return False
        await asyncio.sleep(0.1)
    try:
        await make(batch_id)
    except asyncio.CancelledError:
        await client.delete(name)
        return False
    except Exception:
        await client.delete(name)
        raise
    await client.set(name, "done", expire=3600)
    return True


# %% NEVER_MADE
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    if await client.call("SET", client.full_name(name), '"claimed"', "NX", "EX", 30):
        return False
    await make(batch_id)
    await client.set(name, "done", expire=3600)
    return True


# %% WRONG_ID
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    if not await client.call("SET", client.full_name(name), '"claimed"', "NX", "EX", 30):
        return False
    await make(name)
    await client.set(name, "done", expire=3600)
    return True


# %% TWICE
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    if not await client.call("SET", client.full_name(name), '"claimed"', "NX", "EX", 30):
        return False
    await make(batch_id)
    await client.set(name, "done", expire=3600)
    await make(batch_id)
    return True


# %% LEFT
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    await client.set(f"asked:{batch_id}", 1, expire=86400)
    while not await client.call("SET", client.full_name(name), '"claimed"', "NX", "EX", 30):
        if await client.get(name) == "done":
            return False
        await asyncio.sleep(0.1)
    try:
        await make(batch_id)
    except BaseException:
        await client.delete(name)
        raise
    await client.set(name, "done", expire=3600)
    return True


# %% OTHER
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    while not await client.call("SET", client.full_name(name), '"claimed"', "NX", "EX", 30):
        if await client.get(name) == "done":
            return "done before"
        await asyncio.sleep(0.1)
    try:
        await make(batch_id)
    except BaseException:
        await client.delete(name)
        raise
    await client.set(name, "done", expire=3600)
    return True


# %% FORGOT_AWAIT
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    if not client.call("SET", client.full_name(name), '"claimed"', "NX", "EX", 30):
        return False
    await make(batch_id)
    await client.set(name, "done", expire=3600)
    return True


# %% TOO_SLOW
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    while not await client.call("SET", client.full_name(name), '"claimed"', "NX", "EX", 30):
        if await client.get(name) == "done":
            return False
        await asyncio.sleep(30)
    try:
        await make(batch_id)
    except BaseException:
        await client.delete(name)
        raise
    await client.set(name, "done", expire=3600)
    return True


# %% FORGOT_AWAIT
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    while not await client.call("SET", client.full_name(name), '"claimed"', "NX", "EX", 30):
        if await client.get(name) == "done":
            return False
        asyncio.sleep(0.1)
    try:
        await make(batch_id)
    except BaseException:
        await client.delete(name)
        raise
    await client.set(name, "done", expire=3600)
    return True


# %% DONE_TOO_EARLY
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    while not await client.call("SET", client.full_name(name), '"claimed"', "NX", "EX", 31):
        if await client.get(name) == "done":
            return False
        await asyncio.sleep(0.1)
    try:
        await make(batch_id)
    except BaseException:
        await client.delete(name)
        raise
    await client.set(name, "done", expire=3600)
    return True


# %% BELIEVED
import asyncio


async def event_once(client, batch_id, make):
    key = client.full_name(f"batch_event:{batch_id}")
    for _ in range(20):
        if await client.call("SET", key, "claimed", "NX", "EX", 30):
            break
        if await client.call("GET", key) == b"done":
            return False
        await asyncio.sleep(0.05)
    else:
        return False
    try:
        await make(batch_id)
    except BaseException:
        await client.call("DEL", key)
        raise
    await client.call("SET", key, "done", "EX", 3600)
    return True


# %% RACE
import asyncio

_lock, _done = asyncio.Lock(), set()


async def event_once(client, batch_id, make):
    async with _lock:
        if batch_id in _done:
            return False
        await make(batch_id)
        _done.add(batch_id)
        await client.set(f"batch_event:{batch_id}", "done", expire=3600)
        return True


# %% RACE
import asyncio, collections

_locks = collections.defaultdict(asyncio.Lock)


async def event_once(client, batch_id, make):
    async with _locks[batch_id]:
        if await client.exists(f"batch_event:{batch_id}"):
            return False
        await make(batch_id)
        await client.set(f"batch_event:{batch_id}", "done", expire=3600)
        return True


# %% WENT_ON
import asyncio


async def event_once(client, batch_id, make):
    key = client.full_name(f"batch_event:{batch_id}")
    while not await client.call("SET", key, "claimed", "NX", "EX", 30):
        if await client.call("GET", key) == b"done":
            return False
        await asyncio.sleep(0.05)
    try:
        await asyncio.shield(make(batch_id))
    except BaseException:
        await client.call("DEL", key)
        raise
    await client.call("SET", key, "done", "EX", 3600)
    return True


# %% FREED
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    try:
        if not await client.call("SET", client.full_name(name), '"claimed"', "NX", "EX", 30):
            if await client.get(name) == "done":
                return False
            raise RuntimeError("another analyzer is at it")
        await make(batch_id)
        await client.set(name, "done", expire=3600)
        return True
    except BaseException:
        await client.delete(name)
        raise


# %% FREED
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    try:
        while not await client.call("SET", client.full_name(name), '"claimed"', "NX", "EX", 30):
            if await client.get(name) == "done":
                return False
            await asyncio.sleep(0.1)
        await make(batch_id)
    except BaseException:
        await client.delete(name)
        raise
    await client.set(name, "done", expire=3600)
    return True


# %% HIDDEN
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    while not await client.call("SET", client.full_name(name), '"claimed"', "NX", "EX", 30):
        if await client.get(name) == "done":
            return False
        await asyncio.sleep(0.1)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(make(batch_id))
    except BaseException:
        await client.delete(name)
        raise
    await client.set(name, "done", expire=3600)
    return True


# %% UNKNOWN
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    key = client.full_name(name)
    while not await client.call("SET", key, '"claimed"', "NX", "EX", 30):
        if await client.call("GET", key) == "done":
            return False
        await asyncio.sleep(0.1)
    try:
        await make(batch_id)
    except BaseException:
        await client.delete(name)
        raise
    await client.set(name, "done", expire=3600)
    return True


# %% NOT_AWAITED
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    while not await client.call("SET", client.full_name(name), '"claimed"', "NX", "EX", 30):
        if await client.get(name) == "done":
            return False
        await asyncio.sleep(0.1)
    asyncio.create_task(make(batch_id))
    await client.set(name, "done", expire=3600)
    return True
