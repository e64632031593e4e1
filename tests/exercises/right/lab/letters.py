"""Right answers to lab.letters, each in its own way."""


# %% ALL_AT_ONCE
async def sort_out(client):
    letters = DeadLetters(client, "detection_queue")
    requeued = deleted = 0
    for letter in await letters.page(count=max(1, await letters.length())):
        match letter.entry:
            case {"error": str(error)} if error.startswith(("TimeoutError", "ConnectionError")):
                await letters.requeue(letter.id)
                requeued += 1
            case {"error": str(error)} if error.startswith("ValueError"):
                await letters.delete(letter.id)
                deleted += 1
    return requeued, deleted


# %% COLLECTS_FIRST
async def sort_out(client):
    letters, all_of_them, start = DeadLetters(client, "detection_queue"), [], 0
    while page := await letters.page(start):
        all_of_them += page
        start += len(page)
    requeued = deleted = 0
    for letter in all_of_them:
        try:
            kind = letter.entry["error"].split(":")[0]
        except (TypeError, KeyError):
            continue
        if kind in ("TimeoutError", "ConnectionError"):
            await letters.requeue(letter.id)
            requeued += 1
        elif kind == "ValueError":
            await letters.delete(letter.id)
            deleted += 1
    return requeued, deleted


# %% OWN_SCRIPT
async def sort_out(client):
    dead, queue = client.full_name("dlq:detection_queue"), client.full_name("detection_queue")
    move = "redis.call('RPUSH', KEYS[2], ARGV[2]) return redis.call('LREM', KEYS[1], 1, ARGV[1])"
    requeued = deleted = 0
    for raw in await client.call("LRANGE", dead, 0, -1):
        try:
            entry = json.loads(raw)
            error = entry["error"]
        except (ValueError, KeyError, TypeError):
            continue
        if error.startswith("TimeoutError") or error.startswith("ConnectionError"):
            item = json.dumps(entry["original_job"])
            requeued += await client.call("EVAL", move, 2, dead, queue, raw, item)
        elif error.startswith("ValueError"):
            deleted += await client.call("LREM", dead, 1, raw)
    return requeued, deleted


# %% TRANSACTION
async def sort_out(client):
    dead, queue = client.full_name("dlq:detection_queue"), client.full_name("detection_queue")
    requeued = deleted = 0
    async with redis.asyncio.Redis.from_url(client.redis_url) as plain:
        for raw in await plain.lrange(dead, 0, -1):
            try:
                error = json.loads(raw)["error"]
            except (ValueError, KeyError):
                continue
            if error.startswith(("TimeoutError", "ConnectionError")):
                async with plain.pipeline(transaction=True) as pipe:
                    pipe.rpush(queue, json.dumps(json.loads(raw)["original_job"]))
                    pipe.lrem(dead, 1, raw)
                    await pipe.execute()
                requeued += 1
            elif error.startswith("ValueError"):
                deleted += await plain.lrem(dead, 1, raw)
    return requeued, deleted


# %% DELETES_FIRST
async def sort_out(client):
    letters = DeadLetters(client, "detection_queue")

    def error(letter):
        return str(letter.entry.get("error")) if isinstance(letter.entry, dict) else ""

    everything = await letters.page(0, 1_000_000)
    broken = [each for each in everything if error(each).startswith("ValueError")]
    away = [e for e in everything if error(e).startswith(("TimeoutError", "ConnectionError"))]
    for letter in broken:
        await letters.delete(letter.id)
    for letter in away:
        await letters.requeue(letter.id)
    return len(away), len(broken)


# %% A_LIST
async def sort_out(client):
    letters, counts, start = DeadLetters(client, "detection_queue"), [0, 0], 0
    while page := await letters.page(start, 1):
        [letter] = page
        error = letter.entry.get("error", "") if hasattr(letter.entry, "get") else ""
        if error.startswith(("Timeout", "Connection")):
            await letters.requeue(letter.id)
            counts[0] += 1
        elif error.startswith("ValueError"):
            await letters.delete(letter.id)
            counts[1] += 1
        else:
            start += 1
    return counts
