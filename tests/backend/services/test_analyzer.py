"""The levels of risk, and the worker that has batches judged, on a real queue."""

from __future__ import annotations

import pytest
from tests.support import until

from backend.core.unavailable import BadItem
from backend.services.analyzer import (
    AnalysisWorker,
    Assessment,
    Batch,
    risk_level,
)
from backend.services.batch_aggregator import ANALYSIS_QUEUE
from backend.services.event_broadcaster import recent_events


@pytest.mark.parametrize(
    ("score", "level"),
    [
        (0, "low"),
        (29, "low"),
        (30, "medium"),
        (59, "medium"),
        (60, "high"),
        (84, "high"),
        (85, "critical"),
        (100, "critical"),
    ],
)
def test_a_score_has_a_level(score, level):
    assert risk_level(score) == level


class Counting:
    """An analyzer that counts how often it is asked."""

    asked = 0

    async def assess(self, batch: Batch) -> Assessment:
        self.asked += 1
        return Assessment(62, batch.in_words())


async def add_batch(client, batch_id: str = "ab12") -> dict:
    for number in (2, 1):
        record = {
            "id": f"d{number}",
            "camera_id": "garden",
            "type": "person",
            "confidence": 0.8,
            "timestamp": f"2026-01-15T10:30:0{number}+00:00",
        }
        await client.set(f"detection:d{number}", record)
    job = {
        "batch_id": batch_id,
        "camera_id": "garden",
        "detection_ids": ["d2", "d1"],
        "timestamp": 1_763_800_000.5,
    }
    await client.add_to_queue(ANALYSIS_QUEUE, job)
    return job


async def test_a_batch_becomes_an_event_with_production_s_fields(client):
    await add_batch(client)
    async with AnalysisWorker(client, Counting()):
        await until(lambda: recent_events(client))
    assert await recent_events(client) == [
        {
            "id": 1,
            "event_id": 1,
            "batch_id": "ab12",
            "camera_id": "garden",
            "risk_score": 62,
            "risk_level": "high",
            "summary": "Person (2 times) at garden",
            "started_at": "2026-01-15T10:30:01+00:00",
        }
    ]


async def test_a_batch_that_is_done_twice_asks_the_model_once_and_makes_one_event(client):
    job = await add_batch(client)
    analyzer = Counting()
    worker = AnalysisWorker(client, analyzer)
    assert [await worker.handle(job) for _ in range(2)] == [1, 1]
    assert analyzer.asked == 1
    assert len(await recent_events(client)) == 1


async def test_two_workers_share_the_batches(client):
    for number in range(20):
        await add_batch(client, f"{number:04x}")
    async with AnalysisWorker(client, Counting()), AnalysisWorker(client, Counting()):

        async def all_done() -> bool:
            return len(await recent_events(client)) >= 20

        await until(all_done, within=20)
    events = await recent_events(client)
    assert sorted(event["batch_id"] for event in events) == [f"{n:04x}" for n in range(20)]


async def test_a_judged_batch_is_a_step_with_its_event(client):
    worker = AnalysisWorker(client, Counting())
    event_id = await worker.handle(await add_batch(client))
    (step,) = worker.steps
    assert (step.subject, step.made) == ("ab12", (str(event_id),))
    assert step.started <= step.ended


async def test_a_batch_whose_detections_are_forgotten_is_an_error(client):
    job = await add_batch(client)
    await client.delete("detection:d1", "detection:d2")
    with pytest.raises(BadItem, match="none of the detections"):
        await AnalysisWorker(client, Counting()).handle(job)


@pytest.mark.parametrize(
    "wrong",
    [
        {"batch_id": "../b1"},
        {"camera_id": "front door/../x"},
        {"camera_id": "c" * 65},
        {"detection_ids": []},
        {"timestamp": "soon"},
    ],
    ids=str,
)
async def test_a_job_that_is_none_of_ours_is_a_bad_item(client, wrong):
    job = await add_batch(client)
    with pytest.raises(BadItem, match=next(iter(wrong))):
        await AnalysisWorker(client, Counting()).handle(job | wrong)
    assert await recent_events(client) == []


async def test_a_batch_of_which_something_is_forgotten_is_judged_by_the_rest(client):
    job = await add_batch(client)
    await client.delete("detection:d1")
    await AnalysisWorker(client, Counting()).handle(job)
    (event,) = await recent_events(client)
    assert event["summary"] == "Person at garden"


@pytest.mark.parametrize(
    ("written", "started_at"),
    [
        ("2026-01-15T10:30:00", "2026-01-15T10:30:00+00:00"),
        ("2026-01-15T10:30:00+05:30", "2026-01-15T10:30:00+05:30"),
    ],
)
async def test_a_time_without_a_zone_is_utc_and_any_other_stays(client, written, started_at):
    record = {"type": "person", "confidence": 0.8, "timestamp": written}
    await client.set("detection:d0", record)
    job = await add_batch(client) | {"detection_ids": ["d0"]}
    await AnalysisWorker(client, Counting()).handle(job)
    (event,) = await recent_events(client)
    assert event["started_at"] == started_at
