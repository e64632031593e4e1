"""Template: what a probe sees of a service (the backend's health endpoint).

To copy: take this file and conftest.py. To change:
* `create_app`: make your own application here, with the client that it is given.
* the paths, and what a good answer holds.

The application is asked in this process, over no network: no port, no server to wait for.
"""

import httpx
import pytest
from fastapi import FastAPI

from backend.api.app import create_app
from backend.core.redis import RedisClient

pytestmark = pytest.mark.asyncio


async def probe(app: FastAPI, path: str) -> httpx.Response:
    """Ask as a probe does."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://backend") as http:
        return await http.get(path)


async def test_a_connected_backend_is_healthy(client: RedisClient) -> None:
    response = await probe(create_app(client), "/api/system/health")
    assert response.status_code == 200
    assert response.json()["services"]["redis"]["message"] == "Redis connected"


async def test_a_connected_backend_is_ready(client: RedisClient) -> None:
    response = await probe(create_app(client), "/api/system/health/ready")
    assert (response.status_code, response.json()["ready"]) == (200, True)


async def test_a_backend_that_lost_redis_is_alive_and_not_ready(client: RedisClient) -> None:
    app = create_app(client)
    await client.disconnect()
    ready = await probe(app, "/api/system/health/ready")
    live = await probe(app, "/api/system/health/live")
    assert (ready.status_code, ready.json()["ready"]) == (503, False)
    assert (live.status_code, live.json()) == (200, {"status": "alive"})
