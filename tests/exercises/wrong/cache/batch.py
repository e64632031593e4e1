"""Wrong answers to cache.batch: each cell is named for the hint that it draws."""


# %% STILL_FOR_EVER
async def add_detection(client, batch_id, detection_id, now):
    detections = f"batch:{batch_id}:detections"
    await client.add_to_queue(detections, detection_id)
    await client.call("EXPIRE", detections, 3600)
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)


# %% GAP
async def add_detection(client, batch_id, detection_id, now):
    detections = f"batch:{batch_id}:detections"
    await client.add_to_queue(detections, detection_id)
    await client.call("EXPIRE", client.full_name(detections), 3600)
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)


# %% GAP
import json


async def add_detection(client, batch_id, detection_id, now):
    detections = client.full_name(f"batch:{batch_id}:detections")
    await client.call("EXPIRE", detections, 3600)
    await client.call("RPUSH", detections, json.dumps(detection_id))
    await client.call("EXPIRE", detections, 3600)
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)


# %% GAP
import json


async def add_detection(client, batch_id, detection_id, now):
    detections = client.full_name(f"batch:{batch_id}:detections")
    try:
        await client.call("RPUSH", detections, json.dumps(detection_id))
    finally:
        await client.call("EXPIRE", detections, 3600)
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)


# %% GAP
import json

import redis.asyncio


async def add_detection(client, batch_id, detection_id, now):
    detections = client.full_name(f"batch:{batch_id}:detections")
    async with redis.asyncio.Redis.from_url(client.redis_url) as plain:
        async with plain.pipeline(transaction=False) as pipe:
            pipe.rpush(detections, json.dumps(detection_id))
            pipe.expire(detections, 3600)
            await pipe.execute()
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)


# %% GAP
async def add_detection(client, batch_id, detection_id, now):
    detections = f"batch:{batch_id}:detections"
    await asyncio.gather(
        client.add_to_queue(detections, detection_id),
        client.set(f"batch:{batch_id}:last_activity", now, expire=3600),
    )
    await client.call("EXPIRE", client.full_name(detections), 3600)


# %% FIRST_ONLY
async def add_detection(client, batch_id, detection_id, now):
    detections = f"batch:{batch_id}:detections"
    if await client.add_to_queue(detections, detection_id) == 1:
        await client.call("EXPIRE", client.full_name(detections), 3600)
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)


# %% FIRST_ONLY
import json


async def add_detection(client, batch_id, detection_id, now):
    detections = client.full_name(f"batch:{batch_id}:detections")
    script = "redis.call('RPUSH', KEYS[1], ARGV[1]); redis.call('EXPIRE', KEYS[1], 3600, 'NX')"
    await client.call("EVAL", script, 1, detections, json.dumps(detection_id))
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)


# %% UNIT
async def add_detection(client, batch_id, detection_id, now):
    detections = f"batch:{batch_id}:detections"
    await client.add_to_queue(detections, detection_id)
    await client.call("EXPIRE", client.full_name(detections), 3_600_000)
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)


# %% UNIT
import json


async def add_detection(client, batch_id, detection_id, now):
    detections = client.full_name(f"batch:{batch_id}:detections")
    script = "redis.call('RPUSH', KEYS[1], ARGV[1]); redis.call('PEXPIRE', KEYS[1], 3600)"
    await client.call("EVAL", script, 1, detections, json.dumps(detection_id))
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)


# %% NO_LIST
async def add_detection(client, batch_id, detection_id, now):
    await client.set(f"batch:{batch_id}:detections", [detection_id], expire=3600)
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)


# %% NO_LIST
async def add_detection(client, batch_id, detection_id, now):
    key = f"batch:{batch_id}:detections"
    await client.set(key, [*(await client.get(key) or []), detection_id], expire=3600)
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)


# %% AS_THEY_ARE
import json


async def add_detection(client, batch_id, detection_id, now):
    script = "redis.call('RPUSH', KEYS[1], ARGV[1]); redis.call('EXPIRE', KEYS[1], 3600)"
    await client.call("EVAL", script, 1, f"batch:{batch_id}:detections", json.dumps(detection_id))
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)


# %% NOT_ADDED
import json


async def add_detection(client, batch_id, detection_id, now):
    detections = client.full_name(f"batch:{batch_id}:detections")
    script = "redis.call('LPUSH', KEYS[1], ARGV[1]); redis.call('EXPIRE', KEYS[1], 3600)"
    await client.call("EVAL", script, 1, detections, json.dumps(detection_id))
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)


# %% AS_JSON
async def add_detection(client, batch_id, detection_id, now):
    detections = client.full_name(f"batch:{batch_id}:detections")
    script = "redis.call('RPUSH', KEYS[1], ARGV[1]); redis.call('EXPIRE', KEYS[1], 3600)"
    await client.call("EVAL", script, 1, detections, detection_id)
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)


# %% ACTIVITY
import json


async def add_detection(client, batch_id, detection_id, now):
    detections = client.full_name(f"batch:{batch_id}:detections")
    script = "redis.call('RPUSH', KEYS[1], ARGV[1]); redis.call('EXPIRE', KEYS[1], 3600)"
    await client.call("EVAL", script, 1, detections, json.dumps(detection_id))
    await client.set(f"batch:{batch_id}:last_activity", now)


# %% OTHER_KEYS
import json


async def add_detection(client, batch_id, detection_id, now):
    detections = client.full_name(f"batch:{batch_id}:detections")
    new = client.full_name(f"batch:{batch_id}:new")
    script = "redis.call('RPUSH', KEYS[1], ARGV[1]); redis.call('EXPIRE', KEYS[1], 3600)"
    await client.call("EVAL", script, 1, detections, json.dumps(detection_id))
    await client.call("EVAL", script, 1, new, json.dumps(detection_id))
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)


# %% FORGOT_AWAIT
async def add_detection(client, batch_id, detection_id, now):
    detections = f"batch:{batch_id}:detections"
    await client.add_to_queue(detections, detection_id)
    client.call("EXPIRE", client.full_name(detections), 3600)
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)


# %% NOT_THERE
import json

from redis.asyncio import Redis


async def add_detection(client, batch_id, detection_id, now):
    key = client.full_name(f"batch:{batch_id}:detections")
    async with Redis.from_url(client.redis_url) as plain, plain.pipeline() as pipe:
        pipe.rpush(key, json.dumps(detection_id))
        pipe.expire(key, 3600)
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)


# %% ACTIVITY
import json


async def add_detection(client, batch_id, detection_id, now):
    script = "redis.call('RPUSH', KEYS[1], ARGV[1]) redis.call('EXPIRE', KEYS[1], 3600)"
    key = client.full_name(f"batch:{batch_id}:detections")
    await client.call("EVAL", script, 1, key, json.dumps(detection_id))
    await client.set(f"batch:{batch_id}:last_activity", now)
    await client.call("EXPIRE", client.full_name(f"batch:{batch_id}:last_activity"), 3600)


# %% UNCLOSED
import json
import redis.asyncio

import redis.asyncio


async def add_detection(client, batch_id, detection_id, now):
    detections = client.full_name(f"batch:{batch_id}:detections")
    plain = redis.asyncio.Redis.from_url(client.redis_url)
    async with plain.pipeline(transaction=True) as pipe:
        await pipe.rpush(detections, json.dumps(detection_id)).expire(detections, 3600).execute()
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)


# %% UNCLOSED
import json
import redis.asyncio


async def add_detection(client, batch_id, detection_id, now):
    async with redis.asyncio.Redis.from_url(client.redis_url).pipeline() as pipe:
        key = client.full_name(f"batch:{batch_id}:detections")
        pipe.rpush(key, json.dumps(detection_id))
        pipe.expire(key, 3600)
        await pipe.execute()
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)


# %% RAISED
async def add_detection(client, batch_id, detection_id, now):
    await client.call("MULTI")
    await client.add_to_queue(f"batch:{batch_id}:detections", detection_id)
    await client.call("EXPIRE", client.full_name(f"batch:{batch_id}:detections"), 3600)
    await client.call("EXEC")
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)
