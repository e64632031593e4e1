"""The stages of the pipeline, with waits of seconds where production has minutes."""

import asyncio
import logging
import time
from pathlib import Path

from PIL import Image

from backend.core.redis import RedisClient
from backend.services.analyzer import AnalysisWorker
from backend.services.analyzers.rules import RuleAnalyzer
from backend.services.batch_aggregator import BatchAggregator
from backend.services.detector import Detection, DetectionWorker
from backend.services.detectors.background import BackgroundDetector
from backend.services.file_watcher import FileWatcher
from backend.services.stage import Stage
from drills.settings import LEASE, Settings


class Model(BackgroundDetector):
    """The built-in detector, with a model behind it that takes its time."""

    seconds = 0.0

    def detect(self, image: Image.Image, camera_id: str) -> list[Detection]:
        """Look, for as long as the model needs."""
        time.sleep(self.seconds)
        return super().detect(image, camera_id)


async def work(*stages: Stage) -> None:
    """Let the stages work, and say when they do."""
    tasks = [stage.start() for stage in stages]
    try:
        for stage in stages:
            await stage.ready.wait()
        logging.info("at work")
        await asyncio.gather(*tasks)
    finally:
        for stage in stages:
            await stage.stop()


def aggregator(client: RedisClient) -> BatchAggregator:
    """Return a batch aggregator that does not wait for long."""
    return BatchAggregator(client, window=2.0, idle=1.0, check_every=0.2)


async def file_watcher(name: str, client: RedisClient, folder: Path, settings: Settings) -> None:
    """Queue every image."""
    await work(FileWatcher(client, folder / settings.root, settle=0.1, rescan=1.0))


async def detector(name: str, client: RedisClient, folder: Path, settings: Settings) -> None:
    """Look at the images of `detection_queue`."""
    views = (folder / "backgrounds").iterdir()
    model = Model({path.stem: Image.open(path) for path in views})
    model.seconds = settings.look_seconds
    await work(DetectionWorker(client, model, aggregator(client), lease=LEASE, consumer=name))


async def batch_aggregator(
    name: str, client: RedisClient, folder: Path, settings: Settings
) -> None:
    """Close the batches that are due."""
    await work(aggregator(client))


async def analyzer(name: str, client: RedisClient, folder: Path, settings: Settings) -> None:
    """Make events of batches, by rules."""
    await work(AnalysisWorker(client, RuleAnalyzer(), lease=LEASE, consumer=name))
