"""The built-in detector, on scenes with known truth."""

from __future__ import annotations

import pytest
from PIL import Image

from backend.examples.detector_score import measure, overlap
from backend.examples.scenes import CAMERAS, TYPES, background, scene, scenes
from backend.services.detectors.background import BackgroundDetector


@pytest.fixture(scope="module")
def detector() -> BackgroundDetector:
    return BackgroundDetector({camera: background(camera) for camera in CAMERAS})


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("camera_id", CAMERAS)
def test_a_thing_is_found_where_it_is(detector, camera_id, kind):
    drawn = scene(camera_id, kind, seed=5)
    (found,) = detector.detect(drawn.image, camera_id)
    assert found.type == kind
    assert overlap(found.box, drawn.things[0].box) > 0.6
    assert 0.5 < found.confidence < 1


def test_most_is_found_and_most_reports_are_true(detector):
    scores = measure(detector, scenes(90, seed=1))
    assert scores["all"].recall > 0.82
    assert scores["all"].precision > 0.9
    for kind in TYPES:
        assert scores[kind].recall > 0.75, kind


def test_empty_scenes_give_no_alarm(detector):
    drawn = [scene(camera, seed=seed) for camera in CAMERAS for seed in range(10)]
    assert [each.seed for each in drawn if detector.detect(each.image, each.camera_id)] == []


def test_the_light_of_the_day_is_no_detection(detector):
    brighter = background("garden").point(lambda value: min(value + 40, 255))
    assert detector.detect(brighter, "garden") == []


def test_a_camera_without_a_background_takes_its_first_image_for_one():
    detector = BackgroundDetector()
    assert detector.detect(scene("garden", seed=1).image, "garden") == []
    (found,) = detector.detect(scene("garden", "cat", seed=2).image, "garden")
    assert found.type == "cat"


def test_an_image_that_is_taken_for_the_background_is_told(caplog):
    caplog.set_level("INFO")
    detector = BackgroundDetector({"driveway": background("driveway")})
    for seed in (1, 2):
        detector.detect(scene("garden", "cat", seed=seed).image, "garden")
        detector.detect(scene("driveway", "car", seed=seed).image, "driveway")
    assert [record.message for record in caplog.records] == [
        "garden: this image is taken as the background"
    ]


def test_an_image_of_another_size_is_compared_all_the_same(detector):
    drawn = scene("garden", "person", seed=5)
    larger = drawn.image.resize((640, 480))
    (found,) = detector.detect(larger, "garden")
    half = tuple(value // 2 for value in found.box)
    assert overlap(half, drawn.things[0].box) > 0.6


def test_what_is_small_in_a_large_image_is_no_detection():
    detector = BackgroundDetector()
    image = Image.new("RGB", (2560, 1920), "white")
    assert detector.detect(image, "garden") == []
    image.paste("black", (1000, 1000, 1012, 1012))  # 3 by 3 where it is compared
    assert detector.detect(image, "garden") == []
