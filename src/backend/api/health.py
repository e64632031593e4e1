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

from backend.core.redis import RedisClient

Status = Literal["healthy", "degraded", "unhealthy"]

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
    version = health["redis_version"]
    return ServiceHealth(
        status="healthy", message="Redis connected", details={"redis_version": version}
    )


async def check_system(request: Request, response: Response) -> SystemHealth:
    """Check every service; make the answer a 503 unless all is well."""
    state = request.app.state
    redis = await check_redis(state.redis, state.health_timeout)
    if redis.status != "healthy":
        response.status_code = 503
    # Nothing works without Redis, so the system is as Redis is. "degraded" is for the
    # services that the backend can do without for a while.
    return SystemHealth(status=redis.status, services={"redis": redis})


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
async def ready(checked: Checked) -> Readiness:
    """Say whether requests may be sent here. 503 if not."""
    return Readiness(ready=checked.status == "healthy", **dict(checked))
