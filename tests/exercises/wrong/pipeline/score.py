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


# %% SETS
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    right = len(set(truth) & set(reported))
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% BY_PLACE
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    right = sum(a == b for a, b in zip(truth, reported))
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% ONE_FOR_TWO
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    right = sum(k in truth for k in reported)
    recall = min(1.0, right / len(truth)) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% ONE_FOR_TWO
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    found = sum(k in reported for k in truth)
    right = sum(k in truth for k in reported)
    recall = found / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% RECORDS
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    await client.delete(*(f"detection:{i}" for i in ids)) if ids else None
    return recall, precision


# %% TAKEN
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    await client.delete(f"batch:{batch_id}:detections")
    return recall, precision


# %% TAKEN
async def score(client, batch_id, truth):
    from collections import Counter

    ids = []
    while (
        i := await client.get_from_queue(f"batch:{batch_id}:detections", timeout=0.1)
    ) is not None:
        ids.append(i)
    for i in ids:
        await client.add_to_queue(f"batch:{batch_id}:detections", i)
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% RECORDS
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    for i, r in zip(ids, records):
        await client.set(f"detection:{i}", r)
    return recall, precision


# %% RECORDS
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    for i in ids:
        await client.call("EXPIRE", client.full_name(f"detection:{i}"), 60)
    return recall, precision


# %% ADDED
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    await client.set(f"batch:{batch_id}:score", [recall, precision])
    return recall, precision


# %% WHOLE
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right // len(truth) if truth else 1
    precision = right // len(reported) if reported else 1
    return recall, precision


# %% WHOLE
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return round(recall), round(precision)


# %% NOTHING
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right / len(truth)
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% NOTHING
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 0.0
    return recall, precision


# %% NOTHING
async def score(client, batch_id, truth):
    if not truth:
        return 1.0, 1.0
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% NOTHING
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    if not ids:
        return 1.0, 1.0
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% NOTHING
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    if not ids and not truth:
        return 0.0, 0.0
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% LOST
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(ids) if ids else 1.0
    return recall, precision


# %% LOST
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% COUNTED
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = min(1, len(reported) / len(truth)) if truth else 1.0
    precision = min(1, len(truth) / len(reported)) if reported else 1.0
    return recall, precision


# %% ANOTHER_BATCH
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue("batch:c3b170:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% NONE_TRUE
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = ids
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% ALTERED
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    right = 0
    for kind in reported:
        if kind in truth:
            truth.remove(kind)
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% NONE_FOUND
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detection_ids")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% DIVISION
async def score(client, batch_id, truth):
    return 0.75, 0.6


# %% DIVISION
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right / (len(truth) + len(reported) - right) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% OTHER
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return 2 * recall * precision / (recall + precision)


# %% OTHER
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return f"{recall}", f"{precision}"


# %% OTHER
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall


# %% ALTERED
async def score(client, batch_id, truth):
    n, right, reported = len(truth), 0, 0
    for i in await client.peek_queue(f"batch:{batch_id}:detections"):
        if (d := await client.get(f"detection:{i}")) is not None:
            reported += 1
            if d["type"] in truth:
                truth.remove(d["type"])
                right += 1
    return (right / n if n else 1), (right / reported if reported else 1)


# %% CONFIDENCE
async def score(client, batch_id, truth):
    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None and r["confidence"] >= 0.5]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% CONFIDENCE
async def score(client, batch_id, truth):
    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None and r["confidence"] >= 0.9]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% PART
async def score(client, batch_id, truth):
    ids = await client.peek_queue(f"batch:{batch_id}:detections", 0, 99)
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% LOST
async def score(client, batch_id, truth):
    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [record["type"] for record in records if record]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if ids else 1.0
    return recall, precision


# %% LOST
async def score(client, batch_id, truth):
    reported = []
    try:
        for i in await client.peek_queue(f"batch:{batch_id}:detections"):
            record = await client.get(f"detection:{i}")
            reported.append(record["type"])
    except TypeError:
        pass
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% ONE_FOR_ALL
async def score(client, batch_id, truth):
    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [record["type"] for record in records if record]
    right = sum(kind in reported for kind in truth)
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% REMEMBERED
reported = []


async def score(client, batch_id, truth):
    for i in await client.peek_queue(f"batch:{batch_id}:detections"):
        if record := await client.get(f"detection:{i}"):
            reported.append(record["type"])
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% NONE_FOUND
async def score(client, batch_id, truth):
    ids = await client.peek_queue(f"batch:{batch_id}:detection_ids")
    if not ids:
        return (0 if truth else 1), 1
    return 1.0, 1.0
