"""A detector, with the built-in model."""

import time
from pathlib import Path

from PIL import Image

from backend.core.redis import RedisClient
from backend.services.detector import Detection, DetectionWorker
from backend.services.detectors.background import BackgroundDetector
from drills.parts.stages import aggregator, work
from drills.settings import LEASE, Settings


class Model(BackgroundDetector):
    """The built-in detector, with a model behind it that takes its time."""

    seconds = 0.0

    def detect(self, image: Image.Image, camera_id: str) -> list[Detection]:
        """Look, for as long as the model needs."""
        time.sleep(self.seconds)
        return super().detect(image, camera_id)


async def detector(name: str, client: RedisClient, folder: Path, settings: Settings) -> None:
    """Look at the images of `detection_queue`."""
    views = (folder / "backgrounds").iterdir()
    model = Model({path.stem: Image.open(path) for path in views})
    model.seconds = settings.look_seconds
    await work(DetectionWorker(client, model, aggregator(client), lease=LEASE, consumer=name))
