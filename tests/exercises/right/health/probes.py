"""Right answers to health.probes, each in its own way."""

# %% ENUM
from http import HTTPStatus


async def live(client):
    return HTTPStatus.OK


async def ready(client):
    connected = (await client.health_check())["connected"]
    return HTTPStatus.OK if connected else HTTPStatus.SERVICE_UNAVAILABLE
