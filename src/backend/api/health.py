"""What monitors and orchestrators ask the backend: do you live, are you ready, how are you?

* `GET /api/system/health`: every service, for people and for monitoring.
* `GET /api/system/health/live`: does this process answer? If not, restart it. Redis is not
  asked: when Redis is down, a restart of the backend helps nobody.
* `GET /api/system/health/ready`: may requests be sent here now? If not, send them elsewhere.

Whoever probes looks at the HTTP status: 200 is good, 503 (service unavailable) is not.
"""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field
from redis.exceptions import RedisError

from backend.core.redis import RedisClient
from backend.services.stage import trouble_key

Status = Literal["healthy", "degraded", "unhealthy"]

STAGES = ("file_watcher", "detector", "batch_aggregator", "analyzer", "event_broadcaster")
"""Those whose trouble is told."""

router = APIRouter(prefix="/api/system/health", tags=["health"])


class ServiceHealth(BaseModel):
    """How one service is."""

    status: Status
    message: str  # "Redis connected", or what is wrong
    details: dict[str, Any] | None = None  # None when there is nothing to tell


class SystemHealth(BaseModel):
    """How the system is, service by service."""

    status: Status
    services: dict[str, ServiceHealth]
    timestamp: datetime = Field(default_factory=lambda: datetime.now(UTC))


class Readiness(SystemHealth):
    """Whether requests may be sent here, and why."""

    ready: bool


class Liveness(BaseModel):
    """A process that can say this is alive."""

    status: Literal["alive"] = "alive"


async def check_redis(client: RedisClient, timeout: float = 5.0) -> ServiceHealth:
    """Ask Redis how it is. Never raises: a Redis that is down or hangs is an answer here.

    Args:
        client: the backend's client. If it is not connected, Redis counts as unhealthy.
        timeout: seconds that the check may take in all.
    """
    try:
        async with asyncio.timeout(timeout):
            health = await client.health_check()
    except TimeoutError:
        return ServiceHealth(status="unhealthy", message=f"No answer within {timeout:g} s")
    except RuntimeError as error:  # not connected
        return ServiceHealth(status="unhealthy", message=str(error))
    # That health_check() came back says nothing: its status is the answer.
    if health["status"] != "healthy":
        return ServiceHealth(status="unhealthy", message=health["error"])
    details = {"redis_version": health["redis_version"]}
    if problem := await _cannot_write(client, timeout):
        return ServiceHealth(status="degraded", message=problem, details=details)
    return ServiceHealth(status="healthy", message="Redis connected", details=details)


async def _cannot_write(client: RedisClient, timeout: float) -> str | None:
    """Return why Redis takes no writes (memory full, a replica), or None: a PING does not tell."""
    try:
        async with asyncio.timeout(timeout):
            await client.call("SET", client.full_name("health:probe"), "", "PX", 1000)
    except (RedisError, TimeoutError, RuntimeError) as error:
        return f"Redis answers, and takes no writes: {error}"
    return None


async def troubles(client: RedisClient, timeout: float = 5.0) -> dict[str, ServiceHealth]:
    """Return the stages of the pipeline that are in trouble, and what it is.

    A stage says so itself, in Redis, wherever it runs; when all is well it says nothing.
    """
    try:
        async with asyncio.timeout(timeout):
            said = await client.get_many(map(trouble_key, STAGES))
    except (RedisError, TimeoutError, RuntimeError):
        return {}  # that Redis is away is said already
    return {
        stage: ServiceHealth(status="degraded", message=str(said[trouble_key(stage)]))
        for stage in STAGES
        if trouble_key(stage) in said
    }


async def check_system(request: Request, response: Response) -> SystemHealth:
    """Check every service; make the answer a 503 unless all is well."""
    state = request.app.state
    redis = await check_redis(state.redis, state.health_timeout)
    services = {"redis": redis}
    if redis.status == "healthy":
        services |= await troubles(state.redis, state.health_timeout)
    # Nothing works without Redis, so an unhealthy Redis is an unhealthy system. What waits for
    # something that is away goes on by itself, and until then the system is degraded.
    in_trouble = any(each.status != "healthy" for each in services.values())
    status: Status = "degraded" if in_trouble else "healthy"
    if redis.status == "unhealthy":
        status = "unhealthy"
    if status != "healthy":
        response.status_code = 503
    return SystemHealth(status=status, services=services)


Checked = Annotated[SystemHealth, Depends(check_system)]


@router.get("")
async def health(checked: Checked) -> SystemHealth:
    """Say how every service is. 503 unless all are healthy."""
    return checked


@router.get("/live")
async def live() -> Liveness:
    """Say that this process answers. Asks no service."""
    return Liveness()


@router.get("/ready")
async def ready(checked: Checked, response: Response) -> Readiness:
    """Say whether requests may be sent here: Redis answers and can be written. 503 if not."""
    is_ready = checked.services["redis"].status == "healthy"
    response.status_code = 200 if is_ready else 503
    return Readiness(ready=is_ready, **dict(checked))
