"""What the tests of the stages share: a quick client, a clock, and the camera's scenes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from backend.core.redis import RedisClient
from private_redis import PrivateServer


@pytest.fixture
async def quick(private_server: PrivateServer) -> AsyncIterator[RedisClient]:
    """A connected client of a server of our own, that gives up after half a second."""
    async with RedisClient(
        private_server.url, timeout=0.5, attempts=1, backoff_base=0.01
    ) as connected:
        yield connected


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 1_763_800_000.123456

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of cameras' folders, empty."""
    folder = tmp_path / "foscam"
    folder.mkdir()
    return folder
