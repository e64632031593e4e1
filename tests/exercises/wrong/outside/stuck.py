"""Wrong answers to outside.stuck: each cell is named for the hint that it draws."""


# %% ALIVE
async def stuck(client):
    names = await client.call("ZRANGE", client.full_name("detection_queue:consumers"), 0, -1)
    return sorted(
        [
            name.decode()
            for name in names
            if await client.get_queue_length(f"detection_queue:processing:{name.decode()}")
        ]
    )


# %% IDLE
async def stuck(client):
    names = await client.call("ZRANGE", client.full_name("detection_queue:consumers"), 0, -1)
    return sorted(
        [
            name.decode()
            for name in names
            if not await client.exists(f"detection_queue:lease:{name.decode()}")
        ]
    )


# %% MISSED
async def stuck(client):
    names = await client.call("ZRANGE", client.full_name("detection_queue:consumers"), 0, -1)
    for name in names:
        if await client.get_queue_length(f"detection_queue:processing:{name.decode()}"):
            if not await client.exists(f"detection_queue:lease:{name.decode()}"):
                return [name.decode()]
    return []


# %% MISSED
async def stuck(client):
    return []


# %% BYTES
async def stuck(client):
    names = await client.call("ZRANGE", client.full_name("detection_queue:consumers"), 0, -1)
    return sorted(
        [
            name
            for name in names
            if await client.get_queue_length(f"detection_queue:processing:{name.decode()}")
            and not await client.exists(f"detection_queue:lease:{name.decode()}")
        ]
    )


# %% NO_LIST
async def stuck(client):
    names = await client.call("ZRANGE", client.full_name("detection_queue:consumers"), 0, -1)
    return {
        name.decode()
        for name in names
        if await client.get_queue_length(f"detection_queue:processing:{name.decode()}")
        and not await client.exists(f"detection_queue:lease:{name.decode()}")
    }


# %% NOT_SORTED
async def stuck(client):
    names = await client.call("ZRANGE", client.full_name("detection_queue:consumers"), 0, -1)
    return [
        name.decode()
        for name in names
        if await client.get_queue_length(f"detection_queue:processing:{name.decode()}")
        and not await client.exists(f"detection_queue:lease:{name.decode()}")
    ]


# %% SEARCHED
async def stuck(client):
    prefix = client.full_name("detection_queue:processing:")
    names = [key.decode().removeprefix(prefix) for key in await client.call("KEYS", f"{prefix}*")]
    return sorted([n for n in names if not await client.exists(f"detection_queue:lease:{n}")])


# %% SEARCHED
async def stuck(client):
    prefix = client.full_name("detection_queue:processing:")
    cursor, found = 0, set()
    while True:
        cursor, keys = await client.call("SCAN", cursor, "MATCH", f"{prefix}*")
        found |= {key.decode().removeprefix(prefix) for key in keys}
        if int(cursor) == 0:
            break
    return sorted([n for n in found if not await client.exists(f"detection_queue:lease:{n}")])


# %% CHANGED
async def stuck(client):
    names = await client.call("ZRANGE", client.full_name("detection_queue:consumers"), 0, -1)
    found = []
    for name in [name.decode() for name in names]:
        held = f"detection_queue:processing:{name}"
        if not await client.exists(f"detection_queue:lease:{name}"):
            if await client.delete(held):
                found.append(name)
    return sorted(found)


# %% OTHER
async def stuck(client):
    names = await client.call("ZRANGE", client.full_name("detection_queue:consumers"), 0, -1)
    return [f"detection_queue:processing:{name.decode()}" for name in names][:2]


# %% AS_THEY_ARE
async def stuck(client):
    names = await client.call("ZRANGE", "detection_queue:consumers", 0, -1)
    return sorted(name.decode() for name in names)


# %% NO_LIST
async def stuck(client):
    q = client.full_name("detection_queue")
    names = [
        n.decode() for n in await client.call("ZRANGEBYSCORE", q + ":consumers", "-inf", "+inf")
    ]
    return sorted(
        n
        for n in names
        if await client.call("TYPE", f"{q}:processing:{n}") == b"list"
        and await client.call("PTTL", f"{q}:lease:{n}") == -2
    )


# %% MISSED
async def stuck(client):
    names = [
        n.decode()
        for n in await client.call("ZRANGE", client.full_name("detection_queue:consumers"), 0, 9)
    ]
    return sorted(
        [
            n
            for n in names
            if await client.exists(f"detection_queue:processing:{n}")
            and not await client.exists(f"detection_queue:lease:{n}")
        ]
    )


# %% ALIVE
async def stuck(client):
    names = [
        n.decode()
        for n in await client.call("ZRANGE", client.full_name("detection_queue:consumers"), 0, -1)
    ]
    return sorted(
        [
            n
            for n in names
            if await client.exists(f"detection_queue:processing:{n}")
            and not await client.get(f"detection_queue:lease:{n}")
        ]
    )


# %% SORTED_SET
async def stuck(client):
    names = await client.peek_queue("detection_queue:consumers")
    return sorted(
        [
            n
            for n in names
            if await client.exists(f"detection_queue:processing:{n}")
            and not await client.exists(f"detection_queue:lease:{n}")
        ]
    )


# %% BYTES
async def stuck(client):
    names = [
        str(n)
        for n in await client.call("ZRANGE", client.full_name("detection_queue:consumers"), 0, -1)
    ]
    return sorted(
        [
            n
            for n in names
            if await client.exists(f"detection_queue:processing:{n}")
            and not await client.exists(f"detection_queue:lease:{n}")
        ]
    )


# %% REMEMBERED
async def stuck(client, found=[]):
    names = await client.call("ZRANGE", client.full_name("detection_queue:consumers"), 0, -1)
    for name in [raw.decode() for raw in names]:
        in_hand = await client.get_queue_length(f"detection_queue:processing:{name}")
        alive = await client.exists(f"detection_queue:lease:{name}")
        if in_hand and not alive:
            found.append(name)
    return sorted(found)
