"""The analyzer, with the built-in rules."""

from pathlib import Path

from backend.core.redis import RedisClient
from backend.services.analyzer import AnalysisWorker
from backend.services.analyzers.rules import RuleAnalyzer
from drills.parts.stages import work
from drills.settings import LEASE, Settings


async def analyzer(name: str, client: RedisClient, folder: Path, settings: Settings) -> None:
    """Make events of batches, by rules."""
    await work(AnalysisWorker(client, RuleAnalyzer(), lease=LEASE, consumer=name))
