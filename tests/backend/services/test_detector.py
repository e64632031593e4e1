"""The worker that has a detector look at images, on a real queue."""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image
from tests.support import until

from backend.core.reliable_queue import ReliableQueue
from backend.core.unavailable import BadItem, Unavailable
from backend.examples.scenes import background, scene
from backend.services.batch_aggregator import BatchAggregator
from backend.services.detector import Detection, DetectionWorker, UnsupportedMedia
from backend.services.detectors.background import BackgroundDetector
from backend.services.file_watcher import DETECTION_QUEUE
from backend.services.media_file import Refused


def job(path: Path, **fields) -> dict:
    return {
        "camera_id": path.parent.name,
        "file_path": str(path),
        "timestamp": "2026-01-15T10:30:00+00:00",
        "media_type": "image",
        **fields,
    }


class Seeing:
    """A detector that sees what it is told to."""

    def __init__(self, *detections: Detection) -> None:
        self.detections = list(detections)

    def detect(self, image: Image.Image, camera_id: str) -> list[Detection]:
        return self.detections


@pytest.fixture
def aggregator(client, clock) -> BatchAggregator:
    return BatchAggregator(client, clock=clock)


CAR = Detection("car", 0.8, (10, 20, 110, 60))


async def test_what_is_seen_goes_to_the_aggregator(client, aggregator, root):
    detector = BackgroundDetector({"driveway": background("driveway")})
    path = scene("driveway", "car", seed=5).save(root)
    async with DetectionWorker(client, detector, aggregator) as worker:
        await client.add_to_queue(DETECTION_QUEUE, job(path))
        await until(lambda: client.exists("batch:driveway:current"))
        batch_id = await client.get("batch:driveway:current")
        (detection_id,) = await client.peek_queue(f"batch:{batch_id}:detections")
        record = await client.get(f"detection:{detection_id}")
        assert (record["type"], record["camera_id"]) == ("car", "driveway")
        assert record["file_path"] == str(path)
        assert len(record["box"]) == 4

        async def is_done() -> bool:
            return bool(worker.steps)

        await until(is_done)
    assert worker.steps[0].subject == str(path)
    assert worker.steps[0].made == (detection_id,)


async def test_a_job_that_is_done_twice_adds_its_detections_once(client, aggregator, root):
    path = scene("driveway").save(root)
    worker = DetectionWorker(client, Seeing(CAR, CAR), aggregator)
    first = await worker.handle(job(path))
    assert await worker.handle(job(path)) == first
    batch_id = await client.get("batch:driveway:current")
    assert await client.peek_queue(f"batch:{batch_id}:detections") == first
    assert len(set(first)) == 2


async def test_the_job_of_a_worker_that_died_is_done_by_another(client, aggregator, root):
    path = scene("driveway").save(root)
    await client.add_to_queue(DETECTION_QUEUE, job(path))
    died = ReliableQueue(client, DETECTION_QUEUE, lease=0.3)
    await died.__aenter__()
    assert await died.take(timeout=1)
    died._heart.cancel()  # no sign of life any more, and no leave taken
    await asyncio.gather(died._heart, return_exceptions=True)
    assert await client.get_queue_length(DETECTION_QUEUE) == 0
    async with DetectionWorker(client, Seeing(CAR), aggregator, lease=0.3):
        await until(lambda: client.exists("batch:driveway:current"))


async def test_a_worker_that_is_stopped_gives_its_job_back(client, aggregator, root):
    looking = asyncio.Event()
    loop = asyncio.get_running_loop()

    class Slow(Seeing):
        def detect(self, image, camera_id):
            loop.call_soon_threadsafe(looking.set)
            asyncio.run(asyncio.sleep(1))
            return []

    path = scene("driveway").save(root)
    await client.add_to_queue(DETECTION_QUEUE, job(path))
    async with DetectionWorker(client, Slow(), aggregator):
        await looking.wait()
        assert await client.get_queue_length(DETECTION_QUEUE) == 0
    assert await client.get_queue_length(DETECTION_QUEUE) == 1


@pytest.mark.parametrize(
    "bad",
    [
        {"camera_id": "front door"},
        {"camera_id": "x" * 65},
        {"file_path": "relative.jpg"},
        {"file_path": "/export/foscam/../../etc/passwd"},
        {"media_type": "sound"},
        {"timestamp": "yesterday"},
    ],
)
async def test_a_job_that_is_not_as_it_should_be_is_refused(client, aggregator, root, bad):
    worker = DetectionWorker(client, Seeing(CAR), aggregator)
    with pytest.raises(BadItem, match=next(iter(bad))):
        await worker.handle(job(scene("driveway").save(root), **bad))


async def test_a_video_without_the_extra_says_what_to_install(
    client, aggregator, root, monkeypatch
):
    monkeypatch.setitem(sys.modules, "cv2", None)
    path = root / "driveway" / "clip.mp4"
    path.parent.mkdir()
    path.write_bytes(b"a video")
    worker = DetectionWorker(client, Seeing(CAR), aggregator)
    with pytest.raises(UnsupportedMedia, match=r"install requirements-video\.txt"):
        await worker.handle(job(path, media_type="video"))


# ---- files are what they were when they were queued ----


async def test_a_file_whose_content_has_changed_is_left_to_its_new_job(client, aggregator, root):
    path = scene("driveway").save(root)
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    worker = DetectionWorker(client, Seeing(CAR), aggregator)
    assert len(await worker.handle(job(path, file_hash=before))) == 1
    path.write_bytes(scene("driveway", "cat").jpeg())
    assert await worker.handle(job(path, file_hash=before)) == []


async def test_a_file_that_is_moved_when_its_job_is_done_is_counted_once(client, aggregator, root):
    path = scene("driveway").save(root)
    content = hashlib.sha256(path.read_bytes()).hexdigest()
    worker = DetectionWorker(client, Seeing(CAR), aggregator)
    first = await worker.handle(job(path, file_hash=content))
    moved = path.rename(path.with_name("moved.jpg"))
    assert await worker.handle(job(moved, file_hash=content)) == first
    assert await worker.handle(job(moved)) == first  # a job without a hash is of the same file
    later = job(moved, file_hash=content, timestamp="2026-01-15T11:30:00+00:00")
    assert await worker.handle(later) != first


async def test_a_file_that_has_become_a_pipe_does_not_hold_the_worker_up(client, aggregator, root):
    path = root / "driveway" / "a.jpg"
    path.parent.mkdir()
    os.mkfifo(path)
    worker = DetectionWorker(client, Seeing(CAR), aggregator)
    with pytest.raises(Refused, match="no regular file"):
        await worker.handle(job(path))


@pytest.mark.parametrize("what", ["file", "folder"])
async def test_a_path_that_has_become_a_link_is_not_followed(client, aggregator, root, what):
    outside = scene("driveway").save(root.parent / "elsewhere")
    linked = root / "driveway" if what == "folder" else root / "driveway" / outside.name
    linked.parent.mkdir(exist_ok=True)
    linked.symlink_to(outside.parent if what == "folder" else outside)
    worker = DetectionWorker(client, Seeing(CAR), aggregator)
    with pytest.raises(Refused, match="symlink"):
        await worker.handle(job(root / "driveway" / outside.name))


async def test_a_look_that_does_not_end_is_given_up(client, aggregator, root, monkeypatch):
    monkeypatch.setattr("backend.services.detector.LONGEST_LOOK", 0.05)

    class Slow(Seeing):
        def detect(self, image, camera_id):
            asyncio.run(asyncio.sleep(0.3))
            return []

    worker = DetectionWorker(client, Slow(), aggregator)
    with pytest.raises(TimeoutError, match=r"the look took longer than 0\.05 s"):
        await worker.handle(job(scene("driveway").save(root)))


async def test_no_file_is_to_blame_for_looks_at_others_that_do_not_end(
    client, aggregator, root, monkeypatch
):
    monkeypatch.setattr("backend.services.detector.LONGEST_LOOK", 0.2)
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    looking, ends = threading.Event(), threading.Event()

    class Hanging(Seeing):
        def detect(self, image, camera_id):
            looking.set()
            ends.wait(30)
            return []

    worker = DetectionWorker(client, Hanging(), aggregator)
    hanging = asyncio.create_task(worker.handle(job(scene("driveway").save(root))))
    await until(looking.is_set)
    with pytest.raises(Unavailable, match="no thread is free"):
        await worker.handle(job(scene("garden").save(root)))
    ends.set()
    with suppress(TimeoutError):
        await hanging


# ---- images ----


async def test_an_image_that_is_turned_by_its_exif_data_is_seen_upright(client, aggregator, root):
    upright = scene("front_door", "person", seed=1).image
    path = root / "front_door" / "turned.jpg"
    path.parent.mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn by 90 degrees to see it upright"
    upright.transpose(Image.Transpose.ROTATE_90).save(path, exif=exif, quality=95)
    sizes = []

    class Measuring(Seeing):
        def detect(self, image, camera_id):
            sizes.append(image.size)
            return []

    await DetectionWorker(client, Measuring(), aggregator).handle(job(path))
    assert sizes == [upright.size]


async def test_boxes_are_in_pixels_of_the_image_however_large_it_is(client, aggregator, root):
    path = root / "driveway" / "large.png"
    path.parent.mkdir()
    Image.new("RGB", (2560, 1280)).save(path)
    (detection,) = await DetectionWorker(client, Seeing(CAR), aggregator).handle(job(path))
    assert (await client.get(f"detection:{detection}"))["box"] == [2 * edge for edge in CAR.box]


MEMORY = """
import resource, sys
from pathlib import Path
from backend.services.detector import upright
from backend.services.detectors.background import BackgroundDetector
from backend.services.media_file import examine, open_image
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
root, name = Path(sys.argv[1]).resolve(), sys.argv[2]
examine(root, root / "garden" / name)
image, _ = upright(open_image((root / "garden" / name).read_bytes()))
BackgroundDetector().detect(image, "garden")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_the_largest_image_that_is_allowed_takes_less_than_300_mb(root, suffix):
    path = root / "garden" / f"large.{suffix}"
    path.parent.mkdir()
    Image.new("RGB", (7070, 7070)).save(path)  # 49,984,900 pixels
    command = [sys.executable, "-c", MEMORY, str(root), path.name]
    more = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert more < 300_000  # kilobytes


async def test_a_bad_job_goes_to_the_dead_letters_and_the_worker_goes_on(
    client, aggregator, root, monkeypatch
):
    def impatient(*arguments, **options):
        return ReliableQueue(*arguments, **options, max_attempts=1)

    monkeypatch.setattr("backend.services.detector.ReliableQueue", impatient)
    good = scene("driveway").save(root)
    await client.add_to_queue(DETECTION_QUEUE, job(root / "driveway" / "gone.jpg"))
    await client.add_to_queue(DETECTION_QUEUE, job(good))
    async with DetectionWorker(client, Seeing(CAR), aggregator):
        await until(lambda: client.exists("batch:driveway:current"))
    (dead,) = await client.peek_queue("dlq:detection_queue")
    assert dead["original_job"]["file_path"].endswith("gone.jpg")
    assert dead["error"].startswith("BadItem: 'gone.jpg' is gone")
