"""All cameras: drop an image into one camera's folder after the other."""

import itertools
import logging
import time
from pathlib import Path

from drills.settings import PERIOD, Settings

logger = logging.getLogger("camera")


def run(folder: Path, settings: Settings) -> None:
    """Write images, until the process is ended. What was drawn lies in the folder `scenes`."""
    scenes = sorted((folder / "scenes").iterdir())
    drawn = [(path.stem.partition("-")[0], path.read_bytes()) for path in scenes]
    first = len(list(folder.glob("*/*/*.jpg")))  # after a restart, it goes on
    logger.info("at work")
    for number in itertools.count(first):
        camera, image = drawn[number % len(drawn)]
        # Each file has a content of its own, as a camera's has: a comment in the JPEG makes it so.
        comment = f"image {number}".encode()
        header = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
        path = folder / settings.root / camera / f"{number:06d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.part")
        unfinished.write_bytes(image[:2] + header + image[2:])
        unfinished.rename(path)
        logger.info("wrote %s", path.name)
        time.sleep(PERIOD)
