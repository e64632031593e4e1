"""The soak, for seconds only: `make soak` does it for ten minutes, with two seeds."""

import logging

import pytest
from tests.reliability.soak import main
from tests.support import THOROUGH


@THOROUGH
@pytest.mark.timeout(120)
def test_nothing_is_lost_under_all_faults_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seconds", "4", "--seed", "3"]) == 0
    assert logging.root.isEnabledFor(logging.WARNING)  # for the tests that come next
    assert "+ 0 dead-lettered + 0 missing" in capsys.readouterr().out
