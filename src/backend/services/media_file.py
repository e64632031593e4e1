"""A camera's file: what it has to be before it may go into `detection_queue`, and after.

It is refused if it is no image or video, empty, far too big, broken, or reached by a link. Only
what was read can be refused: where reading fails (no permission, a disk that is away), that says
nothing of the file, and it is worth another look.

A file with two names (a hard link) is a file like any other: a camera's program may link its
finished file to where it belongs. It opens no door, since Linux lets nobody make such a link who
may not read and write the file, or own it (`fs.protected_hardlinks`).
"""

import hashlib
import io
import os
import re
import stat
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Literal

from PIL import Image

from backend.core.unavailable import BadItem

MAX_PIXELS = 50_000_000  # of an image: a small file can unfold to something that fills the memory
MAX_BYTES = {"image": 50_000_000, "video": 2_000_000_000}

MediaType = Literal["image", "video"]
MEDIA: dict[str, MediaType] = {
    **dict.fromkeys([".jpg", ".jpeg", ".png"], "image"),
    **dict.fromkeys([".mp4", ".mov", ".mkv", ".avi"], "video"),
}
CAMERA_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

# Folders and files of disks, shares and tools, as `.thumbnails`, `@eaDir`, `#recycle`: no camera's.
_NOT_OF_A_CAMERA = re.compile(r"[.@#$~].*|lost\+found|System Volume Information")


class Refused(BadItem):
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


def is_of_a_camera(name: str) -> bool:
    """Return whether a folder or file of this name can be a camera's, and no tool's or disk's."""
    return not _NOT_OF_A_CAMERA.fullmatch(name)


def examine(root: Path, path: Path) -> MediaFile:
    """Look at a file that has stopped changing, to its last byte.

    Args:
        root: the folder of the cameras' folders, without links in its own path.
        path: the file, below it.

    Raises:
        Refused: it must not go into the queue.
        OSError: it cannot be read, or is gone. It is not to blame.
    """
    camera_id = path.relative_to(root).parts[0]
    if path.parent == root:
        raise Refused("it lies beside the cameras' folders: each file belongs in one of them")
    if not CAMERA_ID.fullmatch(camera_id):
        raise Refused("the folder's name is no camera id (1 to 64 of letters, digits, _ and -)")
    media_type = MEDIA.get(path.suffix.lower())
    if media_type is None:
        raise Refused("neither an image nor a video, by its name")
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise Refused("its name is not UTF-8") from None
    with open_regular(path) as file:
        found = os.fstat(file.fileno())
        if not 0 < found.st_size <= MAX_BYTES[media_type]:
            raise Refused(f"{found.st_size} bytes")
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        if media_type == "image":
            _check_image(file.read())
        else:
            _check_video(file, found.st_size)
    timestamp = datetime.fromtimestamp(found.st_mtime, UTC).isoformat()
    return MediaFile(camera_id, path, media_type, timestamp, sha256)


def open_regular(path: Path) -> io.BufferedReader:
    """Open a regular file for reading. Never waits, as opening a pipe would; follows no link.

    Raises:
        Refused: it is no regular file, or its path leads through a link, which may lead anywhere.
        OSError: it cannot be opened.
    """
    if os.path.realpath(path) != str(path):
        path.lstat()  # raises, if it is gone
        raise Refused("no regular file in the camera's folder (a symlink, for one)")
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Refused("no regular file in the camera's folder (a pipe, for one)")
    return open(descriptor, "rb")  # noqa: PTH123 - it is open already


def open_image(content: bytes) -> Image.Image:
    """Return an image, not yet decoded.

    Raises:
        Refused: it has too many pixels.
        Exception: it is broken; a decoder can fail in many ways.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is lower
        image = Image.open(io.BytesIO(content), formats=["JPEG", "PNG"])
    if image.width * image.height > MAX_PIXELS:
        raise Refused(f"{image.width} by {image.height} pixels are too many")
    return image


def _check_image(content: bytes) -> None:
    try:
        with open_image(content) as image:
            image.load()  # to the end: half an image is none
            is_jpeg = image.format == "JPEG"
    except (Refused, MemoryError):
        raise
    except Exception as error:  # what it was read from is in memory: so it is the content
        raise Refused(f"no whole image: {error}") from None
    # A decoder takes zeros, where a copy has not written yet, for grey.
    end, last_scan = content.rfind(b"\xff\xd9"), content.rfind(b"\xff\xda")
    if is_jpeg and end < last_scan:
        raise Refused("no whole image: its end is missing")


def _check_video(file: IO[bytes], size: int) -> None:
    head = file.read(12)
    mp4, mkv, avi = head[4:8] == b"ftyp", head[:4] == b"\x1aE\xdf\xa3", head[8:] == b"AVI "
    if not (mp4 or mkv or avi):
        raise Refused("no video, by its content")
    if mp4 and _breaks_off(file, size):
        raise Refused("no whole video: its end is missing")


def _breaks_off(file: IO[bytes], size: int) -> bool:
    """Return whether an MP4 ends in the middle of one of its boxes."""
    place = 0
    while place < size:
        file.seek(place)
        header = file.read(16)
        length, kind = int.from_bytes(header[:4]), header[4:8]
        if kind not in (b"ftyp", b"free", b"skip", b"wide", b"mdat", b"moov", b"moof", b"mfra"):
            return False  # a kind that we do not know: so it is not for us to judge
        if length == 1:  # the length did not fit, and follows
            length = int.from_bytes(header[8:16])
        place += max(length, 8) if length else size
    return place > size and length > 0
