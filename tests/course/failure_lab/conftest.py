"""A round to break."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from course.failure_lab.round import Round


@pytest.fixture
async def round() -> AsyncIterator[Round]:
    async with Round() as opened:
        yield opened
