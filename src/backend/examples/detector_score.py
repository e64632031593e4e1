"""How good is a detector? Its reports, held against the truth about drawn scenes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from backend.examples.scenes import TYPES, Scene
from backend.services.detector import Box, Detector


@dataclass(frozen=True)
class Score:
    """How well a detector does on things of one type, or of all."""

    there: int
    """Things that truly are in the scenes."""
    reported: int
    """Things that the detector says it has seen."""
    right: int
    """Reports that are true: right type, and the boxes overlap by half or more (IoU)."""

    @property
    def recall(self) -> float:
        """The share of what is there that was found, from 0 to 1; 1 if nothing is there."""
        return self.right / self.there if self.there else 1.0

    @property
    def precision(self) -> float:
        """The share of the reports that are true, from 0 to 1; 1 if nothing was reported."""
        return self.right / self.reported if self.reported else 1.0


def measure(detector: Detector, drawn: Iterable[Scene]) -> dict[str, Score]:
    """Hold a detector's reports against the truth. Return a score for each type, and for "all".

    Each report counts for one thing at the most, the surest report first.
    """
    there, reported, right = (dict.fromkeys((*TYPES, "all"), 0) for _ in range(3))
    for each in drawn:
        # As the detector gets it in earnest: after the JPEG.
        image = Image.open(BytesIO(each.jpeg()))
        left = list(each.things)
        for thing in left:
            there[thing.type] += 1
        for seen in sorted(detector.detect(image, each.camera_id), key=lambda d: -d.confidence):
            reported[seen.type] = reported.get(seen.type, 0) + 1
            matches = [t for t in left if t.type == seen.type and overlap(t.box, seen.box) >= 0.5]
            if matches:
                left.remove(max(matches, key=lambda thing: overlap(thing.box, seen.box)))
                right[seen.type] += 1
    for counts in (there, reported, right):
        counts["all"] = sum(counts.values())
    return {kind: Score(there[kind], reported[kind], right[kind]) for kind in (*TYPES, "all")}


def overlap(one: Box, other: Box) -> float:
    """Return the area that two boxes share, as a share of what they cover together (IoU)."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(width, 0) * max(height, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return shared / (sum(areas) - shared)
