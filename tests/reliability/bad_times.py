"""Scenarios in which the work's dependency is away: with the pipeline's real detection worker.

With the plain queue, a consumer as most are written takes its place: it logs the error and goes on
with the next job.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

from PIL import Image

from backend.core.reliable_queue import queue_counts
from backend.core.unavailable import Unavailable
from backend.examples.pop_or_reserve import QUEUE
from backend.examples.scenes import scene
from backend.services.batch_aggregator import BatchAggregator
from backend.services.detector import Detection, DetectionWorker
from course.failure_lab.round import Round
from course.waiting import until

MAX_ATTEMPTS = 3  # of a bad item, in the detection worker
AT_WORK_AGAIN = 1.5  # seconds after the dependency is back


class Model:
    """A detector that is asked and, while its program is away, has no answer."""

    def __init__(self) -> None:
        self.away = False
        self.asked: Counter[str] = Counter()
        """How often, by the camera: each job has one of its own."""

    def detect(self, image: Image.Image, camera_id: str) -> list[Detection]:
        """See a car in each image."""
        self.asked[camera_id] += 1
        if self.away:
            raise Unavailable("the model does not answer")
        return [Detection("car", 0.8, (10, 20, 110, 60))]


async def fill_redis(round: Round, tries: int) -> None:
    """Redis takes no more (`noeviction`), and so no detection can be handed on."""

    async def limit(size: str) -> None:
        await round.client.call("CONFIG", "SET", "maxmemory", size)

    await go_away_and_come_back(round, tries, Model(), lambda: limit("1mb"), lambda: limit("0"))


async def take_the_model_away(round: Round, tries: int) -> None:
    """The detection model does not answer."""
    model = Model()

    async def set_away(away: bool) -> None:
        model.away = away

    await go_away_and_come_back(
        round, tries, model, lambda: set_away(True), lambda: set_away(False)
    )


async def go_away_and_come_back(
    round: Round,
    tries: int,
    model: Model,
    go: Callable[[], Awaitable[None]],
    come_back: Callable[[], Awaitable[None]],
) -> None:
    """Work on so many jobs while something is away, and after it has come back.

    Raises:
        AssertionError: a job was dead-lettered, or the worker was not back at work in time.
    """
    worker = DetectionWorker(round.client, model, BatchAggregator(round.client))
    with tempfile.TemporaryDirectory() as folder:
        await add_jobs(round, Path(folder), tries)
        await go()
        if round.mode == "pop":
            await consume_as_most_do(round, worker)
            await come_back()
            return
        async with worker:
            await until(lambda: outlasted(round, model))
            await come_back()
            back = time.monotonic()
            await until(lambda: at_work_or_all_dead(round, worker, tries))
            seconds = time.monotonic() - back
            await round.settled()
        round.handled += [Path(step.subject).name for step in worker.steps]
    if (dead := await dead_letters(round)) or seconds > AT_WORK_AGAIN:
        raise AssertionError(f"{dead} jobs dead-lettered; at work again after {seconds:.1f} s")


async def outlasted(round: Round, model: Model) -> bool:
    """Return whether a job was tried more often than a bad item is, or has been given up."""
    return max(model.asked.values(), default=0) > MAX_ATTEMPTS or await dead_letters(round) > 0


async def at_work_or_all_dead(round: Round, worker: DetectionWorker, tries: int) -> bool:
    """Return whether a job was handled, or there is none left to handle."""
    return bool(worker.steps) or await dead_letters(round) == tries


async def dead_letters(round: Round) -> int:
    """Return how many jobs were given up."""
    return (await queue_counts(round.client, QUEUE))["dead"]


async def add_jobs(round: Round, folder: Path, count: int) -> None:
    """Add jobs for images, as the file watcher does."""
    image = scene("driveway", "car").save(folder)
    for number in range(count):
        path = folder / f"{number}.jpg"
        path.write_bytes(image.read_bytes())
        await round.add_item(
            {
                "id": path.name,
                "camera_id": f"camera-{number}",
                "file_path": str(path),
                "timestamp": "2026-01-15T10:30:00+00:00",
                "media_type": "image",
            }
        )


async def consume_as_most_do(round: Round, worker: DetectionWorker) -> None:
    """Pop each job and handle it; after an error, go on with the next one."""
    while (job := await round.client.get_from_queue(QUEUE, timeout=0.2)) is not None:
        try:
            await worker.handle(job)
        except Exception as error:
            worker.log.error("%s: %s", job["id"], error)
        else:
            round.handled.append(job["id"])
