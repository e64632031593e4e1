"""Right answers to cache.batch, each in its own way."""


# %% TRANSACTION
async def add_detection(client, batch_id, detection_id, now):
    detections = client.full_name(f"batch:{batch_id}:detections")
    async with (
        redis.asyncio.Redis.from_url(client.redis_url) as plain,
        plain.pipeline(transaction=True) as pipe,
    ):
        pipe.rpush(detections, json.dumps(detection_id))
        pipe.expire(detections, 3600)
        await pipe.execute()
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)


# %% ALL_IN_ONE_TRANSACTION
async def add_detection(client, batch_id, detection_id, now):
    batch = client.full_name(f"batch:{batch_id}:")
    async with redis.asyncio.Redis.from_url(client.redis_url) as plain:
        async with plain.pipeline() as pipe:
            await (
                pipe.rpush(batch + "detections", json.dumps(detection_id))
                .expire(batch + "detections", 3600)
                .set(batch + "last_activity", json.dumps(now), ex=3600)
                .execute()
            )


# %% ACTIVITY_FIRST
async def add_detection(client, batch_id, detection_id, now):
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)
    script = "redis.call('RPUSH', KEYS[1], ARGV[1]) return redis.call('EXPIRE', KEYS[1], 3600)"
    detections = client.full_name(f"batch:{batch_id}:detections")
    await client.call("EVAL", script, 1, detections, json.dumps(detection_id))


# %% OUR_SCRIPTS
async def add_detection(client, batch_id, detection_id, now):
    text = "redis.call('RPUSH', KEYS[1], ARGV[1]); redis.call('PEXPIRE', KEYS[1], 3600000)"
    keys = [f"batch:{batch_id}:detections"]
    await client.run(Script("push", text), keys, json.dumps(detection_id))
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)


# %% BOTH_IN_LUA
async def add_detection(client, batch_id, detection_id, now):
    script = """
        redis.call('RPUSH', KEYS[1], ARGV[1])
        redis.call('EXPIRE', KEYS[1], 3600)
        redis.call('SET', KEYS[2], ARGV[2], 'EX', 3600)
    """
    keys = [client.full_name(f"batch:{batch_id}:{n}") for n in ("detections", "last_activity")]
    values = json.dumps(detection_id), json.dumps(now)
    await client.call("EVAL", script, 2, *keys, *values)


# %% OWN_CLIENT_EVAL
async def add_detection(client, batch_id, detection_id, now):
    key = client.full_name(f"batch:{batch_id}:detections")
    async with redis.asyncio.Redis.from_url(client.redis_url) as plain:
        await plain.eval(
            "redis.call('RPUSH', KEYS[1], ARGV[1]); redis.call('EXPIRE', KEYS[1], ARGV[2])",
            1, key, json.dumps(detection_id), 3600,
        )  # fmt: skip
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)


# %% EXPIRE_TIME
async def add_detection(client, batch_id, detection_id, now):
    key = client.full_name(f"batch:{batch_id}:detections")
    async with redis.asyncio.Redis.from_url(client.redis_url) as plain, plain.pipeline() as pipe:
        pipe.multi()
        pipe.rpush(key, json.dumps(detection_id))
        pipe.expireat(key, int(time.time()) + 3600)
        await pipe.execute()
    await client.set(f"batch:{batch_id}:last_activity", now, expire=3600)
