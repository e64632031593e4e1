"""The dashboard, and the status of the system."""

import logging
from pathlib import Path

from backend.api.app import create_app
from backend.api.serve import serve
from backend.core.redis import RedisClient
from backend.services.system_status import SystemStatus
from drills.parts.stages import work
from drills.settings import Settings


async def web(name: str, client: RedisClient, folder: Path, settings: Settings) -> None:
    """Serve the dashboard; its address is kept in the file `dashboard`."""
    async with serve(create_app(client, health_timeout=2.0)) as url:
        (folder / "dashboard").write_text(url)
        logging.info("the dashboard is at %s", url)
        await work(SystemStatus(client, every=1.0))
