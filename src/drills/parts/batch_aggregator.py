"""The batch aggregator."""

from pathlib import Path

from backend.core.redis import RedisClient
from drills.parts.stages import aggregator, work
from drills.settings import Settings


async def batch_aggregator(
    name: str, client: RedisClient, folder: Path, settings: Settings
) -> None:
    """Close the batches that are due."""
    await work(aggregator(client))
