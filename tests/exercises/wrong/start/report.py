"""Wrong answers to start.report: each cell is named for the hint that it draws."""


# %% OTHER_QUEUE
async def report(client, detection):
    return await client.add_to_queue("detections_queue", detection)


# %% FORGOT_AWAIT
async def report(client, detection):
    return client.add_to_queue("detection_queue", detection)


# %% TEXT
async def report(client, detection):
    return await client.add_to_queue("detection_queue", str(detection))


# %% RETURNS_NOTHING
async def report(client, detection):
    await client.add_to_queue("detection_queue", detection)


# %% NOT_THE_LENGTH
async def report(client, detection):
    await client.add_to_queue("detection_queue", detection)
    return detection


# %% NOT_THE_LENGTH
async def report(client, detection):
    return await client.add_to_queue("detection_queue", detection) == 1


# %% OTHER_ITEM
async def report(client, detection):
    return await client.add_to_queue("detection_queue", [detection])


# %% OTHER_ITEM
async def report(client, detection):
    camera = {"camera_id": detection["camera_id"]}
    return await client.add_to_queue("detection_queue", camera)


# %% IN_FRONT
async def report(client, detection):
    import json

    name = client.full_name("detection_queue")
    return await client.call("LPUSH", name, json.dumps(detection))


# %% WRONG_TYPE
async def report(client, detection):
    return await client.set("detection_queue", detection)


# %% AS_THEY_ARE
async def report(client, detection):
    return await client.call("RPUSH", "check:bare_queue", str(detection))


# %% CLOSED
async def report(client, detection):
    length = await client.add_to_queue("detection_queue", detection)
    await client.disconnect()
    return length


# %% EXPIRES
async def report(client, detection):
    length = await client.add_to_queue("detection_queue", detection)
    await client.call("EXPIRE", client.full_name("detection_queue"), 3600)
    return length


# %% TAKEN
async def report(client, detection):
    await client.clear_queue("detection_queue")
    return await client.add_to_queue("detection_queue", detection)


# %% TAKEN
async def report(client, detection):
    length = await client.add_to_queue("detection_queue", detection)
    if length > 1:
        await client.get_from_queue("detection_queue", timeout=1)
    return length


# %% NOT_THE_LENGTH
reported = []


async def report(client, detection):
    await client.add_to_queue("detection_queue", detection)
    reported.append(detection)
    return len(reported)


# %% NOT_THE_LENGTH
async def report(client, detection):
    await client.add_to_queue("detection_queue", detection)
    return len(await client.peek_queue("detection_queue", 0, 4))


# %% WRONG_TYPE
async def report(client, detection):
    await client.set("detection_queue", detection)
    return await client.get_queue_length("detection_queue")


# %% WRONG_PARAMETERS
async def report(detection, client):
    return await client.add_to_queue("detection_queue", detection)


# %% SWALLOWED
async def report(client, job):
    try:
        return await client.add_to_queue("detection_queue", job)
    except Exception:
        return 0


# %% REMEMBERED
async def report(client, job, seen=[]):
    if job in seen:
        return await client.get_queue_length("detection_queue")
    seen.append(job)
    return await client.add_to_queue("detection_queue", job)


# %% NOT_PUSHED
async def report(client, job):
    return await client.get_queue_length("detection_queue") + 1


# %% NOT_PUSHED
async def report(client, job):
    return await client.publish("detection_queue", job)


# %% SWALLOWED
import redis


async def report(client, job):
    try:
        return await client.add_to_queue("detection_queue", job)
    except (redis.ConnectionError, redis.TimeoutError):
        return 0
