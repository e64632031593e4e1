"""Wrong answers to pubsub.announce: each cell is named for the hint that it draws."""


# %% NOT_PUBLISHED
async def announce(client, event):
    return await client.add_to_queue("security_events", {"type": "event", "data": event}) > 0


# %% OTHER_CHANNEL
async def announce(client, event):
    return await client.publish("security_event", {"type": "event", "data": event}) > 0


# %% NO_ENVELOPE
async def announce(client, event):
    return await client.publish("security_events", event) > 0


# %% A_NUMBER
async def announce(client, event):
    return await client.publish("security_events", {"type": "event", "data": event})


# %% ALWAYS_TRUE
async def announce(client, event):
    await client.publish("security_events", {"type": "event", "data": event})
    return True


# %% FORGOT_AWAIT
async def announce(client, event):
    return client.publish("security_events", {"type": "event", "data": event}) is not None


# %% AT_LEAST_ONE
async def announce(client, event):
    return await client.publish("security_events", {"type": "event", "data": event}) == 1


# %% MORE_THAN_ONE
async def announce(client, event):
    await client.publish("security_events", {"type": "event", "data": event})
    return await client.publish("security_events", {"type": "event", "data": event}) > 0


# %% AT_LEAST_ONE
async def announce(client, event):
    return await client.publish("security_events", {"type": "event", "data": event}) > 1


# %% ALWAYS_TRUE
async def announce(client, event):
    return await client.publish("security_events", {"type": "event", "data": event}) >= 0


# %% NO_RESULT
async def announce(client, event):
    if await client.publish("security_events", {"type": "event", "data": event}):
        return True


# %% MORE_THAN_ONE
async def announce(client, event):
    if await client.publish("security_events", {"type": "event", "data": event}) == 0:
        return False
    await client.publish("security_events", {"type": "event", "data": event})
    return True


# %% ALWAYS_TRUE
async def announce(client, event):
    return await client.publish("security_events", {"type": "event", "data": event}) == 0


# %% AT_LEAST_ONE
async def announce(client, event):
    await client.publish("security_events", {"type": "event", "data": event})
    return False


# %% NO_RESULT
async def announce(client, event):
    await client.publish("security_events", {"type": "event", "data": event}) > 0


# %% A_NUMBER
async def announce(client, event):
    return await client.publish("security_events", {"type": "event", "data": event}) or False


# %% TEXT
import json


async def announce(client, event):
    return await client.publish("security_events", json.dumps({"type": "event", "data": event})) > 0


# %% NO_ENVELOPE
import json


async def announce(client, event):
    return await client.publish("security_events", {"type": "event", "data": json.dumps(event)}) > 0


# %% EVENT_CHANGED
async def announce(client, event):
    event["type"] = "event"
    return await client.publish("security_events", event) > 0


# %% EVENT_CHANGED
async def announce(client, event):
    n = await client.publish("security_events", {"type": "event", "data": event})
    event["heard"] = n > 0
    return n > 0


# %% AS_THEY_ARE
import json


async def announce(client, event):
    return (
        await client.call(
            "PUBLISH", "security_events", json.dumps({"type": "event", "data": event})
        )
        > 0
    )


# %% HEARS_ITSELF
async def announce(client, event):
    await client.subscribe("security_events")
    return await client.publish("security_events", {"type": "event", "data": event}) > 0


# %% HEARS_ITSELF
async def announce(client, event):
    await client.subscribe("security_events")
    n = await client.publish("security_events", {"type": "event", "data": event})
    await client.unsubscribe("security_events")
    return n > 0


# %% NOT_PUBLISHED
async def announce(client, event):
    return await client.set("security_events", {"type": "event", "data": event})


# %% NO_ENVELOPE
async def announce(client, event):
    return (
        await client.publish(
            "security_events", {"type": "event", "data": {"event_id": 7, "risk_score": 72}}
        )
        > 0
    )


# %% A_NUMBER
async def announce(client, event):
    return (
        "True"
        if await client.publish("security_events", {"type": "event", "data": event})
        else "False"
    )


# %% STORED
async def announce(client, event):
    await client.add_to_queue("events:recent", event)
    return await client.publish("security_events", {"type": "event", "data": event}) > 0


# %% STORED
async def announce(client, event):
    reached = await client.publish("security_events", {"type": "event", "data": event})
    if not reached:
        await client.add_to_queue("missed_events", event)
    return reached > 0
