"""The file watcher."""

from pathlib import Path

from backend.core.redis import RedisClient
from backend.services.file_watcher import FileWatcher
from drills.parts.stages import work
from drills.settings import Settings


async def file_watcher(name: str, client: RedisClient, folder: Path, settings: Settings) -> None:
    """Queue every image."""
    await work(FileWatcher(client, folder / settings.root, settle=0.1, rescan=1.0))
