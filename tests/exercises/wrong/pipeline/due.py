"""Wrong answers to pipeline.due: each cell is named for the hint that it draws."""


# %% NO_BATCH
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if now - started >= 90:
        return "window"
    if now - last >= 30:
        return "idle"
    return None


# %% WRONG_KEY
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{camera_id}:started_at")
    last = await client.get(f"batch:{camera_id}:last_activity")
    if now - started >= 90:
        return "window"
    if now - last >= 30:
        return "idle"
    return None


# %% OWN_CLOCK
import time


async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    now = time.time()
    if now - started >= 90:
        return "window"
    if now - last >= 30:
        return "idle"
    return None


# %% IDLE_FROM_START
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if now - started >= 90:
        return "window"
    if now - started >= 30:
        return "idle"
    return None


# %% NO_IDLE
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if now - started >= 90:
        return "window"
    return None


# %% NO_IDLE
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if now - started >= 90:
        return "window"
    if now - last >= 30_000:
        return "idle"
    return None


# %% NO_WINDOW
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if now - last >= 30:
        return "idle"
    return None


# %% NO_WINDOW
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if now - last >= 90:
        return "window"
    if now - last >= 30:
        return "idle"
    return None


# %% EDGE
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if now - started > 90:
        return "window"
    if now - last > 30:
        return "idle"
    return None


# %% EARLY
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if now - started >= 80:
        return "window"
    if now - last >= 30:
        return "idle"
    return None


# %% BOTH
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if now - last >= 30:
        return "idle"
    if now - started >= 90:
        return "window"
    return None


# %% CLOSED
async def why_due(client, camera_id, now):
    for batch in await BatchAggregator(client, clock=lambda: now).close_due():
        if batch.camera_id == camera_id:
            return batch.reason
    return None


# %% OTHER
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    return now - started >= 90 or now - last >= 30


# %% FORGOT_AWAIT
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = client.get(f"batch:{batch_id}:last_activity")
    if now - started >= 90:
        return "window"
    if now - last >= 30:
        return "idle"
    return None


# %% CHANGED
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    await client.set(f"batch:{batch_id}:started_at", started, expire=3600)
    last = await client.get(f"batch:{batch_id}:last_activity")
    if now - started >= 90:
        return "window"
    if now - last >= 30:
        return "idle"
    return None


# %% GONE
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if now - started >= 90:
        return "window"
    if now - last >= 30:
        return "idle"
    return None


# %% GONE
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if started is None and last is None:
        return None
    if now - started >= 90:
        return "window"
    if now - last >= 30:
        return "idle"
    return None


# %% GONE
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    started = now if started is None else started
    if now - started >= 90:
        return "window"
    if now - last >= 30:
        return "idle"
    return None


# %% CHANGED
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if started is None or last is None:
        return None
    await client.set(f"batch:{batch_id}:started_at", started)
    if now - started >= 90:
        return "window"
    if now - last >= 30:
        return "idle"
    return None


# %% CHANGED
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if started is None or last is None:
        return None
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)
    if now - started >= 90:
        return "window"
    if now - last >= 30:
        return "idle"
    return None


# %% CLOSED
import json


async def why_due(client, camera_id, now):
    raw = await client.call("GETDEL", client.full_name(f"batch:{camera_id}:current"))
    batch_id = json.loads(raw) if raw else None
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


# %% CHANGED
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
        await client.delete(f"batch:{batch_id}:started_at")
        return "idle"
    return None


# %% CHANGED
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if started is None or last is None:
        return None
    await client.call("EXPIRE", client.full_name(f"batch:{camera_id}:current"), 3600)
    if now - started >= 90:
        return "window"
    if now - last >= 30:
        return "idle"
    return None


# %% CHANGED
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if started is None or last is None:
        return None
    if now - started >= 90:
        await client.set(f"batch:{batch_id}:why", "window")
        return "window"
    if now - last >= 30:
        return "idle"
    return None


# %% LIMITS
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if started is None or last is None:
        return None
    if now - started >= 30:
        return "window"
    if now - last >= 90:
        return "idle"
    return None


# %% LIMITS
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if started is None or last is None:
        return None
    if now - started >= 90:
        return "idle"
    if now - last >= 30:
        return "window"
    return None


# %% IDLE_FROM_START
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if started is None or last is None:
        return None
    if now - last >= 90:
        return "window"
    if now - started >= 30:
        return "idle"
    return None


# %% WRONG_KEY
async def why_due(client, camera_id, now):
    batch_id = camera_id
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if started is None or last is None:
        return None
    if now - started >= 90:
        return "window"
    if now - last >= 30:
        return "idle"
    return None


# %% WRONG_KEY
async def why_due(client, camera_id, now):
    batch_id = camera_id
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if now - started >= 90:
        return "window"
    if now - last >= 30:
        return "idle"
    return None


# %% WRONG_KEY
async def why_due(client, camera_id, now):
    batch_id = camera_id if await client.exists(f"batch:{camera_id}:current") else None
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if now - started >= 90:
        return "window"
    if now - last >= 30:
        return "idle"
    return None


# %% NO_WINDOW
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if started is None or last is None:
        return None
    if now - started >= 90 and now - last >= 30:
        return "window"
    if now - last >= 30:
        return "idle"
    return None


# %% LIMITS
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if started is None or last is None:
        return None
    if now - started >= 90 or now - last >= 30:
        return "window"
    if now - last >= 30:
        return "idle"
    return None


# %% IDLE_FROM_START
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
    if now - last >= 29:
        return "idle"
    return None


# %% NO_WINDOW
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if started is None or last is None:
        return None
    if now - started >= 100:
        return "window"
    if now - last >= 30:
        return "idle"
    return None


# %% EARLY
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if started is None or last is None:
        return None
    if int(now) - int(started) > 89:
        return "window"
    if round(now - last) >= 30:
        return "idle"
    return None


# %% OWN_CLOCK
import time


async def why_due(client, camera_id, now):
    now = time.time()
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


# %% OTHER
async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return "none"
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if started is None or last is None:
        return None
    if now - started >= 90:
        return "window"
    if now - last >= 30:
        return "idle"
    return None


# %% OTHER
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
    return False


# %% CLOSED
async def why_due(client, camera_id, now):
    from backend.services.batch_aggregator import BatchAggregator

    for batch in await BatchAggregator(client, clock=lambda: now).close_due():
        if batch.camera_id == camera_id:
            return batch.reason


# %% GONE
async def why_due(client, camera_id, now):
    if not await client.exists(f"batch:{camera_id}:current"):
        return None
    b = await client.get(f"batch:{camera_id}:current")
    if not await client.exists(f"batch:{b}:started_at", f"batch:{b}:last_activity") == 2:
        return None
    s, l = await client.get(f"batch:{b}:started_at"), await client.get(f"batch:{b}:last_activity")
    return "window" if now - s >= 90 else "idle" if now - l >= 30 else None


# %% EARLY
async def why_due(client, camera_id, now):
    b = await client.get(f"batch:{camera_id}:current")
    if b is None:
        return None
    s, l = await client.get(f"batch:{b}:started_at"), await client.get(f"batch:{b}:last_activity")
    if s is None or l is None:
        return None
    return "window" if int(now) - int(s) >= 90 else "idle" if int(now) - int(l) >= 30 else None


# %% REMEMBERED
times = {}


async def why_due(client, camera_id, now):
    batch_id = await client.get(f"batch:{camera_id}:current")
    if batch_id is None:
        return None
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if started is not None and last is not None:
        times[batch_id] = started, last
    if batch_id not in times:
        return None
    started, last = times[batch_id]
    if now - started >= 90:
        return "window"
    return "idle" if now - last >= 30 else None


# %% REMEMBERED
batches = {}


async def why_due(client, camera_id, now):
    if camera_id not in batches:
        batches[camera_id] = await client.get(f"batch:{camera_id}:current")
    batch_id = batches[camera_id]
    started = await client.get(f"batch:{batch_id}:started_at")
    last = await client.get(f"batch:{batch_id}:last_activity")
    if started is None or last is None:
        return None
    return "window" if now - started >= 90 else "idle" if now - last >= 30 else None
