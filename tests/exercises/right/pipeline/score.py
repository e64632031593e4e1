"""Right answers to pipeline.score, each in its own way."""


# %% SC
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
    return recall, precision


# %% COUNTER
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    right = sum((Counter(truth) & Counter(reported)).values())
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% MIN
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    right = sum(min(truth.count(k), reported.count(k)) for k in set(truth))
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% LIST
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
    return [recall, precision]


# %% SORTED
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = [await client.get(f"detection:{i}") for i in ids]
    reported = [r["type"] for r in records if r is not None]
    a, b, right = sorted(truth), sorted(reported), 0
    while a and b:
        if a[0] == b[0]:
            right += 1
            a.pop(0)
            b.pop(0)
        elif a[0] < b[0]:
            a.pop(0)
        else:
            b.pop(0)
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% ONE
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
    recall = right / len(truth) if len(truth) > 0 else 1
    precision = 1 if not reported else right / len(reported)
    return recall, precision


# %% MGET
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = (
        [
            json.loads(x) if x else None
            for x in await client.call("MGET", *[client.full_name(f"detection:{i}") for i in ids])
        ]
        if ids
        else []
    )
    reported = [r["type"] for r in records if r is not None]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% TRY
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    reported = []
    for i in ids:
        try:
            reported.append((await client.get(f"detection:{i}"))["type"])
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


# %% GATHER
async def score(client, batch_id, truth):
    from collections import Counter

    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    records = await asyncio.gather(*(client.get(f"detection:{i}") for i in ids))
    reported = [r["type"] for r in records if r is not None]
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)
            right += 1
    recall = right / len(truth) if truth else 1.0
    precision = right / len(reported) if reported else 1.0
    return recall, precision


# %% ROUND
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
    return round(recall, 3), round(precision, 3)


# %% FRACTION
from collections import Counter
from fractions import Fraction


async def score(client, batch_id, truth):
    types = [
        d["type"]
        for i in await client.peek_queue(f"batch:{batch_id}:detections")
        if (d := await client.get(f"detection:{i}")) is not None
    ]
    right = (Counter(types) & Counter(truth)).total()
    return Fraction(right, len(truth)) if truth else Fraction(1), Fraction(
        right, len(types)
    ) if types else Fraction(1)
