"""Wrong answers to health.probes: each cell is named for the hint that it draws."""


# %% LIVE_ASKS
async def live(client):
    health = await client.health_check()
    return 200 if health["status"] == "healthy" else 503


async def ready(client):
    health = await client.health_check()
    return 200 if health["status"] == "healthy" else 503


# %% LIVE_WAITS
async def live(client):
    await client.health_check()
    return 200


async def ready(client):
    health = await client.health_check()
    return 200 if health["status"] == "healthy" else 503


# %% READY_BLIND
async def live(client):
    return 200


async def ready(client):
    health = await client.health_check()
    return 200 if "connected" in health else 503


# %% READY_ALWAYS_503
async def live(client):
    return 200


async def ready(client):
    health = await client.health_check()
    return 200 if health["status"] is True else 503


# %% NOT_READY_RAISES
async def live(client):
    return 200


async def ready(client):
    health = await client.health_check()
    if health["error"]:
        return 503
    return 200


# %% NO_NUMBER
async def live(client):
    return "200"


async def ready(client):
    health = await client.health_check()
    return 200 if health["status"] == "healthy" else 503


# %% NO_NUMBER
async def live(client):
    return 200


async def ready(client):
    health = await client.health_check()
    return health["status"] == "healthy"


# %% OTHER_NUMBER
async def live(client):
    return 200


async def ready(client):
    health = await client.health_check()
    return 200 if health["status"] == "healthy" else 500


# %% LIVE_ALWAYS_503
async def live(client):
    return 503


async def ready(client):
    health = await client.health_check()
    return 200 if health["status"] == "healthy" else 503


# %% READY_BLIND
was_ready = []


async def live(client):
    return 200


async def ready(client):
    if (await client.health_check())["status"] == "healthy":
        was_ready.append(True)
    return 200 if was_ready else 503


# %% READY_NO_MORE
was_down = []


async def live(client):
    return 200


async def ready(client):
    if (await client.health_check())["status"] != "healthy":
        was_down.append(True)
    return 503 if was_down else 200


# %% REDIS_ERROR
async def live(client):
    return 200


async def ready(client):
    try:
        await client.call("PING")
    except ConnectionError:
        return 503
    return 200


# %% READY_BLIND
async def live(client):
    return 200


async def ready(client):
    status = (await client.health_check())["status"]
    return 200 if status.endswith("healthy") else 503
