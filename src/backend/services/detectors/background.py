"""The built-in detector: compares the image with the camera's background. It needs no model."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from backend.services.detector import Box, Detection

logger = logging.getLogger("backend.services.detector")

Mask = NDArray[np.bool_]

SUFFIXES = {".jpg", ".jpeg", ".png"}
LARGEST_BACKGROUND = 640  # pixels along the longer side
MOST_LEARNED = 100  # cameras whose background was learned; the one that was silent longest goes


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
        self._given = dict(backgrounds or {})
        self._learned: dict[str, Image.Image] = {}
        self._threshold = threshold
        self._smallest = smallest

    @classmethod
    def from_folder(cls, folder: Path | str) -> "BackgroundDetector":
        """Read the backgrounds from images that are named after their cameras."""
        images = (path for path in Path(folder).iterdir() if path.suffix.lower() in SUFFIXES)
        return cls({path.stem: _background(Image.open(path)) for path in images})

    def detect(self, image: Image.Image, camera_id: str) -> list[Detection]:
        """Return the things in front of the background, from left to right."""
        image = image.convert("RGB")
        background = self._background_of(camera_id, image)
        mask = self._changed(image.resize(background.size), background)
        found = [_classify(box, area) for box, area in _blobs(mask) if area >= self._smallest]
        across, down = image.width / background.width, image.height / background.height
        in_image = [replace(each, box=_scaled(each.box, across, down)) for each in found]
        return sorted(in_image, key=lambda detection: detection.box)

    def _background_of(self, camera_id: str, image: Image.Image) -> Image.Image:
        """Return the camera's background; learn it from this image, if there is none."""
        if camera_id in self._given:
            return self._given[camera_id]
        background = self._learned.pop(camera_id, None)
        if background is None:
            background = _background(image)
            logger.info("%s: this image is taken as the background", camera_id)
        self._learned[camera_id] = background  # the latest last
        if len(self._learned) > MOST_LEARNED:
            del self._learned[next(iter(self._learned))]
        return background

    def _changed(self, image: Image.Image, background: Image.Image) -> Mask:
        """Mark the pixels that differ, whatever the light."""
        changed = np.zeros((image.height, image.width), dtype=bool)
        # Each colour by itself: numpy is several times as quick on what lies close together.
        for now, before in zip(_blurred(image), _blurred(background), strict=True):
            difference = now - before
            difference -= np.median(difference)  # a cloud changes all pixels alike
            changed |= np.abs(difference) > self._threshold
        # Single pixels are noise: a pixel counts if most of the 25 around it do.
        share = Image.fromarray(changed).convert("L").filter(ImageFilter.BoxBlur(2))
        return np.asarray(share) > 255 / 2


def _blurred(image: Image.Image) -> Iterator[NDArray[np.float32]]:
    for colour in image.filter(ImageFilter.GaussianBlur(1)).split():
        yield np.asarray(colour, dtype=np.float32)


def _background(image: Image.Image) -> Image.Image:
    upright = ImageOps.exif_transpose(image).convert("RGB")
    upright.thumbnail((LARGEST_BACKGROUND, LARGEST_BACKGROUND))
    return upright


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
