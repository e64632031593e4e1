"""Wrong answers to queue.wait: each cell is named for the hint that it draws."""


# %% FOR_EVER
async def next_job(client, seconds):
    item = await client.get_from_queue("detection_queue", timeout=0)
    return "quiet" if item is None else item


# %% GAVE_UP
async def next_job(client, seconds):
    if await client.get_queue_length("detection_queue") == 0:
        return "quiet"
    return await client.get_from_queue("detection_queue", timeout=seconds)


# %% OWN_TIME
async def next_job(client, seconds):
    item = await client.get_from_queue("detection_queue", timeout=2)
    return "quiet" if item is None else item


# %% NONE
async def next_job(client, seconds):
    return await client.get_from_queue("detection_queue", timeout=seconds)


# %% FORGOT_AWAIT
async def next_job(client, seconds):
    item = client.get_from_queue("detection_queue", timeout=seconds)
    return "quiet" if item is None else item


# %% NOT_TAKEN
async def next_job(client, seconds):
    items = await client.peek_queue("detection_queue", 0, 0)
    return items[0] if items else "quiet"


# %% CANCELLED
async def next_job(client, seconds):
    try:
        return await asyncio.wait_for(client.get_from_queue("detection_queue"), seconds)
    except TimeoutError:
        return "quiet"


# %% CANCELLED
async def next_job(client, seconds):
    return await asyncio.wait_for(client.get_from_queue("detection_queue"), seconds)


# %% RAISED
async def next_job(client, seconds):
    item = await client.get_from_queue("detection_queue", timeout=seconds)
    if item is None:
        raise TimeoutError("quiet")
    return item


# %% CANCELLED
async def next_job(client, seconds):
    popping = asyncio.create_task(client.get_from_queue("detection_queue", timeout=5))
    done, _ = await asyncio.wait([popping], timeout=seconds)
    return popping.result() if done else "quiet"


# %% GAVE_UP
async def next_job(client, seconds):
    item = await client.get_from_queue("detection_queue", timeout=min(seconds, 0.5))
    return "quiet" if item is None else item


# %% SLEPT
async def next_job(client, seconds):
    for _ in range(int(seconds) + 1):
        if await client.get_queue_length("detection_queue"):
            return await client.get_from_queue("detection_queue", timeout=1)
        await asyncio.sleep(1)
    return "quiet"


# %% NEWEST
async def next_job(client, seconds):
    reply = await client.call("BRPOP", client.full_name("detection_queue"), seconds, wait=seconds)
    return reply[1].decode().strip('"') if reply else "quiet"


# %% TOO_MANY
async def next_job(client, seconds):
    item = await client.get_from_queue("detection_queue", timeout=seconds)
    await client.clear_queue("detection_queue")
    return "quiet" if item is None else item


# %% GAVE_UP_AT_ONCE
async def next_job(client, seconds):
    await client.get_from_queue("detection_queue", timeout=seconds)


# %% OTHER_ITEM
async def next_job(client, seconds):
    item = await client.get_from_queue("detection_queue", timeout=seconds)
    return "quiet" if item is None else [item]


# %% SLEPT_FIRST
async def next_job(client, seconds):
    await asyncio.sleep(seconds)
    item = await client.get_from_queue("detection_queue", timeout=0.1)
    return "quiet" if item is None else item


# %% TOO_EARLY
async def next_job(client, seconds):
    item = None
    for _ in range(int(seconds)):
        item = item or await client.get_from_queue("detection_queue", timeout=1)
    return "quiet" if item is None else item


# %% SLEPT
async def next_job(client, seconds):
    for _ in range(int(2 * seconds)):
        if await client.get_queue_length("detection_queue"):
            return await client.get_from_queue("detection_queue", timeout=1)
        await asyncio.sleep(0.5)
    return "quiet"


# %% FOR_EVER
async def next_job(client, seconds):
    item = await client.get_from_queue("detection_queue", timeout=seconds * 1000)
    return "quiet" if item is None else item


# %% BUSY
async def next_job(client, seconds):
    import time

    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if await client.get_queue_length("detection_queue"):
            return await client.get_from_queue("detection_queue", timeout=1)
    return "quiet"


# %% BUSY
async def next_job(client, seconds):
    for _ in range(round(seconds * 10)):
        if await client.get_queue_length("detection_queue"):
            return await client.get_from_queue("detection_queue", timeout=1)
        await asyncio.sleep(0.1)
    return "quiet"


# %% BUSY
async def next_job(client, seconds):
    loop = asyncio.get_running_loop()
    ends = loop.time() + seconds
    while loop.time() < ends:
        item = await client.get_from_queue("detection_queue", timeout=0.001)
        if item is not None:
            return item
    return "quiet"


# %% CANCELLED
async def next_job(client, seconds):
    loop = asyncio.get_running_loop()
    ends = loop.time() + seconds
    while loop.time() < ends:
        try:
            return await asyncio.wait_for(client.get_from_queue("detection_queue"), 0.0005)
        except TimeoutError:
            pass
    return "quiet"


# %% CANCELLED
async def next_job(client, seconds):
    try:
        async with asyncio.timeout(seconds + 0.0005):
            item = await client.get_from_queue("detection_queue", timeout=seconds)
    except TimeoutError:
        return "quiet"
    return "quiet" if item is None else item


# %% CANCELLED
async def next_job(client, seconds):
    try:
        async with asyncio.timeout(seconds - 0.0005):
            item = await client.get_from_queue("detection_queue", timeout=seconds)
    except TimeoutError:
        return "quiet"
    return item


# %% NOT_SEEN
async def next_job(client, seconds):
    item = await client.get_from_queue("detections_queue", timeout=seconds)
    return "quiet" if item is None else item


# %% NOT_SEEN
async def next_job(client, seconds):
    item = await client.get_from_queue("detection_queue", timeout=seconds)
    return "quiet" if item is not None else item


# %% NO_WAIT
import json


async def next_job(client, seconds):
    reply = await client.call("BLPOP", client.full_name("detection_queue"), seconds)
    return "quiet" if reply is None else json.loads(reply[1])


# %% SWALLOWED
async def next_job(client, seconds):
    try:
        item = await client.get_from_queue("detection_queue", timeout=seconds)
    except Exception:
        return "quiet"
    return "quiet" if item is None else item
