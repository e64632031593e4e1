"""Wrong answers to cache.batch: each cell is named for the hint that it draws."""


# %% STILL_FOR_EVER
async def add_detection(client, batch_id, detection_id, now):
    detections = f"batch:{batch_id}:detections"
    await client.add_to_queue(detections, detection_id)
    await client.call("EXPIRE", detections, 3600)
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)


# %% FIRST_ONLY
async def add_detection(client, batch_id, detection_id, now):
    detections = f"batch:{batch_id}:detections"
    if await client.add_to_queue(detections, detection_id) == 1:
        await client.call("EXPIRE", client.full_name(detections), 3600)
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)


# %% UNIT
async def add_detection(client, batch_id, detection_id, now):
    detections = f"batch:{batch_id}:detections"
    await client.add_to_queue(detections, detection_id)
    await client.call("EXPIRE", client.full_name(detections), 3_600_000)
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)


# %% NOT_ADDED
async def add_detection(client, batch_id, detection_id, now):
    await client.set(f"batch:{batch_id}:detections", [detection_id], expire=3600)
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)


# %% ACTIVITY
async def add_detection(client, batch_id, detection_id, now):
    detections = f"batch:{batch_id}:detections"
    await client.add_to_queue(detections, detection_id)
    await client.call("EXPIRE", client.full_name(detections), 3600)
    await client.set(f"batch:{batch_id}:last_activity", now)


# %% FORGOT_AWAIT
async def add_detection(client, batch_id, detection_id, now):
    detections = f"batch:{batch_id}:detections"
    await client.add_to_queue(detections, detection_id)
    client.call("EXPIRE", client.full_name(detections), 3600)
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)
