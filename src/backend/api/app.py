"""The backend's web application, put together from its routers.

    uvicorn --factory backend.api.app:create_app

serves it with a client of its own, for the Redis that REDIS_URL names. So does
`python -m backend.pipeline --stage web`; and `backend.api.serve.serve`, inside a program.
"""

import os
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI

from backend.api import dashboard, events, health, metrics
from backend.api.guard import Guard
from backend.core.redis import RedisClient
from backend.services.event_broadcaster import EventBroadcaster


def create_app(
    client: RedisClient | None = None,
    *,
    health_timeout: float = 5.0,
    allowed_hosts: Iterable[str] | None = None,
    broadcaster: EventBroadcaster | None = None,
) -> FastAPI:
    """Return the web application.

    Args:
        client: the Redis client to use; whoever made it connects and disconnects it. If None,
            the application makes its own: connected before the first request, disconnected
            after the last. If that connect fails, the application does not start.
        health_timeout: seconds that each health check may take.
        allowed_hosts: names under which it may be asked, beside those of this machine: see
            `backend.api.guard`. A reverse proxy's name belongs here. None: those in the
            environment variable ALLOWED_HOSTS, parted by commas.
        broadcaster: what passes the events on to the browsers, if not one with the usual
            settings. It is started before the first request, and stopped after the last.
    """
    is_ours = client is None
    redis = client or RedisClient()
    broadcaster = broadcaster or EventBroadcaster(redis)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            if is_ours:
                await stack.enter_async_context(redis)
            # Not waited for: while Redis is away, the health endpoint still has to answer.
            broadcaster.start()
            stack.push_async_callback(broadcaster.stop)
            yield

    # No pages of documentation: they would load scripts from elsewhere.
    app = FastAPI(title="Home security backend", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.redis = redis
    app.state.health_timeout = health_timeout
    app.state.broadcaster = broadcaster
    app.state.metrics = metrics.Metrics(redis, broadcaster)
    if allowed_hosts is None:
        allowed_hosts = filter(
            None, os.environ.get("ALLOWED_HOSTS", "").replace(" ", "").split(",")
        )
    app.add_middleware(Guard, allowed_hosts=list(allowed_hosts))
    app.include_router(health.router)
    app.include_router(events.router)
    app.include_router(metrics.router)
    app.include_router(dashboard.router)
    app.mount("/static", dashboard.static_files)
    return app
