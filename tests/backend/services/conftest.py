"""What the tests of the stages share: a clock, and a folder for the cameras."""

from __future__ import annotations

from pathlib import Path

import pytest

from course.pipeline_lab import Clock


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still until it is put forward; its time has a fraction of a second."""
    return Clock(1_763_800_000.123456)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of cameras' folders, empty."""
    folder = tmp_path / "foscam"
    folder.mkdir()
    return folder
