"""Where the tests of drills get their systems, and what none of them leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.drills import lending

from drills import on_call


@pytest.fixture(autouse=True)
async def nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """A drill gets its system from `lending`, and ends with its test."""
    monkeypatch.setattr(on_call, "System", lending.lend)
    yield
    drill = on_call.under_way()
    await on_call.finish(quiet=True)
    if drill and not lending.is_kept(drill.system):
        assert not drill.system.folder.exists()
        assert not drill.system.server.running


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """Close what waits to be lent, when no test of drills comes next: eight processes at work."""
    if nextitem is None or nextitem.path.parent != Path(__file__).parent:
        asyncio.run(lending.close_all())
