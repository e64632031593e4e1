"""Where the time of an event goes, measured on an event that has come the whole way."""

import pytest
from tests.support import hear

from backend.core.redis import RedisClient
from backend.examples.scenes import CAMERAS, background, scene
from backend.services.analyzer import AnalysisWorker
from backend.services.analyzers.rules import RuleAnalyzer
from backend.services.batch_aggregator import BatchAggregator
from backend.services.detector import DetectionWorker
from backend.services.detectors.background import BackgroundDetector
from backend.services.event_broadcaster import EVENT_CHANNEL
from backend.services.file_watcher import FileWatcher
from course.pipeline_lab import Clock, log_of, time_of_event

PARTS = [
    "file watcher",
    "detection_queue",
    "detector",
    "batch",
    "analysis_queue",
    "analyzer",
]


@pytest.mark.parametrize("kind", ["cat", "person"])  # a cat waits in a batch, a person does not
async def test_the_parts_of_the_way_add_up_to_the_whole(redis_url, namespace, tmp_path, kind):
    detector = BackgroundDetector({camera: background(camera) for camera in CAMERAS})
    async with RedisClient(redis_url, namespace=namespace) as client:
        aggregator = BatchAggregator(client, idle=0.3, check_every=0.02)
        subscription = await client.subscribe(EVENT_CHANNEL)
        async with (
            AnalysisWorker(client, RuleAnalyzer()) as analyzer,
            aggregator,
            DetectionWorker(client, detector, aggregator) as worker,
            FileWatcher(client, tmp_path, settle=0.05, rescan=0.5) as watcher,
        ):
            path = scene("garden", kind, seed=2).save(tmp_path)
            (message,) = await hear(client, subscription)
            await client.unsubscribe()
    spans = time_of_event(
        message["data"],
        watcher=watcher,
        detector=worker,
        aggregator=aggregator,
        analyzer=analyzer,
    )
    assert [span.what for span in spans] == PARTS
    whole = analyzer.steps[0].ended - path.stat().st_mtime
    assert sum(span.seconds for span in spans) == pytest.approx(whole, abs=0.1)
    in_batch = next(span.seconds for span in spans if span.what == "batch")
    assert in_batch >= 0.25 if kind == "cat" else in_batch < 0.05


async def test_what_a_stage_logs_is_collected_and_goes_nowhere_else(client, caplog):
    aggregator = BatchAggregator(client)
    with log_of(aggregator) as lines:
        aggregator.log.info("%s files", 2)
        assert lines == ["2 files"]
    assert caplog.messages == []
    aggregator.log.warning("after it")
    assert (lines, caplog.messages) == (["2 files"], ["after it"])


def test_a_clock_stands_still_until_it_is_put_forward():
    clock = Clock(1000.0)
    assert clock() == clock() == 1000.0
    clock.advance(90)
    assert clock() == 1090.0
