"""The analyzer: from a batch in `analysis_queue` to an event with a risk score and a summary.

    batch of detections   →   Assessment(72, "A person at front_door for 40 s, at night.")

An analyzer is anything with a coroutine method `assess`; `backend.services.analyzers` has two.
"""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from pydantic import BaseModel, Field

from backend.core.redis import RedisClient
from backend.core.reliable_queue import ReliableQueue
from backend.core.unavailable import BadItem
from backend.services.batch_aggregator import ANALYSIS_QUEUE
from backend.services.event_broadcaster import event_of_batch, publish_event
from backend.services.stage import Stage, checked

RiskLevel = Literal["low", "medium", "high", "critical"]


def risk_level(score: int) -> RiskLevel:
    """Return the word for a risk score from 0 to 100."""
    if score >= 85:
        return "critical"
    if score >= 60:
        return "high"
    return "medium" if score >= 30 else "low"


@dataclass(frozen=True)
class Seen:
    """A detection, as the analyzer gets it."""

    type: str
    confidence: float
    timestamp: datetime


@dataclass(frozen=True)
class Batch:
    """What a camera saw within a short time."""

    batch_id: str
    camera_id: str
    detections: tuple[Seen, ...]
    """At least one; the oldest first."""

    @property
    def started_at(self) -> datetime:
        """When the first detection was made."""
        return self.detections[0].timestamp

    @property
    def seconds(self) -> float:
        """How long it went on, from the first detection to the last."""
        return (self.detections[-1].timestamp - self.started_at).total_seconds()

    def in_words(self) -> str:
        """Say what was seen, as in "Person (2 times), cat at garden"."""
        counts = Counter(detection.type for detection in self.detections)
        seen = ", ".join(
            kind if count == 1 else f"{kind} ({count} times)"
            for kind, count in counts.most_common()
        )
        return f"{seen[:1].upper()}{seen[1:]} at {self.camera_id}"


@dataclass(frozen=True)
class Assessment:
    """What an analyzer makes of a batch."""

    risk_score: int
    """From 0 (nothing to see) to 100."""
    summary: str
    """One or two sentences for whoever looks at the dashboard."""


class Analyzer(Protocol):
    """Whatever judges batches."""

    async def assess(self, batch: Batch) -> Assessment:
        """Return the risk, and why."""
        ...


class AnalysisJob(BaseModel):
    """What is in `analysis_queue`."""

    batch_id: str = Field(pattern="^[0-9a-f]{1,64}$")
    camera_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    detection_ids: list[str] = Field(min_length=1)
    timestamp: float


class AnalysisWorker(Stage):
    """Takes batches from `analysis_queue`, has them judged, and publishes the events.

    Args:
        client: a connected client.
        analyzer: what judges the batches.
        lease: seconds after which the job of a worker that gives no sign of life is done again.
        consumer: the name of this consumer of the queue, which no other has; see `ReliableQueue`.
    """

    name = "analyzer"

    def __init__(
        self,
        client: RedisClient,
        analyzer: Analyzer,
        *,
        lease: float = 30.0,
        consumer: str | None = None,
    ) -> None:
        super().__init__(client)
        self._analyzer = analyzer
        self._lease = lease
        self._consumer = consumer

    async def run(self) -> None:
        """Work, until cancelled."""
        async with ReliableQueue(
            self._client, ANALYSIS_QUEUE, consumer=self._consumer, lease=self._lease
        ) as queue:
            self.ready.set()
            while True:
                async with queue.reserve() as job:
                    if job:
                        await self.handle(job.data)

    async def handle(self, data: Any) -> int:
        """Do one job. Return the id of the event.

        Raises:
            BadItem: the job is not as it should be, or Redis has none of its detections.
        """
        started = time.time()
        job = checked(AnalysisJob, data)
        known = await event_of_batch(self._client, job.batch_id)
        if known is not None:  # done by a worker that died before it could say so
            return known
        batch = Batch(job.batch_id, job.camera_id, await self._detections(job.detection_ids))
        assessment = await self._analyzer.assess(batch)
        level = risk_level(assessment.risk_score)
        event_id = await publish_event(
            self._client,
            {
                "batch_id": batch.batch_id,
                "camera_id": batch.camera_id,
                "risk_score": assessment.risk_score,
                "risk_level": level,
                "summary": assessment.summary,
                "started_at": batch.started_at.isoformat(),
            },
            job.detection_ids,
        )
        self.record(job.batch_id, started, (str(event_id),))
        self.log.info(
            "%s: event %d, %s (%d): %r",
            batch.camera_id,
            event_id,
            level,
            assessment.risk_score,
            assessment.summary,
        )
        return event_id

    async def _detections(self, ids: Iterable[str]) -> tuple[Seen, ...]:
        stored = await self._client.get_many([f"detection:{each}" for each in ids])
        records = [seen for record in stored.values() if (seen := _seen(record))]
        if not records:
            raise BadItem("Redis has none of the detections of this batch (any more)")
        return tuple(sorted(records, key=lambda seen: seen.timestamp))


def _seen(record: Any) -> Seen | None:
    """Return what a record tells of a detection; None if somebody else has put something there."""
    try:
        timestamp = datetime.fromisoformat(record["timestamp"])
        if timestamp.tzinfo is None:
            timestamp = timestamp.replace(tzinfo=UTC)
        return Seen(str(record["type"]), float(record["confidence"]), timestamp)
    except (TypeError, KeyError, ValueError):
        return None
