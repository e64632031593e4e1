"""The detector: from a job in `detection_queue` to what can be seen in its image.

    image   →   [Detection("person", 0.93, (120, 80, 150, 170)), …]

A detector is anything with a method `detect`. The one that is built in compares the image with the
camera's background; `backend.services.rt_detr` has one that uses RT-DETRv2, as production does.
The worker takes the jobs, has the detector look, and hands what it finds to the batch aggregator.
"""

import asyncio
import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from pydantic import AfterValidator, BaseModel, Field

from backend.core.redis import RedisClient
from backend.core.reliable_queue import ReliableQueue
from backend.services.batch_aggregator import BatchAggregator
from backend.services.file_watcher import DETECTION_QUEUE, MAX_PIXELS
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


# ---- the built-in detector -------------------------------------------------------------

Mask = NDArray[np.bool_]


class BackgroundDetector:
    """Finds what is not in the camera's background, and tells by its shape what it is.

    Args:
        backgrounds: each camera's view with nothing in it. A camera without one takes the first
            image that comes as its background, and sees nothing in that.
        threshold: by how much (of 255) a pixel must differ to count.
        smallest: the number of pixels that a thing has at the least.
    """

    def __init__(
        self,
        backgrounds: Mapping[str, Image.Image] | None = None,
        *,
        threshold: int = 28,
        smallest: int = 80,
    ) -> None:
        self._backgrounds = dict(backgrounds or {})
        self._threshold = threshold
        self._smallest = smallest

    @classmethod
    def from_folder(cls, folder: Path | str) -> "BackgroundDetector":
        """Read the backgrounds from images that are named after their cameras."""
        images = (path for path in Path(folder).iterdir() if path.suffix in {".jpg", ".png"})
        return cls({path.stem: Image.open(path).convert("RGB") for path in images})

    def detect(self, image: Image.Image, camera_id: str) -> list[Detection]:
        """Return the things in front of the background, from left to right."""
        image = image.convert("RGB")
        background = self._backgrounds.setdefault(camera_id, image)
        mask = self._changed(image.resize(background.size), background)
        found = [_classify(box, area) for box, area in _blobs(mask) if area >= self._smallest]
        across, down = image.width / background.width, image.height / background.height
        in_image = [replace(each, box=_scaled(each.box, across, down)) for each in found]
        return sorted(in_image, key=lambda detection: detection.box)

    def _changed(self, image: Image.Image, background: Image.Image) -> Mask:
        """Mark the pixels that differ, whatever the light."""
        now, before = (
            np.asarray(each.filter(ImageFilter.GaussianBlur(1)), dtype=np.float32)
            for each in (image, background)
        )
        difference = now - before
        difference -= np.median(difference, axis=(0, 1))  # a cloud changes all pixels alike
        changed = np.abs(difference).max(axis=2) > self._threshold
        # Single pixels are noise: a pixel counts if most of those around it do.
        cleaned = Image.fromarray(changed).convert("L").filter(ImageFilter.MedianFilter(5))
        return np.asarray(cleaned) > 0


CELL = 4  # pixels: blobs are put together from cells, so that a narrow gap does not part them


def _blobs(mask: Mask) -> Iterator[tuple[Box, int]]:
    """Yield the connected areas of a mask: the box around each, and its number of pixels."""
    height, width = (length // CELL * CELL for length in mask.shape)
    pixels = mask[:height, :width]
    cells = pixels.reshape(height // CELL, CELL, width // CELL, CELL).any(axis=(1, 3))
    unseen = {(int(y), int(x)) for y, x in np.argwhere(cells)}
    while unseen:
        border = [unseen.pop()]
        blob = []
        while border:
            y, x = border.pop()
            blob.append((y, x))
            around = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)}
            border.extend(unseen & around)
            unseen -= around
        ys, xs = zip(*blob, strict=True)
        top, left = min(ys) * CELL, min(xs) * CELL
        part = pixels[top : (max(ys) + 1) * CELL, left : (max(xs) + 1) * CELL]
        rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
        box = (left + columns[0], top + rows[0], left + columns[-1] + 1, top + rows[-1] + 1)
        yield tuple(map(int, box)), int(part.sum())  # type: ignore[misc]


def _scaled(box: Box, across: float, down: float) -> Box:
    left, top, right, bottom = box
    return round(left * across), round(top * down), round(right * across), round(bottom * down)


SHAPES = {"person": 2.3, "cat": 0.62, "car": 0.42}
"""Height by width of what the cameras see."""
LARGEST_CAT = 1_500  # pixels: what lies flat and is larger is a car


def _classify(box: Box, area: int) -> Detection:
    left, top, right, bottom = box
    shape = (bottom - top) / (right - left)
    flat = "cat" if area <= LARGEST_CAT else "car"
    kind = "person" if shape > 1.2 else flat
    # The further the shape is from what it should be, and the smaller the thing, the less sure.
    unlike = abs(float(np.log(shape / SHAPES[kind])))
    confidence = 0.98 - 0.8 * unlike - 60 / area
    return Detection(kind, round(min(max(confidence, 0.3), 0.99), 2), box)


# ---- the worker ------------------------------------------------------------------------


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
        super().__init__()
        self._client = client
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
        self.done(str(job.file_path), started, tuple(ids))
        seen = ", ".join(f"{each.type} {each.confidence:.2f}" for each in detections)
        self.log.info("%s: %r shows %s", job.camera_id, job.file_path.name, seen or "nothing")
        return ids

    def _look(self, job: DetectionJob) -> list[Detection]:
        with Image.open(job.file_path, formats=["JPEG", "PNG"]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise UnsupportedMedia(f"{image.width} by {image.height} pixels are too many")
            return self._detector.detect(image, job.camera_id)
