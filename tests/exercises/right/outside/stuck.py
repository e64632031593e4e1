"""Right answers to outside.stuck."""


# %% AS_THE_BACKEND_HAS_IT
async def stuck(client):
    from backend.core.queue_state import queue_state

    consumers = (await queue_state(client, "detection_queue")).consumers
    return sorted(each.name for each in consumers if each.in_hand and not each.is_alive)


# %% BY_THE_TIME_THAT_THE_LEASE_HAS_LEFT
async def stuck(client):
    found = []
    names = await client.call("ZRANGE", client.full_name("detection_queue:consumers"), 0, -1)
    for name in names:
        text = name.decode()
        left = await client.call("PTTL", client.full_name(f"detection_queue:lease:{text}"))
        held = await client.peek_queue(f"detection_queue:processing:{text}", 0, 0)
        found += [text] if held and left == -2 else []
    return sorted(found)


# %% ZSCAN
async def stuck(client):
    cursor, names = 0, set()
    while True:
        cursor, found = await client.call(
            "ZSCAN", client.full_name("detection_queue:consumers"), cursor
        )
        names |= (
            {pair[0].decode() for pair in found}
            if found and isinstance(found[0], (tuple, list))
            else {n.decode() for n in found[::2]}
        )
        if int(cursor) == 0:
            break
    return sorted(
        [
            n
            for n in names
            if await client.exists(f"detection_queue:processing:{n}")
            and not await client.exists(f"detection_queue:lease:{n}")
        ]
    )
