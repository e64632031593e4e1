"""The backend's web application, put together from its routers.

    uvicorn --factory backend.api.app:create_app

serves it with a client of its own, for the Redis that REDIS_URL names.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from backend.api import health
from backend.core.redis import RedisClient


def create_app(client: RedisClient | None = None, *, health_timeout: float = 5.0) -> FastAPI:
    """Return the web application.

    Args:
        client: the Redis client to use; whoever made it connects and disconnects it. If None,
            the application makes its own: connected before the first request, disconnected
            after the last. If that connect fails, the application does not start.
        health_timeout: seconds that each health check may take.
    """
    own_client = RedisClient() if client is None else None

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if own_client is None:
            yield
        else:
            async with own_client:
                yield

    app = FastAPI(title="Home security backend", lifespan=lifespan)
    app.state.redis = client or own_client
    app.state.health_timeout = health_timeout
    app.include_router(health.router)
    return app
