"""Wrong answers to pubsub.announce: each cell is named for the hint that it draws."""


# %% A_QUEUE
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


# %% A_NUMBER
async def announce(client, event):
    return await client.publish("security_events", {"type": "event", "data": event}) == 1


# %% MORE_THAN_ONE
async def announce(client, event):
    await client.publish("security_events", {"type": "event", "data": event})
    return await client.publish("security_events", {"type": "event", "data": event}) > 0
