"""Right answers to pubsub.first_events, each in its own way."""


# %% LOOP
async def first_events(client, subscription, count, seconds):
    got = []
    try:
        async with asyncio.timeout(seconds):
            async for m in client.listen(subscription):
                got.append(m["data"]["data"]["event_id"])
                if len(got) == count:
                    break
    except TimeoutError:
        pass
    return got


# %% GE
async def first_events(client, subscription, count, seconds):
    got = []
    try:
        async with asyncio.timeout(seconds):
            async for m in client.listen(subscription):
                got.append(m["data"]["data"]["event_id"])
                if len(got) >= count:
                    return got
    except TimeoutError:
        pass
    return got


# %% WAITFOR
async def first_events(client, subscription, count, seconds):
    got = []

    async def go():
        async for m in client.listen(subscription):
            got.append(m["data"]["data"]["event_id"])
            if len(got) >= count:
                return

    try:
        await asyncio.wait_for(go(), seconds)
    except asyncio.TimeoutError:
        pass
    return got


# %% REMAINING
async def first_events(client, subscription, count, seconds):
    got, end = [], time.monotonic() + seconds
    listener = client.listen(subscription)
    while len(got) < count:
        left = end - time.monotonic()
        if left <= 0:
            break
        try:
            m = await asyncio.wait_for(anext(listener), left)
        except TimeoutError:
            break
        got.append(m["data"]["data"]["event_id"])
    return got


# %% TASK
async def first_events(client, subscription, count, seconds):
    got = []

    async def go():
        async for m in client.listen(subscription):
            got.append(m["data"]["data"]["event_id"])
            if len(got) == count:
                return

    task = asyncio.create_task(go())
    try:
        await asyncio.wait([task], timeout=seconds)
    finally:
        task.cancel()
        await asyncio.wait([task])
    return got


# %% EXCEPTION
async def first_events(client, subscription, count, seconds):
    got = []
    try:
        async with asyncio.timeout(seconds):
            async for m in client.listen(subscription):
                got.append(m["data"]["data"]["event_id"])
                if len(got) == count:
                    break
    except Exception:
        pass
    return got


# %% TIMEOUT_AT
async def first_events(client, subscription, count, seconds):
    got = []
    try:
        async with asyncio.timeout_at(asyncio.get_running_loop().time() + seconds):
            async for m in client.listen(subscription):
                got.append(m["data"]["data"]["event_id"])
                if len(got) == count:
                    break
    except TimeoutError:
        pass
    return got
