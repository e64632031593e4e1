"""Right answers to pubsub.announce, each in its own way."""


# %% BOOL
async def announce(client, event):
    return bool(await client.publish("security_events", {"type": "event", "data": event}))


# %% IF
async def announce(client, event):
    n = await client.publish("security_events", {"type": "event", "data": event})
    if n == 0:
        return False
    return True


# %% GE
async def announce(client, event):
    return await client.publish("security_events", dict(type="event", data=event)) >= 1


# %% CALL
async def announce(client, event):
    return (
        await client.call(
            "PUBLISH",
            client.full_name("security_events"),
            json.dumps({"type": "event", "data": event}),
        )
        != 0
    )


# %% NUMSUB
async def announce(client, event):
    _, n = await client.call("PUBSUB", "NUMSUB", client.full_name("security_events"))
    await client.publish("security_events", {"type": "event", "data": event})
    return n > 0


# %% COPY
async def announce(client, event):
    reached = await client.publish("security_events", {"type": "event", "data": dict(event)})
    return not reached == 0
