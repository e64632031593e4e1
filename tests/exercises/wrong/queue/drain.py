"""Wrong answers to queue.drain: each cell is named for the hint that it draws."""


# %% LAST_ONE
async def drain(client):
    queue, held = client.full_name("detection_queue"), client.full_name("detection_queue:held")
    moved = 0
    while await client.get_queue_length("detection_queue") > 1:
        await client.call("LMOVE", queue, held, "LEFT", "RIGHT")
        moved += 1
    return moved


# %% SOME_STAY
async def drain(client):
    queue, held = client.full_name("detection_queue"), client.full_name("detection_queue:held")
    for _ in range(10):
        await client.call("LMOVE", queue, held, "LEFT", "RIGHT")
    return 10


# %% REVERSED
async def drain(client):
    queue, held = client.full_name("detection_queue"), client.full_name("detection_queue:held")
    moved = 0
    for _ in range(await client.get_queue_length("detection_queue")):
        moved += await client.call("LMOVE", queue, held, "LEFT", "LEFT") is not None
    return moved


# %% REVERSED
async def drain(client):
    queue, held = client.full_name("detection_queue"), client.full_name("detection_queue:held")
    moved = 0
    while await client.call("RPOPLPUSH", queue, held) is not None:
        await client.call("LMOVE", held, held, "LEFT", "RIGHT")
        moved += 1
    return moved


# %% FOR_EVER
async def drain(client):
    queue, held = client.full_name("detection_queue"), client.full_name("detection_queue:held")
    moved = 0
    while await client.call("LMOVE", queue, held, "LEFT", "RIGHT") is not None:
        moved += 1
    return moved


# %% FOR_EVER
async def drain(client):
    moved = 0
    while True:
        item = await client.get_from_queue("detection_queue")
        await client.add_to_queue("detection_queue:held", item)
        moved += 1


# %% FOR_EVER
async def drain(client):
    moved = 0
    while (item := await client.get_from_queue("detection_queue", timeout=0.1)) is not None:
        await client.add_to_queue("detection_queue:held", item)
        moved += 1
    return moved


# %% LOST
async def drain(client):
    items = await client.peek_queue("detection_queue")
    for item in items:
        await client.add_to_queue("detection_queue:held", item)
    await client.clear_queue("detection_queue")
    return len(items)


# %% LOST_WITH_YOU
async def drain(client):
    moved = 0
    for _ in range(await client.get_queue_length("detection_queue")):
        item = await client.get_from_queue("detection_queue", timeout=0.1)
        if item is not None:
            await client.add_to_queue("detection_queue:held", item)
            moved += 1
    return moved


# %% LOST_WITH_YOU
async def drain(client):
    moved = 0
    for _ in range(await client.get_queue_length("detection_queue")):
        item = await client.get_from_queue("detection_queue", timeout=0.1)
        if item is None:
            break
        try:
            await client.add_to_queue("detection_queue:held", item)
        except BaseException:
            await client.add_to_queue("detection_queue", item)
            raise
        moved += 1
    return moved


# %% TWICE
async def drain(client):
    queue, held = client.full_name("detection_queue"), client.full_name("detection_queue:held")
    items = await client.call("LRANGE", queue, 0, -1)
    for item in items:
        await client.call("RPUSH", held, item)
        await client.call("LREM", queue, 1, item)
    return len(items)


# %% TWICE
async def drain(client):
    items = await client.peek_queue("detection_queue")
    for item in items:
        await client.add_to_queue("detection_queue:held", item)
    await client.call("LTRIM", client.full_name("detection_queue"), len(items), -1)
    return len(items)


# %% OVERWRITTEN
async def drain(client):
    queue, held = client.full_name("detection_queue"), client.full_name("detection_queue:held")
    moved = await client.get_queue_length("detection_queue")
    if moved:
        await client.call("RENAME", queue, held)
    return moved


# %% OVERWRITTEN
async def drain(client):
    queue, held = client.full_name("detection_queue"), client.full_name("detection_queue:held")
    await client.clear_queue("detection_queue:held")
    moved = 0
    for _ in range(await client.get_queue_length("detection_queue")):
        moved += await client.call("LMOVE", queue, held, "LEFT", "RIGHT") is not None
    return moved


# %% STILL_THERE
async def drain(client):
    return len(await client.peek_queue("detection_queue"))


# %% NOWHERE
async def drain(client):
    queue = client.full_name("detection_queue")
    moved = 0
    for _ in range(await client.get_queue_length("detection_queue")):
        moved += await client.call("LMOVE", queue, "detection_queue:held", "LEFT", "RIGHT") != 0
    return moved


# %% CHANGED
async def drain(client):
    moved = 0
    for _ in range(await client.get_queue_length("detection_queue")):
        raw = await client.call("LPOP", client.full_name("detection_queue"))
        await client.add_to_queue("detection_queue:held", raw.decode())
        moved += 1
    return moved


# %% COUNT
async def drain(client):
    queue, held = client.full_name("detection_queue"), client.full_name("detection_queue:held")
    for _ in range(await client.get_queue_length("detection_queue")):
        await client.call("LMOVE", queue, held, "LEFT", "RIGHT")


# %% COUNT
async def drain(client):
    queue, held = client.full_name("detection_queue"), client.full_name("detection_queue:held")
    for _ in range(await client.get_queue_length("detection_queue")):
        await client.call("LMOVE", queue, held, "LEFT", "RIGHT")
    return await client.get_queue_length("detection_queue:held")


# %% FORGOT_AWAIT
async def drain(client):
    queue, held = client.full_name("detection_queue"), client.full_name("detection_queue:held")
    moved = 0
    for _ in range(await client.get_queue_length("detection_queue")):
        client.call("LMOVE", queue, held, "LEFT", "RIGHT")
        moved += 1
    return moved


# %% OTHER
async def drain(client):
    items = await client.peek_queue("detection_queue")
    await client.add_to_queue("detection_queue:held", items)
    await client.clear_queue("detection_queue")
    return len(items)


# %% NO_LIST
async def drain(client):
    await client.set("detection_queue:held", await client.peek_queue("detection_queue"))
    await client.clear_queue("detection_queue")
    return 1200


# %% EXPIRES
async def drain(client):
    queue, held = client.full_name("detection_queue"), client.full_name("detection_queue:held")
    moved = 0
    for _ in range(await client.get_queue_length("detection_queue")):
        moved += await client.call("LMOVE", queue, held, "LEFT", "RIGHT") is not None
    await client.call("EXPIRE", held, 86400)
    return moved


# %% COUNT
async def drain(client):
    queue, held = client.full_name("detection_queue"), client.full_name("detection_queue:held")
    waiting = await client.get_queue_length("detection_queue")
    for _ in range(waiting):
        await client.call("LMOVE", queue, held, "LEFT", "RIGHT")
    return waiting


# %% SOME_STAY
async def drain(client):
    queue, held = client.full_name("detection_queue"), client.full_name("detection_queue:held")
    moved = 0
    for _ in range(min(1000, await client.get_queue_length("detection_queue"))):
        moved += await client.call("LMOVE", queue, held, "LEFT", "RIGHT") is not None
    return moved


# %% LOST_WITH_YOU
import redis


async def drain(client):
    queue, held = client.full_name("detection_queue"), client.full_name("detection_queue:held")
    aside = client.full_name("detection_queue:aside")
    try:
        await client.call("RENAMENX", queue, aside)
    except redis.ResponseError:
        pass
    moved = 0
    while await client.call("LMOVE", aside, held, "LEFT", "RIGHT") is not None:
        moved += 1
    return moved
