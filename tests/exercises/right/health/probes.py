"""Right answers to health.probes, each in its own way."""

# %% ENUM
from http import HTTPStatus


async def live(client):
    return HTTPStatus.OK


async def ready(client):
    connected = (await client.health_check())["connected"]
    return HTTPStatus.OK if connected else HTTPStatus.SERVICE_UNAVAILABLE


# %% TRIES_THREE_TIMES
async def live(client):
    return 200


async def ready(client):
    for _ in range(3):
        if (await client.health_check())["status"] == "healthy":
            return 200
        await asyncio.sleep(0.1)
    return 503
