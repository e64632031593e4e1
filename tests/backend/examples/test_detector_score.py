"""Recall, precision and overlap, on one scene and reports that are known."""

import pytest
from PIL import Image

from backend.examples.detector_score import measure, overlap
from backend.examples.scenes import scene
from backend.services.detector import Detection


class Reporting:
    """A detector that reports what it was told to."""

    def __init__(self, *detections: Detection) -> None:
        self.detections = list(detections)

    def detect(self, image: Image.Image, camera_id: str) -> list[Detection]:
        return self.detections


def test_measuring_counts_what_is_there_what_is_reported_and_what_is_right() -> None:
    drawn = scene("garden", "person", "cat", seed=1)
    boxes = {thing.type: thing.box for thing in drawn.things}
    detector = Reporting(
        Detection("person", 0.9, boxes["person"]),
        Detection("person", 0.8, boxes["person"]),  # the same one, twice
        Detection("car", 0.7, boxes["cat"]),  # the wrong type
    )
    scores = measure(detector, [drawn])
    assert (scores["person"].recall, scores["person"].precision) == (1.0, 0.5)
    assert (scores["cat"].recall, scores["cat"].precision) == (0.0, 1.0)
    assert scores["car"].precision == 0.0
    assert (scores["all"].there, scores["all"].reported, scores["all"].right) == (2, 3, 1)


def test_the_overlap_is_shared_area_over_covered_area() -> None:
    assert overlap((0, 0, 10, 10), (0, 0, 10, 10)) == 1.0
    assert overlap((0, 0, 10, 10), (5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 10, 10), (10, 0, 20, 10)) == 0.0
