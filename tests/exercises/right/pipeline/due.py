"""Right answers to pipeline.due, each in its own way."""


# %% DU
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if started is None or last is None:
        return None
    if now - started >= 90:
        return "window"
    if now - last >= 30:
        return "idle"
    return None


# %% NO_NONE
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if started is None or last is None:
        return None
    if now - started >= 90:
        return "window"
    if now - last >= 30:
        return "idle"
    return None


# %% ELIF
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if started is None or last is None:
        return None
    reason = "window" if now - started >= 90 else "idle" if now - last >= 30 else None
    return reason
    return None


# %% PLUS
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if started is None or last is None:
        return None
    if started + 90 <= now:
        return "window"
    if last + 30 <= now:
        return "idle"
    return None


# %% MGET
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    raw = await client.call(
        "MGET",
        client.full_name(f"batch:{batch_id}:started_at"),
        client.full_name(f"batch:{batch_id}:last_activity"),
    )
    if None in raw:
        return None
    started, last = map(float, raw)
    if now - started >= 90:
        return "window"
    return "idle" if now - last >= 30 else None


# %% TRY
async def why_due(client, camera_id, now):
    try:
        batch_id = await client.get(f"batch:{camera_id}:current")
        started = await client.get(f"batch:{batch_id}:started_at")
        last = await client.get(f"batch:{batch_id}:last_activity")
        if now - started >= 90 and last:
            return "window"
        if now - last >= 30:
            return "idle"
    except TypeError:
        return None


# %% IMPLICIT
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if started is None or last is None:
        return None
    if now - started >= 90:
        return "window"
    if now - last >= 30:
        return "idle"
    pass


# %% DEAD
async def why_due(client, camera_id, now):
    deadline = await client.call("ZSCORE", client.full_name("batch:deadlines"), camera_id)
    if deadline is None or now < float(deadline):
        return None
    batch_id = await client.get(f"batch:{camera_id}:current")
    started = await client.get(f"batch:{batch_id}:started_at")
    if started is None:
        return None
    return "window" if now - started >= 90 else "idle"
