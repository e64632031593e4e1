"""Wrong answers to pipeline.score: each cell is named for the hint that it draws."""


# %% SWAPPED
async def score(client, batch_id, truth):
    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    reported = [(await client.get(f"detection:{id}"))["type"] for id in ids]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)  # each thing makes one report true
            right += 1
    recall = right / len(reported) if reported else 1.0
    precision = right / len(truth) if truth else 1.0
    return recall, precision


# %% COUNTED
async def score(client, batch_id, truth):
    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    reported = [(await client.get(f"detection:{id}"))["type"] for id in ids]
    recall = len(reported) / len(truth)
    precision = len(truth) / len(reported)
    return recall, precision


# %% ONE_FOR_TWO
async def score(client, batch_id, truth):
    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    reported = [(await client.get(f"detection:{id}"))["type"] for id in ids]
    right = sum(kind in truth for kind in reported)
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% SETS
async def score(client, batch_id, truth):
    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    reported = [(await client.get(f"detection:{id}"))["type"] for id in ids]
    truth, reported = set(truth), set(reported)
    right = len(truth & reported)
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% PERCENT
async def score(client, batch_id, truth):
    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    reported = [(await client.get(f"detection:{id}"))["type"] for id in ids]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)  # each thing makes one report true
            right += 1
    recall = 100 * right / len(truth)
    precision = 100 * right / len(reported)
    return recall, precision


# %% IDS
async def score(client, batch_id, truth):
    reported = await client.peek_queue(f"batch:{batch_id}:detections")
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)  # each thing makes one report true
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% NOTHING
async def score(client, batch_id, truth):
    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    reported = [(await client.get(f"detection:{id}"))["type"] for id in ids]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)  # each thing makes one report true
            right += 1
    recall = right / len(truth)
    precision = right / len(reported)
    return recall, precision


# %% TAKEN
async def score(client, batch_id, truth):
    reported, ids = [], f"batch:{batch_id}:detections"
    while (id := await client.get_from_queue(ids, timeout=0.1)) is not None:
        reported.append((await client.get(f"detection:{id}"))["type"])
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)  # each thing makes one report true
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% FORGOT_AWAIT
async def score(client, batch_id, truth):
    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    reported = [(client.get(f"detection:{id}"))["type"] for id in ids]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)  # each thing makes one report true
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% OTHER
async def score(client, batch_id, truth):
    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    reported = [(await client.get(f"detection:{id}"))["type"] for id in ids]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)  # each thing makes one report true
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return {"recall": recall}


# %% BY_PLACE
async def score(client, batch_id, truth):
    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    reported = [(await client.get(f"detection:{id}"))["type"] for id in ids]
    right = sum(a == b for a, b in zip(truth, reported))
    recall = right / len(truth) if truth else 1
    precision = right / len(reported) if reported else 1
    return recall, precision


# %% SETS
async def score(client, batch_id, truth):
    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    reported = [(await client.get(f"detection:{id}"))["type"] for id in ids]
    right = len(set(truth) & set(reported))
    recall = right / len(truth) if truth else 1
    precision = right / len(reported) if reported else 1
    return recall, precision


# %% RECORDS
async def score(client, batch_id, truth):
    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    reported = [(await client.get(f"detection:{id}"))["type"] for id in ids]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    await client.delete(*(f"detection:{id}" for id in ids))
    recall = right / len(truth) if truth else 1
    precision = right / len(reported) if reported else 1
    return recall, precision


# %% WHOLE
async def score(client, batch_id, truth):
    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    reported = [(await client.get(f"detection:{id}"))["type"] for id in ids]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right // len(truth) if truth else 1
    precision = right // len(reported) if reported else 1
    return recall, precision
