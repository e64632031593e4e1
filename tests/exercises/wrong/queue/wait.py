"""Wrong answers to queue.wait: each cell is named for the hint that it draws."""


# %% FOR_EVER
async def next_detection(client, seconds):
    item = await client.get_from_queue("detection_queue", timeout=0)
    return "quiet" if item is None else item


# %% GAVE_UP
async def next_detection(client, seconds):
    if await client.get_queue_length("detection_queue") == 0:
        return "quiet"
    return await client.get_from_queue("detection_queue", timeout=seconds)


# %% SLEPT
async def next_detection(client, seconds):
    await asyncio.sleep(seconds)
    item = await client.get_from_queue("detection_queue", timeout=0.1)
    return "quiet" if item is None else item


# %% OWN_TIME
async def next_detection(client, seconds):
    item = await client.get_from_queue("detection_queue", timeout=1)
    return "quiet" if item is None else item


# %% NONE
async def next_detection(client, seconds):
    return await client.get_from_queue("detection_queue", timeout=seconds)


# %% FORGOT_AWAIT
async def next_detection(client, seconds):
    item = client.get_from_queue("detection_queue", timeout=seconds)
    return "quiet" if item is None else item


# %% NOT_TAKEN
async def next_detection(client, seconds):
    items = await client.peek_queue("detection_queue", 0, 0)
    return items[0] if items else "quiet"
