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
