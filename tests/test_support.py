"""What tests wait with ends, whatever it waits for."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from tests.support import until


async def test_a_condition_that_swallows_a_cancellation_is_not_asked_for_ever() -> None:
    """As redis-py does with its own timeouts, where an answer comes at the same moment."""

    async def swallows() -> bool:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0.5)
        return False

    with pytest.raises(TimeoutError):
        await until(swallows, within=0.05)
