"""Right answers to queue.wait, each in its own way."""


# %% BLPOP
async def next_job(client, seconds):
    name = client.full_name("detection_queue")
    reply = await client.call("BLPOP", name, seconds, wait=seconds)
    return "quiet" if reply is None else json.loads(reply[1])


# %% ONE_OF_MANY
async def next_job(client, seconds):
    items = await client.get_many_from_queue("detection_queue", 1, timeout=seconds)
    return items[0] if items else "quiet"
