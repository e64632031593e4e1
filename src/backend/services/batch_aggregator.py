"""The batch aggregator: from single detections to batches that are worth an analysis.

Somebody who walks past a camera is seen a dozen times. All that a camera sees within 90 seconds is
one batch, and 30 seconds without a detection end it early. Then its ids go to `analysis_queue`.
A person of whom the detector is sure does not wait: such a detection is a batch of its own, at
the front of the queue (the fast path).

The state is in Redis, so a restart loses nothing, and any number of aggregators may run:

    batch:<camera_id>:current       the id of the camera's open batch
    batch:<batch_id>:camera_id      and what belongs to that batch:
    batch:<batch_id>:detections     list of detection ids
    batch:<batch_id>:started_at     seconds since 1970
    batch:<batch_id>:last_activity
    batch:deadlines                 zset: when each camera's open batch has to be closed
    detection:<id>                  what was seen; also tells that it is in a batch already

None of it has a time to live while it is needed, however long the aggregator or the analyzer is
away. A batch's keys go when it is closed. A detection is given an hour when its event is published.

The time is the server's, so aggregators on machines whose clocks differ agree. Each change is one
script (in `lua/`), which Redis runs as one step.
"""

import asyncio
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from redis.exceptions import ResponseError

from backend.core.declared_keys import run_declaring
from backend.core.encoding import encode
from backend.core.redis import RedisClient
from backend.core.scripts import Script, load
from backend.core.unavailable import Unavailable
from backend.services.stage import Stage

ADD_DETECTION = load("add_detection", beside=__file__)
CLOSE_DUE = load("close_due", beside=__file__)

ANALYSIS_QUEUE = "analysis_queue"
WINDOW = 90.0  # seconds from its first detection until a batch is closed
IDLE = 30.0  # seconds from its last detection
FAST_PATH_CONFIDENCE = 0.90
FAST_PATH_TYPE = "person"
KINDS = ("camera_id", "detections", "started_at", "last_activity")  # of the keys of a batch
ID = re.compile(r'[^"\\\x00-\x1f\x7f-\U0010ffff]+')
"""Of a detection: what the scripts put into a job as it is."""
CAMERA = re.compile(r'[^"\\\x00-\x1f]+')
"""So are the names of cameras. They may be of any language."""


@dataclass(frozen=True)
class ClosedBatch:
    """A batch that has gone to `analysis_queue`."""

    batch_id: str
    camera_id: str
    reason: str
    """What ended it: "window", "idle" or "fast path"."""
    detection_ids: tuple[str, ...]


class BatchAggregator(Stage):
    """Puts detections together, camera by camera, and closes what is due.

    Args:
        client: a connected client.
        clock: tells the time, in seconds since 1970, in place of the server. A clock of your own
            makes hours pass at once.
        new_id: makes the ids of batches.
        window: seconds that a batch can last in all.
        idle: seconds that it waits for a further detection.
        check_every: seconds between two looks at what is due. A detection that comes when its
            camera's batch is due finds it closed, however rarely anybody looks.
    """

    name = "batch_aggregator"

    def __init__(
        self,
        client: RedisClient,
        *,
        clock: Callable[[], float] | None = None,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
        window: float = WINDOW,
        idle: float = IDLE,
        check_every: float = 0.5,
    ) -> None:
        super().__init__(client)
        self._clock = clock
        self._new_id = new_id
        self._window = window
        self._idle = idle
        self._check_every = check_every
        self._told: set[str] = set()
        self._open: dict[str, str] = {}  # the batch that each camera had open last

    async def run(self) -> None:
        """Close what is due, until cancelled."""
        while True:
            await self.close_due()
            self.ready.set()
            await asyncio.sleep(self._check_every)

    async def add_detection(self, detection: dict[str, Any]) -> str | None:
        """Add a detection to its camera's batch, or open one, or take the fast path.

        Args:
            detection: at least id, camera_id, type and confidence.

        Returns:
            The id of its batch; None if it is in a batch already (it was added twice).

        Raises:
            ValueError: the id is not printable ASCII, or has a quote or a backslash; or the name of
                the camera has one, or a control character.
            Unavailable: `analysis_queue` is somebody else's key, and no queue.
        """
        if not ID.fullmatch(detection["id"]):
            raise ValueError(f"the id of a detection is printable ASCII, not {detection['id']!r}")
        if not CAMERA.fullmatch(detection["camera_id"]):
            raise ValueError(
                "the name of a camera is text without quotes, backslashes and control characters, "
                f"not {detection['camera_id']!r}"
            )
        fast = (
            detection["type"] == FAST_PATH_TYPE and detection["confidence"] >= FAST_PATH_CONFIDENCE
        )
        camera_id, new_id = detection["camera_id"], self._new_id()
        known = {f"batch:{camera_id}:current", f"detection:{detection['id']}"}
        for each in (new_id, self._open.get(camera_id, new_id)):
            known |= {f"batch:{each}:{kind}" for kind in KINDS}
        answer = await self._run(
            ADD_DETECTION,
            known,
            camera_id,
            new_id,
            detection["id"],
            encode(detection["id"]),
            encode(detection),
            "fast" if fast else "",
        )
        if answer is None:
            return None
        batch_id, closed = answer[0].decode(), answer[1]
        if not fast:
            self._open[camera_id] = batch_id
        self._report(closed)
        if batch_id == new_id and not fast:
            self.log.info(
                "%s: batch %s is open: until nothing comes for %g s, and %g s at the longest",
                camera_id,
                batch_id,
                self._idle,
                self._window,
            )
        return batch_id

    async def close_due(self) -> list[ClosedBatch]:
        """Close every batch that is due, and return them."""
        return self._report(await self._run(CLOSE_DUE, set()))

    def _report(self, answer: list[list[bytes]]) -> list[ClosedBatch]:
        batches = []
        for closed in answer:
            batch_id, camera_id, reason, started, *ids = (
                part.decode(errors="backslashreplace") for part in closed
            )
            if not ids:
                self._spoilt(camera_id, started if reason == "failed" else "there is no batch")
                continue
            self.log.info(
                "%s: batch %s closed (%s), detections: %d", camera_id, batch_id, reason, len(ids)
            )
            self.record(batch_id, float(started), tuple(ids))
            batches.append(ClosedBatch(batch_id, camera_id, reason, tuple(ids)))
        return batches

    def _spoilt(self, camera_id: str, why: str) -> None:
        """Say, once for each camera, that its keys are not as we left them."""
        if camera_id not in self._told:
            self.log.error("%s: its batch cannot be closed: %s", camera_id, why)
        self._told.add(camera_id)

    async def _run(self, script: Script, known: set[str], *arguments: str | bytes) -> Any:
        now = repr(float(self._clock())) if self._clock else ""
        # Only the scripts know which batch a camera has open, so they make the names of its keys,
        # and ask for those that were not declared: they are given what the names begin with.
        prefixes = self._client.full_name("batch:"), self._client.full_name("detection:")
        # May be sent again when its answer is lost: the second run finds it done.
        try:
            return await run_declaring(
                self._client,
                script,
                [ANALYSIS_QUEUE, "batch:deadlines", "batch:deadlines:set-aside"],
                *prefixes,
                now,
                self._window,
                self._idle,
                *arguments,
                known=known,
            )
        except ResponseError as error:
            if str(error).startswith("WRONGTYPE"):  # of a key that all work needs: no job's fault
                raise Unavailable(str(error)) from None
            raise
