"""Right answers to outside.stuck."""


# %% as the backend has it
async def stuck(client):
    from backend.core.queue_state import queue_state

    consumers = (await queue_state(client, "detection_queue")).consumers
    return sorted(each.name for each in consumers if each.in_hand and not each.is_alive)


# %% by the time that the lease has left
async def stuck(client):
    found = []
    names = await client.call("ZRANGE", client.full_name("detection_queue:consumers"), 0, -1)
    for name in names:
        text = name.decode()
        left = await client.call("PTTL", client.full_name(f"detection_queue:lease:{text}"))
        held = await client.peek_queue(f"detection_queue:processing:{text}", 0, 0)
        found += [text] if held and left == -2 else []
    return sorted(found)
