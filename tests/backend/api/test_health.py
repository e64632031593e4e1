"""The health endpoint, asked as a probe asks it, over a Redis that is really stopped and hung."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI

from backend.api.app import create_app
from backend.api.health import check_redis
from backend.core.redis import RedisClient
from private_redis import PrivateServer


def asking(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://backend")


@pytest.fixture
async def client(private_server: PrivateServer) -> AsyncIterator[RedisClient]:
    async with RedisClient(private_server.url, attempts=1) as client:
        yield client


@pytest.fixture
async def http(client: RedisClient) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(create_app(client, health_timeout=0.3)) as http:
        yield http


async def test_a_healthy_system_says_so_with_the_version(http):
    response = await http.get("/api/system/health")
    answer = response.json()
    version = answer["services"]["redis"]["details"]["redis_version"]
    assert response.status_code == 200
    assert answer == {
        "status": "healthy",
        "services": {
            "redis": {
                "status": "healthy",
                "message": "Redis connected",
                "details": {"redis_version": version},
            }
        },
        "timestamp": answer["timestamp"],
    }
    assert int(version.split(".")[0]) >= 7


async def test_the_timestamp_is_the_time_of_the_check_with_its_zone(http):
    before = datetime.now(UTC)
    answer = (await http.get("/api/system/health")).json()
    assert before <= datetime.fromisoformat(answer["timestamp"]) <= datetime.now(UTC)


async def test_a_stopped_redis_is_a_503_that_says_what_is_wrong(http, private_server):
    private_server.stop()
    response = await http.get("/api/system/health")
    answer = response.json()
    assert (response.status_code, answer["status"]) == (503, "unhealthy")
    assert answer["services"]["redis"]["status"] == "unhealthy"
    assert answer["services"]["redis"]["details"] is None
    assert answer["services"]["redis"]["message"]


async def test_a_hung_redis_is_a_503_within_the_time_given(http, private_server):
    private_server.pause()
    started = time.monotonic()
    response = await http.get("/api/system/health")
    assert time.monotonic() - started < 2
    assert response.status_code == 503
    assert response.json()["services"]["redis"]["message"] == "No answer within 0.3 s"


async def test_a_redis_that_comes_back_is_healthy_again(http, private_server):
    private_server.stop()
    assert (await http.get("/api/system/health")).status_code == 503
    private_server.start()
    assert (await http.get("/api/system/health")).status_code == 200


async def test_a_redis_that_goes_on_after_hanging_is_healthy_again(http, private_server):
    private_server.pause()
    assert (await http.get("/api/system/health")).status_code == 503
    private_server.resume()
    assert (await http.get("/api/system/health")).status_code == 200


async def test_ready_while_redis_is_healthy(http):
    response = await http.get("/api/system/health/ready")
    answer = response.json()
    assert response.status_code == 200
    assert set(answer) == {"ready", "status", "services", "timestamp"}
    assert (answer["ready"], answer["status"]) == (True, "healthy")
    assert answer["services"]["redis"]["message"] == "Redis connected"


async def test_not_ready_while_redis_is_stopped(http, private_server):
    private_server.stop()
    response = await http.get("/api/system/health/ready")
    assert response.status_code == 503
    assert (response.json()["ready"], response.json()["status"]) == (False, "unhealthy")


async def test_alive_whatever_redis_does(client, private_server):
    private_server.pause()
    started = time.monotonic()
    async with asking(create_app(client, health_timeout=5)) as http:
        response = await http.get("/api/system/health/live")
    assert time.monotonic() - started < 2  # had Redis been asked, it would be 5 s
    assert (response.status_code, response.json()) == (200, {"status": "alive"})


async def test_a_client_that_is_not_connected_is_unhealthy(redis_url):
    async with asking(create_app(RedisClient(redis_url))) as http:
        response = await http.get("/api/system/health")
    message = response.json()["services"]["redis"]["message"]
    assert response.status_code == 503
    assert message.startswith("Redis client not connected")


async def test_every_check_has_five_seconds_by_default(redis_url):
    assert create_app(RedisClient(redis_url)).state.health_timeout == 5.0
    assert check_redis.__defaults__ == (5.0,)


async def test_a_given_client_stays_connected_when_the_application_ends(client):
    app = create_app(client)
    async with app.router.lifespan_context(app):
        pass
    assert (await client.health_check())["status"] == "healthy"


async def test_an_application_of_its_own_connects_and_disconnects(redis_url, monkeypatch):
    monkeypatch.setenv("REDIS_URL", redis_url)
    app = create_app()
    async with app.router.lifespan_context(app), asking(app) as http:
        assert (await http.get("/api/system/health")).status_code == 200
    async with asking(app) as http:
        assert (await http.get("/api/system/health")).status_code == 503
