"""The detector: from a job in `detection_queue` to what can be seen in its image.

    image   →   [Detection("person", 0.93, (120, 80, 150, 170)), …]

A detector is anything with a method `detect`; `backend.services.detectors` has two.
The worker takes the jobs, has the detector look, and hands what it finds to the batch aggregator.
"""

import asyncio
import hashlib
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

from PIL import Image
from pydantic import AfterValidator, BaseModel, Field

from backend.core.redis import RedisClient
from backend.core.reliable_queue import ReliableQueue
from backend.services.batch_aggregator import BatchAggregator
from backend.services.file_watcher import DETECTION_QUEUE
from backend.services.media_file import MAX_PIXELS
from backend.services.stage import Stage

Box = tuple[int, int, int, int]
"""Left, top, right, bottom, in pixels of the image; right and bottom are just outside."""


@dataclass(frozen=True)
class Detection:
    """Something that was seen in an image."""

    type: str
    """What it is: "person", "cat", "car", …"""
    confidence: float
    """How sure the detector is, from 0 to 1."""
    box: Box


class Detector(Protocol):
    """Whatever finds things in images."""

    def detect(self, image: Image.Image, camera_id: str) -> list[Detection]:
        """Return what is to be seen. Called in a thread; it may take its time."""
        ...


def _safe_path(path: Path) -> Path:
    if not path.is_absolute() or ".." in path.parts:
        raise ValueError("must be absolute, without ..")
    return path


class DetectionJob(BaseModel):
    """What is in `detection_queue`."""

    camera_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    file_path: Annotated[Path, AfterValidator(_safe_path)]
    timestamp: datetime
    media_type: Literal["image", "video"]
    file_hash: str | None = Field(default=None, pattern="^[0-9a-f]+$")


class UnsupportedMedia(Exception):
    """A job that no detector here can look at."""


class DetectionWorker(Stage):
    """Takes jobs from `detection_queue`, and hands what it sees to the batch aggregator.

    Start as many as there are cores to spare. A job whose worker dies is done by another one; what
    it had handed over by then is not added again, for the ids of detections follow from the job.

    Args:
        client: a connected client.
        detector: what looks at the images.
        aggregator: where the detections go. It need not be started here.
        lease: seconds after which the job of a worker that gives no sign of life is done again.
    """

    name = "detector"

    def __init__(
        self,
        client: RedisClient,
        detector: Detector,
        aggregator: BatchAggregator,
        *,
        lease: float = 30.0,
    ) -> None:
        super().__init__(client)
        self._detector = detector
        self._aggregator = aggregator
        self._lease = lease

    async def run(self) -> None:
        """Work, until cancelled."""
        async with ReliableQueue(self._client, DETECTION_QUEUE, lease=self._lease) as queue:
            self.ready.set()
            while True:
                async with queue.reserve() as job:
                    if job:
                        await self.handle(job.data)

    async def handle(self, data: Any) -> list[str]:
        """Do one job. Return the ids of the detections.

        Raises:
            ValidationError: the job is not as it should be.
            UnsupportedMedia: a video; frames have to be taken from it first.
            OSError: the image cannot be read.
        """
        started = time.time()
        job = DetectionJob.model_validate(data)
        if job.media_type != "image":
            raise UnsupportedMedia(f"{job.file_path.name!r} is a video: no frames are taken here")
        detections = await asyncio.to_thread(self._look, job)
        identity = f"{job.camera_id}\n{job.file_path}\n{job.timestamp.isoformat()}"
        digest = hashlib.sha256(identity.encode()).hexdigest()[:16]
        ids = []
        for number, detection in enumerate(detections, start=1):
            ids.append(f"{digest}-{number}")
            record = {
                "id": ids[-1],
                "camera_id": job.camera_id,
                "file_path": str(job.file_path),
                "timestamp": job.timestamp.isoformat(),
                "type": detection.type,
                "confidence": detection.confidence,
                "box": list(detection.box),
            }
            await self._aggregator.add_detection(record)
        self.record(str(job.file_path), started, tuple(ids))
        seen = ", ".join(f"{each.type} {each.confidence:.2f}" for each in detections)
        self.log.info("%s: %r shows %s", job.camera_id, job.file_path.name, seen or "nothing")
        return ids

    def _look(self, job: DetectionJob) -> list[Detection]:
        with Image.open(job.file_path, formats=["JPEG", "PNG"]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise UnsupportedMedia(f"{image.width} by {image.height} pixels are too many")
            return self._detector.detect(image, job.camera_id)
