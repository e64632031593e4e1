"""What is lent from test to test is a system as it was set up."""

from __future__ import annotations

import pytest
from tests.drills import lending
from tests.support import THOROUGH

pytestmark = [THOROUGH, pytest.mark.timeout(180)]


async def test_a_system_that_somebody_has_changed_is_not_lent_on() -> None:
    system = await lending.lend().start()
    await system.restart("detector-1", look_seconds=0.5)
    await lending.give_back(system)
    await system.close()
    assert not lending.is_kept(system)
    assert not system.server.running
