"""Right answers to queue.drain, each in its own way."""


# %% ONE_BY_ONE
async def drain(client):
    queue, held = client.full_name("detection_queue"), client.full_name("detection_queue:held")
    waiting = await client.call("LLEN", queue)
    for moved in range(waiting):
        if not await client.call("LMOVE", queue, held, "LEFT", "RIGHT"):
            return moved
    return waiting


# %% LUA
async def drain(client):
    script = """
        local items = redis.call('LRANGE', KEYS[1], 0, -1)
        for _, item in ipairs(items) do redis.call('RPUSH', KEYS[2], item) end
        redis.call('DEL', KEYS[1])
        return #items
    """
    names = [client.full_name(n) for n in ("detection_queue", "detection_queue:held")]
    return await client.call("EVAL", script, 2, *names)


# %% TRANSACTION
async def drain(client):
    queue, held = client.full_name("detection_queue"), client.full_name("detection_queue:held")
    count = await client.get_queue_length("detection_queue")
    async with redis.asyncio.Redis.from_url(client.redis_url) as plain:
        async with plain.pipeline(transaction=True) as pipe:
            for _ in range(count):
                pipe.lmove(queue, held, "LEFT", "RIGHT")
            return sum(item is not None for item in await pipe.execute())


# %% LOOKED_FIRST
async def drain(client):
    queue, held = client.full_name("detection_queue"), client.full_name("detection_queue:held")
    async with redis.asyncio.Redis.from_url(client.redis_url) as plain:
        for _ in range(5):
            items = await plain.lrange(queue, 0, -1)
            if not items:
                return 0
            async with plain.pipeline(transaction=True) as pipe:
                pipe.rpush(held, *items)
                pipe.ltrim(queue, len(items), -1)
                await pipe.execute()
            return len(items)


# %% TOGETHER
async def drain(client):
    queue, held = client.full_name("detection_queue"), client.full_name("detection_queue:held")
    count = await client.get_queue_length("detection_queue")
    moves = [client.call("LMOVE", queue, held, "LEFT", "RIGHT") for _ in range(count)]
    return len([item for item in await asyncio.gather(*moves) if item is not None])


# %% RENAMED_FIRST
async def drain(client):
    queue, held = client.full_name("detection_queue"), client.full_name("detection_queue:held")
    aside = client.full_name("detection_queue:aside")
    script = """
        if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
        redis.call('RENAME', KEYS[1], KEYS[3])
        local moved = 0
        while redis.call('LMOVE', KEYS[3], KEYS[2], 'LEFT', 'RIGHT') do moved = moved + 1 end
        return moved
    """
    return await client.call("EVAL", script, 3, queue, held, aside)


# %% BY_BLMOVE
async def drain(client):
    queue, held = client.full_name("detection_queue"), client.full_name("detection_queue:held")
    moved = 0
    for _ in range(await client.get_queue_length("detection_queue")):
        reply = await client.call("BLMOVE", queue, held, "LEFT", "RIGHT", 0.05, wait=0.1)
        moved += reply is not None
    return moved
