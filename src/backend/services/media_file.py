"""A camera's file: what it has to be before it may go into `detection_queue`.

It is refused if it is no image or video, empty, far too big, broken, or outside the root by a
symlink.
"""

import hashlib
import re
import stat
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from PIL import Image

MAX_PIXELS = 50_000_000  # of an image: a small file can unfold to something that fills the memory
MAX_BYTES = {"image": 50_000_000, "video": 2_000_000_000}

MediaType = Literal["image", "video"]
MEDIA: dict[str, MediaType] = {
    **dict.fromkeys([".jpg", ".jpeg", ".png"], "image"),
    **dict.fromkeys([".mp4", ".mov", ".mkv", ".avi"], "video"),
}
CAMERA_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Refused(Exception):
    """A file that must not go into the queue. The message says why."""


@dataclass(frozen=True)
class MediaFile:
    """A whole file of a camera."""

    camera_id: str
    path: Path
    media_type: MediaType
    timestamp: str
    """When it was written, ISO 8601."""
    sha256: str


def examine(root: Path, path: Path) -> MediaFile:
    """Look at a file that has stopped changing, to its last byte.

    Raises:
        Refused: it must not go into the queue.
        FileNotFoundError: it is gone.
    """
    camera_id = path.relative_to(root).parts[0]
    if not CAMERA_ID.fullmatch(camera_id):
        raise Refused("the folder's name is no camera id (1 to 64 of letters, digits, _ and -)")
    media_type = MEDIA.get(path.suffix.lower())
    if media_type is None:
        raise Refused("neither an image nor a video, by its name")
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode) or not path.resolve().is_relative_to(root.resolve()):
        raise Refused("no regular file in the camera's folder (a symlink, for one)")
    if not 0 < found.st_size <= MAX_BYTES[media_type]:
        raise Refused(f"{found.st_size} bytes")
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise Refused("its name is not UTF-8") from None
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    check = _check_image if media_type == "image" else _check_video
    check(path)
    timestamp = datetime.fromtimestamp(found.st_mtime, UTC).isoformat()
    return MediaFile(camera_id, path.resolve(), media_type, timestamp, sha256)


def _check_image(path: Path) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=["JPEG", "PNG"]) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise Refused(f"{image.width} by {image.height} pixels are too many")
                image.load()  # to the end: half an image is none
    except Refused:
        raise
    except FileNotFoundError:
        raise
    except Exception as error:  # a broken file can break a decoder in many ways
        raise Refused(f"no whole image: {error}") from None


def _check_video(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(12)
    mp4, mkv, avi = head[4:8] == b"ftyp", head[:4] == b"\x1aE\xdf\xa3", head[8:] == b"AVI "
    if not (mp4 or mkv or avi):
        raise Refused("no video, by its content")
