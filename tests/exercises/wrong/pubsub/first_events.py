"""Wrong answers to pubsub.first_events: each cell is named for the hint that it draws."""


# %% NO_DEADLINE
async def first_events(client, subscription, count, seconds):
    received = []
    async for message in client.listen(subscription):
        received.append(message["data"]["data"]["event_id"])
        if len(received) == count:
            return received


# %% EACH_ANEW
async def first_events(client, subscription, count, seconds):
    received = []
    try:
        while len(received) < count:
            async with asyncio.timeout(seconds):
                message = await anext(client.listen(subscription))
            received.append(message["data"]["data"]["event_id"])
    except TimeoutError:
        pass
    return received


# %% LOST_AT_DEADLINE
async def first_events(client, subscription, count, seconds):
    try:
        async with asyncio.timeout(seconds):
            received = []
            async for message in client.listen(subscription):
                received.append(message["data"]["data"]["event_id"])
                if len(received) == count:
                    return received
    except TimeoutError:
        return []


# %% ESCAPES
async def first_events(client, subscription, count, seconds):
    received = []
    async with asyncio.timeout(seconds):
        async for message in client.listen(subscription):
            received.append(message["data"]["data"]["event_id"])
            if len(received) == count:
                break
    return received


# %% ONE_TOO_MANY
async def first_events(client, subscription, count, seconds):
    received = []
    try:
        async with asyncio.timeout(seconds):
            async for message in client.listen(subscription):
                if len(received) == count:
                    break
                received.append(message["data"]["data"]["event_id"])
    except TimeoutError:
        pass
    return received


# %% WHOLE_MESSAGE
async def first_events(client, subscription, count, seconds):
    received = []
    try:
        async with asyncio.timeout(seconds):
            async for message in client.listen(subscription):
                received.append(message["data"])
                if len(received) == count:
                    break
    except TimeoutError:
        pass
    return received


# %% OTHER
async def first_events(client, subscription, count, seconds):
    # The first message is taken for Redis's confirmation; the client leaves those out.
    received = []
    try:
        async with asyncio.timeout(seconds):
            await anext(client.listen(subscription))
            async for message in client.listen(subscription):
                received.append(message["data"]["data"]["event_id"])
                if len(received) == count - 1:
                    break
    except TimeoutError:
        pass
    return received


# %% FORGOT_AWAIT
async def first_events(client, subscription, count, seconds):
    return [anext(client.listen(subscription)) for _ in range(count)]


# %% TOO_EARLY
async def first_events(client, subscription, count, seconds):
    received = []
    try:
        async with asyncio.timeout(seconds / 1000):
            async for message in client.listen(subscription):
                received.append(message["data"]["data"]["event_id"])
                if len(received) == count:
                    break
    except TimeoutError:
        pass
    return received


# %% TOO_EARLY
async def first_events(client, subscription, count, seconds):
    received = []
    listener = client.listen(subscription)
    while len(received) < count:
        try:
            message = await asyncio.wait_for(anext(listener), 0.1)
        except TimeoutError:
            break
        received.append(message["data"]["data"]["event_id"])
    return received


# %% OTHER
async def first_events(client, subscription, count, seconds):
    received = set()
    try:
        async with asyncio.timeout(seconds):
            async for message in client.listen(subscription):
                received.add(message["data"]["data"]["event_id"])
                if len(received) == count:
                    break
    except TimeoutError:
        pass
    return sorted(received)
