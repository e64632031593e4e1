"""Where the tests of drills get their systems, and what none of them leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from tests.drills import lending

from drills import on_call


@pytest.fixture(scope="package", autouse=True)
def lent_systems() -> Iterator[None]:
    """A drill gets its system from `lending`; what is there in the end is closed."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(on_call, "System", lending.lend)
        yield
    asyncio.run(lending.close_all())


@pytest.fixture(autouse=True)
async def nothing_is_left() -> AsyncIterator[None]:
    yield
    drill = on_call.under_way()
    await on_call.finish(quiet=True)
    if drill and not lending.is_kept(drill.system):
        assert not drill.system.folder.exists()
        assert not drill.system.server.running
