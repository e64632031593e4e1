"""Bad times are not bad items: what the workers do when something that they need is away."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import httpx
import pytest
from PIL import Image
from tests.support import until

from backend.api.app import create_app
from backend.core.redis import RedisClient
from backend.core.reliable_queue import queue_counts
from backend.core.unavailable import Unavailable
from backend.examples.scenes import scene
from backend.services.analyzer import AnalysisWorker, Assessment, Batch
from backend.services.batch_aggregator import ANALYSIS_QUEUE, BatchAggregator
from backend.services.detector import Detection, DetectionWorker
from backend.services.file_watcher import DETECTION_QUEUE
from private_redis import PrivateServer

NOBODY_IS_BURIED_FOR = 1.0  # seconds: on a queue of five, three attempts each took much less


class SeesACar:
    """A detector that is always well."""

    def detect(self, image: Image.Image, camera_id: str) -> list[Detection]:
        return [Detection("car", 0.8, (10, 20, 110, 60))]


class Model:
    """What detects, or judges, by way of a program that can be away."""

    def __init__(self) -> None:
        self.away = True
        self.asked = 0

    def _ask(self) -> None:
        self.asked += 1
        if self.away:
            raise Unavailable("the model does not answer")

    def detect(self, image: Image.Image, camera_id: str) -> list[Detection]:
        self._ask()
        return SeesACar().detect(image, camera_id)

    async def assess(self, batch: Batch) -> Assessment:
        self._ask()
        return Assessment(20, "A car.")


async def add_images(client: RedisClient, root: Path, count: int = 5) -> None:
    for number in range(count):
        path = scene("driveway", "car", seed=number).save(root)
        await client.add_to_queue(
            DETECTION_QUEUE,
            {
                "camera_id": "driveway",
                "file_path": str(path),
                "timestamp": f"2026-01-15T10:30:0{number}+00:00",
                "media_type": "image",
            },
        )


async def add_a_batch(client: RedisClient) -> None:
    aggregator = BatchAggregator(client, idle=0)
    for number in range(2):
        await aggregator.add_detection(
            {
                "id": f"d-{number}",
                "camera_id": "driveway",
                "type": "car",
                "confidence": 0.8,
                "timestamp": "2026-01-15T10:30:00+00:00",
            }
        )
    await aggregator.close_due()


async def health(client: RedisClient) -> tuple[int, dict]:
    transport = httpx.ASGITransport(app=create_app(client))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as browser:
        response = await browser.get("/api/system/health")
    return response.status_code, response.json()


async def is_done(client: RedisClient, queue: str) -> bool:
    counts = await queue_counts(client, queue)
    return counts == {"pending": 0, "processing": 0, "dead": 0}


async def test_with_the_memory_full_nothing_is_buried_and_work_goes_on_when_there_is_room(
    private_server: PrivateServer, root: Path
) -> None:
    async with RedisClient(private_server.url) as client:
        await add_images(client, root)
        await client.call("CONFIG", "SET", "maxmemory", "1mb")
        async with DetectionWorker(client, SeesACar(), BatchAggregator(client)) as worker:
            await asyncio.sleep(NOBODY_IS_BURIED_FOR)  # simulated: the bad times themselves
            counts = await queue_counts(client, DETECTION_QUEUE)
            assert (counts["dead"], counts["pending"] + counts["processing"]) == (0, 5)
            status, said = await health(client)
            assert (status, said["status"]) == (503, "degraded")
            assert "maxmemory" in said["services"]["redis"]["message"]
            await client.call("CONFIG", "SET", "maxmemory", "0")
            there_is_room = time.monotonic()
            await until(lambda: bool(worker.steps))
            assert time.monotonic() - there_is_room <= 1.5
            await until(lambda: is_done(client, DETECTION_QUEUE))
            assert len(worker.steps) == 5


@pytest.mark.parametrize("stage", ["detector", "analyzer"])
async def test_with_the_model_away_nothing_is_buried_and_work_goes_on_when_it_is_back(
    client: RedisClient, root: Path, stage: str
) -> None:
    model = Model()
    if stage == "detector":
        await add_images(client, root)
        worker, queue = DetectionWorker(client, model, BatchAggregator(client)), DETECTION_QUEUE
    else:
        await add_a_batch(client)
        worker, queue = AnalysisWorker(client, model), ANALYSIS_QUEUE
    async with worker:
        await until(lambda: model.asked > 3)
        assert (await queue_counts(client, queue))["dead"] == 0
        status, said = await health(client)
        assert (status, said["status"]) == (503, "degraded")
        assert said["services"][stage]["message"] == "Unavailable: the model does not answer"
        model.away, back = False, time.monotonic()
        await until(lambda: bool(worker.steps))
        assert time.monotonic() - back <= 1.5
        await until(lambda: is_done(client, queue))
    assert await client.get_queue_length(f"dlq:{queue}") == 0


async def test_batches_are_closed_when_the_memory_is_full(private_server: PrivateServer) -> None:
    """What is there already only moves, so that the analyzer can make room."""
    async with RedisClient(private_server.url) as client:
        aggregator = BatchAggregator(client, idle=0)
        await aggregator.add_detection(
            {"id": "1", "camera_id": "driveway", "type": "car", "confidence": 0.8}
        )
        await client.call("CONFIG", "SET", "maxmemory", "1mb")
        (closed,) = await aggregator.close_due()
        assert closed.camera_id == "driveway"
        assert await client.get_queue_length(ANALYSIS_QUEUE) == 1
