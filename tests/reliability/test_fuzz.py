"""The fuzz, for seconds only: `make fuzz` does it for ten minutes."""

import logging

import pytest
from tests.reliability.fuzz import main

from backend.services.stage import Stage


@pytest.mark.timeout(300)
def test_good_files_go_through_whatever_lies_beside_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--seconds", "5", "--seed", "3"]) == 0
    assert " 0 missing; " in capsys.readouterr().out


@pytest.mark.timeout(300)
def test_a_traceback_is_a_problem(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: Stage, subject: str, *others: object) -> None:
        logging.getLogger("backend").error("it broke", exc_info=ValueError("a bug"))

    monkeypatch.setattr(Stage, "record", fails)
    assert main(["--seconds", "1", "--seed", "3"]) == 1
    assert "ValueError: a bug" in capsys.readouterr().out
