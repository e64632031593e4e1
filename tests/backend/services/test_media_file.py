"""What a camera's file has to be before it may be queued."""

from __future__ import annotations

import os
from io import BytesIO

import pytest
from PIL import Image
from tests.backend.services.images import jpeg

from backend.examples.scenes import scene
from backend.services.media_file import Refused, examine


def bomb() -> bytes:
    """A PNG of some kilobytes that would unfold to hundreds of megabytes."""
    file = BytesIO()
    Image.new("1", (20_000, 10_000)).save(file, "PNG")
    return file.getvalue()


def box(kind: bytes, size: int) -> bytes:
    """A box of an MP4: its length, its kind, and as many bytes."""
    return (8 + size).to_bytes(4) + kind + bytes(size)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("garden/empty.jpg", b"", "0 bytes"),
        ("garden/half.jpg", scene("garden").jpeg()[:3000], "no whole image"),
        ("garden/text.jpg", b"<script>alert(1)</script>", "no whole image"),
        ("garden/text.mp4", b"no video at all", "no video, by its content"),
        ("garden/half.mp4", box(b"ftyp", 8) + box(b"mdat", 100_000)[:-1], "its end is missing"),
        ("garden/bomb.png", bomb, "too many|bomb"),
        ("garden/notes.txt", b"hello", "neither an image nor a video"),
        ("front door/a.jpg", jpeg(), "no camera id"),
        ("a.jpg", jpeg(), "beside the cameras' folders"),
    ],
)
def test_what_is_no_whole_image_of_a_camera_is_refused(root, name, content, reason):
    path = root / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content() if callable(content) else content)
    with pytest.raises(Refused, match=reason):
        examine(root, path)


def test_a_file_with_two_names_is_a_file_like_any_other(root):
    (root / "garden").mkdir()
    unfinished, path = root / "garden" / "1.part", root / "garden" / "1.jpg"
    unfinished.write_bytes(jpeg())
    path.hardlink_to(unfinished)
    assert examine(root, path).camera_id == "garden"


def test_a_symlink_out_of_the_root_is_refused(root, tmp_path):
    outside = tmp_path / "secret.jpg"
    outside.write_bytes(jpeg())
    (root / "garden").mkdir()
    (root / "garden" / "link.jpg").symlink_to(outside)
    (root / "linked").symlink_to(tmp_path)
    for path in (root / "garden" / "link.jpg", root / "linked" / "secret.jpg"):
        with pytest.raises(Refused, match="no regular file"):
            examine(root, path)


def test_a_pipe_is_refused_and_not_waited_for(root):
    (root / "garden").mkdir()
    os.mkfifo(root / "garden" / "pipe.jpg")
    with pytest.raises(Refused, match="no regular file"):
        examine(root, root / "garden" / "pipe.jpg")
