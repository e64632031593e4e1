"""Frames of a video. Skipped where the packages of requirements-video.txt are not installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.core.unavailable import BadItem
from backend.examples.scenes import background, scene
from backend.services.batch_aggregator import BatchAggregator
from backend.services.detector import DetectionWorker
from backend.services.detectors.background import BackgroundDetector
from backend.services.frames import MOST_FRAMES, frames

cv2 = pytest.importorskip("cv2")
numpy = pytest.importorskip("numpy")

PER_SECOND = 5


def film(path: Path, seconds: int) -> Path:
    """A video in which a car comes after the first second, and stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    empty, car = background("driveway"), scene("driveway", "car", seed=5).image
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), PER_SECOND, empty.size)
    for second in range(seconds):
        picture = cv2.cvtColor(numpy.asarray(car if second else empty), cv2.COLOR_RGB2BGR)
        for _ in range(PER_SECOND):
            writer.write(picture)
    writer.release()
    return path


def test_one_frame_a_second(tmp_path: Path) -> None:
    assert len(list(frames(film(tmp_path / "clip.mp4", 4)))) == 4


def test_no_more_than_a_minute_of_them(tmp_path: Path) -> None:
    assert len(list(frames(film(tmp_path / "clip.mp4", MOST_FRAMES + 5)))) == MOST_FRAMES


def test_what_is_no_video_says_so(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"\x00\x00\x00\x18ftypmp42" + bytes(100))
    with pytest.raises(BadItem, match="no frame that can be decoded"):
        list(frames(path))


async def test_the_worker_sees_what_comes_into_a_video(client, root) -> None:
    path = film(root / "driveway" / "clip.mp4", 3)
    detector = BackgroundDetector({"driveway": background("driveway")})
    worker = DetectionWorker(client, detector, BatchAggregator(client))
    (detection,) = await worker.handle(
        {
            "camera_id": "driveway",
            "file_path": str(path),
            "timestamp": "2026-01-15T10:30:00+00:00",
            "media_type": "video",
        }
    )
    assert (await client.get(f"detection:{detection}"))["type"] == "car"
