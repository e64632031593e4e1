"""Wrong answers to queue.drain: each cell is named for the hint that it draws."""


# %% LAST_ONE
async def drain(client):
    items = []
    while await client.get_queue_length("detection_queue") > 1:
        items.append(await client.get_from_queue("detection_queue", timeout=1))
    return items


# %% REVERSED
async def drain(client):
    items = []
    while (item := await client.get_from_queue("detection_queue", timeout=0.1)) is not None:
        items.insert(0, item)
    return items


# %% FOR_EVER
async def drain(client):
    items = []
    while (item := await client.get_from_queue("detection_queue")) is not None:
        items.append(item)
    return items


# %% LOST
async def drain(client):
    items = await client.peek_queue("detection_queue")
    await client.clear_queue("detection_queue")
    return items


# %% STILL_THERE
async def drain(client):
    return await client.peek_queue("detection_queue")


# %% NOTHING
async def drain(client):
    items = []
    while (item := await client.get_from_queue("detection_queue", timeout=0.1)) is not None:
        items.append(item)


# %% NONE_IN_LIST
async def drain(client):
    items = []
    while True:
        item = await client.get_from_queue("detection_queue", timeout=0.1)
        items.append(item)
        if item is None:
            return items


# %% FORGOT_AWAIT
async def drain(client):
    length = await client.get_queue_length("detection_queue")
    return [client.get_from_queue("detection_queue", timeout=1) for _ in range(length)]


# %% OTHER
async def drain(client):
    items = []
    while (item := await client.get_from_queue("detection_queue", timeout=0.1)) is not None:
        items.append(item)
    return len(items)
