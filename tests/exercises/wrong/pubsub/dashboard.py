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


# %% COUNT
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


# %% ENOUGH
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    try:
        events = await load_recent()
        pass
        async for m in client.listen(subscription):
            i = m["data"]["data"]["event_id"]
            if i not in events:
                events.append(i)
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
        pass
        async for m in client.listen(subscription):
            i = m["data"]["data"]["event_id"]
            if i not in events:
                events.append(i)
                if len(events) >= count:
                    break
            pass
    finally:
        await client.unsubscribe("security_events")
    return events[:count]


# %% COUNT
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    try:
        events = await load_recent()
        if len(events) >= count:
            return events
        async for m in client.listen(subscription):
            i = m["data"]["data"]["event_id"]
            if i not in events:
                events.append(i)
            if len(events) >= count:
                break
    finally:
        await client.unsubscribe("security_events")
    return events


# %% COUNT
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    try:
        events = await load_recent()
        if len(events) >= count:
            return events[-count:]
        async for m in client.listen(subscription):
            i = m["data"]["data"]["event_id"]
            if i not in events:
                events.append(i)
            if len(events) >= count:
                break
    finally:
        await client.unsubscribe("security_events")
    return events


# %% MISSED
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    try:
        events = await load_recent()
        if len(events) >= count:
            return events[:count]
        async for m in client.listen(subscription):
            i = m["data"]["data"]["event_id"]
            if not events or i > max(events):
                events.append(i)
            if len(events) >= count:
                break
    finally:
        await client.unsubscribe("security_events")
    return events


# %% MISSED
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    try:
        events = await load_recent()
        if len(events) >= count:
            return events[:count]
        async for m in client.listen(subscription):
            i = m["data"]["data"]["event_id"]
            if i > events[-1]:
                events.append(i)
            if len(events) >= count:
                break
    finally:
        await client.unsubscribe("security_events")
    return events


# %% TWICE
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    try:
        events = await load_recent()
        if len(events) >= count:
            return events[:count]
        async for m in client.listen(subscription):
            i = m["data"]["data"]["event_id"]
            if i != events[-1]:
                events.append(i)
            if len(events) >= count:
                break
    finally:
        await client.unsubscribe("security_events")
    return events


# %% OTHER
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
    return sorted(events)


# %% STILL_SUBSCRIBED
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    events = await load_recent()
    if len(events) < count:
        async for m in client.listen(subscription):
            i = m["data"]["data"]["event_id"]
            if i not in events:
                events.append(i)
            if len(events) >= count:
                break
    await client.unsubscribe("security_events")
    return events[:count]


# %% STILL_SUBSCRIBED
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    events = await load_recent()
    if len(events) >= count:
        return events[:count]
    async for m in client.listen(subscription):
        i = m["data"]["data"]["event_id"]
        if i not in events:
            events.append(i)
        if len(events) >= count:
            break
    await client.unsubscribe("security_events")
    return events


# %% TOO_FEW
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    events = await load_recent()
    await client.unsubscribe("security_events")
    async for m in client.listen(subscription):
        i = m["data"]["data"]["event_id"]
        if i not in events:
            events.append(i)
        if len(events) >= count:
            break
    return events[:count]


# %% OTHER
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    try:
        live = []
        recent = await load_recent()
        async for m in client.listen(subscription):
            i = m["data"]["data"]["event_id"]
            if i not in recent:
                live.append(i)
            if len(live) + len(recent) >= count:
                break
    finally:
        await client.unsubscribe("security_events")
    return live + recent


# %% COUNT
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    try:
        events = await load_recent()
        live = 0
        async for m in client.listen(subscription):
            i = m["data"]["data"]["event_id"]
            if i not in events:
                events.append(i)
                live += 1
            if live >= count:
                break
    finally:
        await client.unsubscribe("security_events")
    return events


# %% SWALLOWED
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    try:
        events = await load_recent()
    except Exception:
        events = []
    try:
        messages = client.listen(subscription)
        while len(events) < count:
            i = (await anext(messages))["data"]["data"]["event_id"]
            if i not in events:
                events.append(i)
    finally:
        await client.unsubscribe("security_events")
    return events[:count]


# %% SWALLOWED
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    try:
        events = await load_recent()
        messages = client.listen(subscription)
        while len(events) < count:
            i = (await anext(messages))["data"]["data"]["event_id"]
            if i not in events:
                events.append(i)
    except Exception:
        events = []
    finally:
        await client.unsubscribe("security_events")
    return events[:count]


# %% TOO_FEW
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    events = await load_recent()
    await client.unsubscribe("security_events")
    return events[:count]


# %% COUNT
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
            if len(events) > count:
                break
    finally:
        await client.unsubscribe("security_events")
    return events


# %% OTHER
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    try:
        events = await load_recent()
        if len(events) >= count:
            return events[:count]
        async for m in client.listen(subscription):
            i = m["data"]["data"]["event_id"]
            if m not in events:
                events.append(m)
            if len(events) >= count:
                break
    finally:
        await client.unsubscribe("security_events")
    return events


# %% CLOSED
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
        await client.disconnect()
    return events


# %% NEVER_ENOUGH
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    other = await client.subscribe("security_event")
    try:
        events = await load_recent()
        messages = client.listen(other)
        while len(events) < count:
            event_id = (await anext(messages))["data"]["data"]["event_id"]
            if event_id not in events:
                events.append(event_id)
    finally:
        await client.unsubscribe()
    return events[:count]


# %% TOO_FEW
import asyncio


async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    try:
        events = await load_recent()
        try:
            async with asyncio.timeout(0.2):
                if len(events) < count:
                    async for message in client.listen(subscription):
                        event_id = message["data"]["data"]["event_id"]
                        if event_id not in events:
                            events.append(event_id)
                        if len(events) >= count:
                            break
        except TimeoutError:
            pass
        return events[:count]
    finally:
        await client.unsubscribe("security_events")


# %% ALL_ENDED
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    try:
        events = await load_recent()
        if len(events) < count:
            async for message in client.listen(subscription):
                event_id = message["data"]["data"]["event_id"]
                if event_id not in events:
                    events.append(event_id)
                if len(events) >= count:
                    break
        return events[:count]
    finally:
        await client.unsubscribe()


# %% TOO_LATE
async def open_dashboard(client, load_recent, count):
    loading = asyncio.create_task(load_recent())
    subscription = await client.subscribe("security_events")
    try:
        events = await loading
        messages = client.listen(subscription)
        while len(events) < count:
            event_id = (await anext(messages))["data"]["data"]["event_id"]
            if event_id not in events:
                events.append(event_id)
    finally:
        await client.unsubscribe("security_events")
    return events[:count]
