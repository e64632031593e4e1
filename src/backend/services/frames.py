"""Frames of a video: one a second, as images. Needs the packages of requirements-video.txt."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from backend.core.unavailable import BadItem

MOST_FRAMES = 60  # of a video: what happens in it, it shows within a minute or over and over


def frames(path: Path) -> Iterator[Image.Image]:
    """Yield one frame for each second of a video, and MOST_FRAMES at the most.

    Raises:
        ImportError: OpenCV is not installed here.
        BadItem: the file is no video that can be decoded.
    """
    import cv2  # an extra, and a large one

    video: Any = cv2.VideoCapture(str(path))
    try:
        per_second = max(round(video.get(cv2.CAP_PROP_FPS) or 1), 1)
        number = found = 0
        while found < MOST_FRAMES and video.grab():
            if number % per_second == 0:
                decoded, pixels = video.retrieve()
                if decoded:
                    found += 1
                    yield Image.fromarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))
            number += 1
        if not found:
            raise BadItem(f"{path.name!r} holds no frame that can be decoded")
    finally:
        video.release()
