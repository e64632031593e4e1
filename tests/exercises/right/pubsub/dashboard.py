"""Right answers to pubsub.dashboard, each in its own way."""


# %% STD
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    try:
        events = await load_recent()
        if len(events) >= count:
            return events[:count]
        async for m in client.listen(subscription):
            i = m["data"]["data"]["event_id"]
            if i not in events:
                events.append(i)
                if len(events) >= count:
                    break
        return events
    finally:
        await client.unsubscribe("security_events")


# %% DICT
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    try:
        events = dict.fromkeys(await load_recent())
        listener = client.listen(subscription)
        while len(events) < count:
            events.setdefault((await anext(listener))["data"]["data"]["event_id"])
    finally:
        await client.unsubscribe("security_events")
    return list(events)[:count]


# %% LOAD_TWICE
async def open_dashboard(client, load_recent, count):
    await load_recent()
    subscription = await client.subscribe("security_events")
    try:
        events = await load_recent()
        messages = client.listen(subscription)
        while len(events) < count:
            i = (await anext(messages))["data"]["data"]["event_id"]
            if i not in events:
                events += [i]
        return events[:count]
    finally:
        await client.unsubscribe("security_events")


# %% EXCEPT
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    try:
        events = await load_recent()
    except BaseException:
        await client.unsubscribe("security_events")
        raise
    if len(events) < count:
        async for m in client.listen(subscription):
            i = m["data"]["data"]["event_id"]
            if i not in events:
                events.append(i)
            if len(events) >= count:
                break
    await client.unsubscribe("security_events")
    return events[:count]


# %% W
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    try:
        events = await load_recent()
        if len(events) >= count:
            return events[:count]
        async for m in client.listen(subscription):
            i = m["data"]["data"]["event_id"]
            if i not in events:
                events.append(i)
            if len(events) >= count:
                break
    finally:
        await client.unsubscribe("security_events")
    return events
