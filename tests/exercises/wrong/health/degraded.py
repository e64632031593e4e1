"""Wrong answers to health.degraded: each cell is named for the hint that it draws."""


# %% NEVER_SLOW
async def probe(client):
    health = await client.health_check()
    return "healthy" if health["status"] == "healthy" else "down"


# %% NEVER_SLOW
async def probe(client):
    started = time.monotonic()
    health = await client.health_check()
    if health["status"] != "healthy":
        return "down"
    return "degraded" if time.monotonic() - started > 200 else "healthy"


# %% HUNG_IS_DOWN
async def probe(client):
    started = time.monotonic()
    health = await client.health_check()
    if time.monotonic() - started > 0.2:
        return "degraded"
    return "healthy" if health["status"] == "healthy" else "down"


# %% TOO_STRICT
async def probe(client):
    try:
        async with asyncio.timeout(0.2):
            health = await client.health_check()
    except TimeoutError:
        return "down"
    return "healthy" if health["status"] == "healthy" else "down"


# %% ALWAYS_SLOW
async def probe(client):
    started = time.perf_counter_ns()
    health = await client.health_check()
    if health["status"] != "healthy":
        return "down"
    return "degraded" if time.perf_counter_ns() - started > 200 else "healthy"


# %% RAISES
async def probe(client):
    started = time.monotonic()
    health = await client.health_check()
    seconds = time.monotonic() - started
    if health["redis_version"] is None:
        return "down"
    return "degraded" if seconds > 0.2 else "healthy"


# %% FORGOT_AWAIT
async def probe(client):
    started = time.monotonic()
    health = client.health_check()
    seconds = time.monotonic() - started
    if health["status"] != "healthy":
        return "down"
    return "degraded" if seconds > 0.2 else "healthy"


# %% OTHER_WORDS
async def probe(client):
    started = time.monotonic()
    health = await client.health_check()
    if health["status"] != "healthy":
        return "unhealthy"
    return "degraded" if time.monotonic() - started > 0.2 else "healthy"


# %% OTHER_WORDS
async def probe(client):
    started = time.monotonic()
    health = await client.health_check()
    if health["status"] == "healthy":
        return health["status"] if time.monotonic() - started <= 0.2 else "slow"
    return "down"


# %% SWAPPED
async def probe(client):
    started = time.monotonic()
    health = await client.health_check()
    if health["status"] != "healthy":
        return "down"
    return "degraded" if time.monotonic() - started < 0.2 else "healthy"


# %% NEVER_DOWN
async def probe(client):
    started = time.monotonic()
    await client.health_check()
    return "degraded" if time.monotonic() - started > 0.2 else "healthy"


# %% ALWAYS_DOWN
async def probe(client):
    started = time.monotonic()
    health = await client.health_check()
    if health["status"] != "ok":
        return "down"
    return "degraded" if time.monotonic() - started > 0.2 else "healthy"


# %% OTHER_LIMIT
async def probe(client):
    started = time.monotonic()
    health = await client.health_check()
    if health["status"] != "healthy":
        return "down"
    return "degraded" if time.monotonic() - started > 0.02 else "healthy"


# %% NEVER_SLOW
async def probe(client):
    started = time.monotonic()
    health = await client.health_check()
    if health["status"] != "healthy":
        return "down"
    return "healthy" if round(time.monotonic() - started) <= 0.2 else "degraded"


# %% RAISES
async def probe(client):
    health = await client.health_check()
    started = time.monotonic()
    await client.call("PING")
    if health["status"] != "healthy":
        return "down"
    return "healthy" if time.monotonic() - started <= 0.2 else "degraded"


# %% TOO_STRICT
async def probe(client):
    started = time.monotonic()
    try:
        health = await asyncio.wait_for(client.health_check(), 0.5)
    except TimeoutError:
        return "down"
    if health["status"] != "healthy":
        return "down"
    return "degraded" if time.monotonic() - started > 0.2 else "healthy"


# %% TOO_STRICT
async def probe(client):
    try:
        async with asyncio.timeout(0.2):
            health = await client.health_check()
    except TimeoutError:
        return "degraded"
    return "healthy" if health["status"] == "healthy" else "down"


# %% NEVER_SLOW
async def probe(client):
    started = time.monotonic()
    health = await client.health_check()
    if health["status"] != "healthy":
        return "down"
    return "degraded" if round(time.monotonic() - started, 1) > 0.2 else "healthy"


# %% NEVER_DOWN
async def probe(client):
    started = time.monotonic()
    health = await client.health_check()
    if "healthy" not in health["status"]:
        return "down"
    return "degraded" if time.monotonic() - started > 0.2 else "healthy"
