"""The drawn scenes: the same each time, and true about themselves."""

from io import BytesIO

import pytest
from PIL import Image, ImageChops

from backend.examples.scenes import (
    CAMERAS,
    SIZE,
    TYPES,
    background,
    scene,
    scenes,
)


def test_the_same_seed_draws_the_same_scene() -> None:
    one, other = (scene("garden", "person", "cat", seed=3) for _ in range(2))
    assert one.jpeg() == other.jpeg()
    assert one.things == other.things


def test_another_seed_draws_another_scene() -> None:
    assert scene("garden", "person", seed=1).jpeg() != scene("garden", "person", seed=2).jpeg()


@pytest.mark.parametrize("camera_id", CAMERAS)
@pytest.mark.parametrize("kind", TYPES)
def test_a_box_holds_what_was_drawn_and_no_more(camera_id: str, kind: str) -> None:
    for seed in range(20):
        drawn = scene(camera_id, kind, seed=seed)
        (thing,) = drawn.things
        left, top, right, bottom = thing.box
        assert 0 <= left < right <= SIZE[0]
        assert 0 <= top < bottom <= SIZE[1]
        empty = background(camera_id)
        # Away from the thing there are only noise, leaves, light and shadow; in it there is more.
        inside = ImageChops.difference(drawn.image, empty).crop(thing.box)
        assert max(high for _, high in inside.getextrema()) > 60


def test_a_camera_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match="no camera 'attic': there are front_door, driveway"):
        scene("attic", "person")


def test_a_mixture_has_empty_scenes_and_all_cameras_and_types() -> None:
    drawn = scenes(60)
    assert {each.camera_id for each in drawn} == set(CAMERAS)
    assert {thing.type for each in drawn for thing in each.things} == set(TYPES)
    assert any(not each.things for each in drawn)


def test_a_saved_scene_is_a_small_jpeg_in_the_folder_of_its_camera(tmp_path) -> None:
    path = scene("garden", "person", seed=7).save(tmp_path)
    assert path == tmp_path / "garden" / "0007_person.jpg"
    with Image.open(path) as image:
        assert (image.format, image.size) == ("JPEG", SIZE)
    assert path.stat().st_size < 20_000
    assert list(path.parent.iterdir()) == [path]


def test_a_jpeg_can_be_read_back() -> None:
    with Image.open(BytesIO(scene("driveway", "car").jpeg())) as image:
        image.load()
        assert image.size == SIZE
