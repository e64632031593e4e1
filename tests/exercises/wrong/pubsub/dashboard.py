"""Wrong answers to pubsub.dashboard: each cell is named for the hint that it draws."""


# %% TOO_LATE
async def open_dashboard(client, load_recent, count):
    events = await load_recent()
    subscription = await client.subscribe("security_events")
    try:
        async for message in client.listen(subscription):
            event_id = message["data"]["data"]["event_id"]
            if event_id not in events:
                events.append(event_id)
            if len(events) >= count:
                return events
    finally:
        await client.unsubscribe("security_events")


# %% TWICE
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    try:
        events = await load_recent()
        async for message in client.listen(subscription):
            events.append(message["data"]["data"]["event_id"])
            if len(events) >= count:
                return events
    finally:
        await client.unsubscribe("security_events")


# %% NO_HISTORY
async def open_dashboard(client, load_recent, count):
    events = []
    subscription = await client.subscribe("security_events")
    try:
        async for message in client.listen(subscription):
            event_id = message["data"]["data"]["event_id"]
            if event_id not in events:
                events.append(event_id)
            if len(events) >= count:
                return events
    finally:
        await client.unsubscribe("security_events")


# %% STILL_SUBSCRIBED
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    events = await load_recent()
    async for message in client.listen(subscription):
        event_id = message["data"]["data"]["event_id"]
        if event_id not in events:
            events.append(event_id)
        if len(events) >= count:
            return events


# %% OTHER
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    try:
        events = set(await load_recent())
        async for message in client.listen(subscription):
            events.add(message["data"]["data"]["event_id"])
            if len(events) >= count:
                return events
    finally:
        await client.unsubscribe("security_events")


# %% FORGOT_AWAIT
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    events = await load_recent()
    async for message in client.listen(subscription):
        event_id = message["data"]["data"]["event_id"]
        if event_id not in events:
            events.append(event_id)
        if len(events) >= count:
            client.unsubscribe("security_events")
            return events


# %% ENOUGH
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    try:
        events = await load_recent()
        async for message in client.listen(subscription):
            event_id = message["data"]["data"]["event_id"]
            if event_id not in events:
                events.append(event_id)
            if len(events) >= count:
                break
    finally:
        await client.unsubscribe("security_events")
    return events


# %% ENOUGH
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    try:
        events = await load_recent()
        messages = client.listen(subscription)
        while len(events) < count:
            event_id = (await anext(messages))["data"]["data"]["event_id"]
            if event_id not in events:
                events.append(event_id)
    finally:
        await client.unsubscribe("security_events")
    return events
