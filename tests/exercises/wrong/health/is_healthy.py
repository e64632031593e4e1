"""Wrong answers to health.is_healthy: each cell is named for the hint that it draws."""


# %% ALWAYS_YES
async def is_healthy(client):
    try:
        await client.health_check()
    except Exception:
        return False
    return True


# %% ALWAYS_YES
async def is_healthy(client):
    return bool(await client.health_check())


# %% FORGOT_AWAIT
async def is_healthy(client):
    health = client.health_check()
    return health["status"] == "healthy"


# %% NO_SUCH_WORD
async def is_healthy(client):
    health = await client.health_check()
    return health["status"] == "ok"


# %% OWN_PING
import redis


async def is_healthy(client):
    try:
        return await client.call("PING") == "PONG"
    except redis.RedisError:
        return False


# %% RAISES
async def is_healthy(client):
    health = await client.health_check()
    return health["redis_version"] != ""


# %% NO_BOOL
async def is_healthy(client):
    return (await client.health_check())["status"]


# %% THE_WRONG_WAY_ROUND
async def is_healthy(client):
    return (await client.health_check())["status"] == "unhealthy"


# %% ALWAYS_YES
async def is_healthy(client):
    try:
        return (await asyncio.wait_for(client.health_check(), 0.2))["status"] == "healthy"
    except TimeoutError:
        return True


# %% REMEMBERED
states = []


async def is_healthy(client):
    if "unhealthy" not in states:
        states.append((await client.health_check())["status"])
    return "unhealthy" not in states


# %% NO_BOOL
async def is_healthy(client):
    return int((await client.health_check())["connected"])


# %% REMEMBERED
known = []


async def is_healthy(client):
    if not known:
        known.append((await client.health_check())["status"] == "healthy")
    return known[0]


# %% ALWAYS_YES
async def is_healthy(client):
    return True


# %% REDIS_ERROR
async def is_healthy(client):
    try:
        await client.call("PING")
    except ConnectionError:
        return False
    return True


# %% ALWAYS_YES
async def is_healthy(client):
    return "healthy" in (await client.health_check())["status"]


# %% ALWAYS_YES
async def is_healthy(client):
    return bool((await client.health_check())["status"])
