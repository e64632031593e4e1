"""The detector: from a job in `detection_queue` to what can be seen in its image.

    image   →   [Detection("person", 0.93, (120, 80, 150, 170)), …]

A detector is anything with a method `detect`; `backend.services.detectors` has two.
The worker takes the jobs, has the detector look, and hands what it finds to the batch aggregator.
"""

import asyncio
import hashlib
import threading
import time
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

from PIL import Image, ImageOps
from pydantic import AfterValidator, BaseModel, Field

from backend.core.redis import RedisClient
from backend.core.reliable_queue import ReliableQueue
from backend.core.unavailable import BadItem, Unavailable
from backend.services.batch_aggregator import BatchAggregator
from backend.services.file_watcher import DETECTION_QUEUE
from backend.services.frames import frames
from backend.services.media_file import MAX_BYTES, open_image, open_regular
from backend.services.stage import Stage, checked

LONGEST_LOOK = 60.0  # seconds that a file may be looked at
LARGEST = 1280  # pixels along the longer side of what a detector is given

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


class UnsupportedMedia(BadItem):
    """A job that no detector here can look at."""


class DetectionWorker(Stage):
    """Takes jobs from `detection_queue`, and hands what it sees to the batch aggregator.

    Start as many as there are cores to spare. A job whose worker dies is done by another one; what
    it had handed over by then is not added again, for the ids of detections follow from the job:
    from its camera, its time and the content of its file. So a file that was moved since counts
    once, too, and what a camera writes again at another time is another detection.

    Args:
        client: a connected client.
        detector: what looks at the images.
        aggregator: where the detections go. It need not be started here.
        lease: seconds after which the job of a worker that gives no sign of life is done again.
        consumer: the name of this consumer of the queue, which no other has; see `ReliableQueue`.
    """

    name = "detector"

    def __init__(
        self,
        client: RedisClient,
        detector: Detector,
        aggregator: BatchAggregator,
        *,
        lease: float = 30.0,
        consumer: str | None = None,
    ) -> None:
        super().__init__(client)
        self._detector = detector
        self._aggregator = aggregator
        self._lease = lease
        self._consumer = consumer

    async def run(self) -> None:
        """Work, until cancelled."""
        async with ReliableQueue(
            self._client, DETECTION_QUEUE, consumer=self._consumer, lease=self._lease
        ) as queue:
            self.ready.set()
            while True:
                async with queue.reserve() as job:
                    if job:
                        await self.handle(job.data)

    async def handle(self, data: Any) -> list[str]:
        """Do one job. Return the ids of the detections.

        Raises:
            BadItem: the job is not as it should be, or its file is gone or broken.
            UnsupportedMedia: a video, and the packages for its frames are not installed.
            Refused: the file is no longer a file that may be looked at.
            TimeoutError: the look took too long.
            Unavailable: no thread was free for it, since looks at earlier files do not end.
            OSError: the file cannot be read.
        """
        started = time.time()
        job = checked(DetectionJob, data)
        began = threading.Event()

        def look() -> tuple[str, list[Detection]] | None:
            began.set()
            return self._look(job)

        try:
            async with asyncio.timeout(LONGEST_LOOK):
                seen = await asyncio.to_thread(look)
        except TimeoutError:
            if not began.is_set():  # which is no fault of this file
                raise Unavailable("no thread is free: looks at earlier files do not end") from None
            raise TimeoutError(f"the look took longer than {LONGEST_LOOK:g} s") from None
        if seen is None:
            name = job.file_path.name
            self.log.info("%s: %r has changed since, and has a new job", job.camera_id, name)
            return []
        content, detections = seen
        shown = ", ".join(f"{each.type} {each.confidence:.2f}" for each in detections)
        self.log.info("%s: %r shows %s", job.camera_id, job.file_path.name, shown or "nothing")
        identity = f"{job.camera_id}\n{content}\n{job.timestamp.isoformat()}"
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
        return ids

    def _look(self, job: DetectionJob) -> tuple[str, list[Detection]] | None:
        """Return the file's SHA-256 and what is seen; None if it is no longer what was queued."""
        name = job.file_path.name
        try:
            with open_regular(job.file_path) as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                if job.file_hash and digest != job.file_hash:
                    return None
                file.seek(0)
                content = file.read(MAX_BYTES["image"]) if job.media_type == "image" else None
        except (FileNotFoundError, NotADirectoryError):
            raise BadItem(f"{name!r} is gone") from None
        if content is not None:
            return digest, self._detect(*_decoded(content), job)
        try:
            found = (self._detect(*upright(frame), job) for frame in frames(job.file_path))
            return digest, max(found, key=_how_sure, default=[])
        except ImportError:
            raise UnsupportedMedia(
                f"{name!r} is a video: to look at its frames, install requirements-video.txt"
            ) from None

    def _detect(self, small: Image.Image, scale: float, job: DetectionJob) -> list[Detection]:
        """Have the detector look at the image; the boxes are in pixels of all of it."""
        found = self._detector.detect(small, job.camera_id)
        return [replace(each, box=_scaled(each.box, scale)) for each in found]


def _decoded(content: bytes) -> tuple[Image.Image, float]:
    """Return the image in a file, upright and not too large, and by how much it was larger."""
    try:
        with open_image(content) as image:
            return upright(image)
    except (BadItem, MemoryError):
        raise
    except Exception as error:  # a decoder can fail in many ways
        raise BadItem(f"no whole image: {error}") from None


def upright(image: Image.Image) -> tuple[Image.Image, float]:
    """Return an image as viewers show it, turned as its EXIF data say, and not too large.

    What is larger than a detector needs would fill the memory many times over.

    Returns:
        The image, and by how much the original is larger.
    """
    before = max(image.size)
    image.draft("RGB", (LARGEST, LARGEST))  # a JPEG is decoded smaller from the start
    image.thumbnail((LARGEST, LARGEST))
    return ImageOps.exif_transpose(image), before / max(image.size)


def _scaled(box: Box, scale: float) -> Box:
    left, top, right, bottom = (round(edge * scale) for edge in box)
    return left, top, right, bottom


def _how_sure(detections: list[Detection]) -> tuple[int, float]:
    """Rank what a frame shows: a video's detections are those of the frame that shows most."""
    return len(detections), max((each.confidence for each in detections), default=0.0)
