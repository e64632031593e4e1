"""`make bench-suite`: what it measures, with short work in the place of long."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from bench import suite
from tests.support import THOROUGH

BUSY = "import time\nwhile time.process_time() < 0.2: pass"


def test_the_cpu_time_of_a_child_counts() -> None:
    with suite.timed() as took:
        suite._run([sys.executable, "-c", BUSY])
    assert took.cpu >= 0.2
    assert took.passed > 0


def test_what_fails_is_not_measured_and_says_why() -> None:
    with pytest.raises(SystemExit, match="no such thing"):
        suite._run([sys.executable, "-c", "raise SystemExit('no such thing')"])


def test_the_first_cell_runs_in_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suite, "STARTS", 1)
    imports, rest = suite.first_cell()
    assert imports.value is not None
    assert imports.value > 50, "milliseconds: no Python imports these in less"
    assert rest.value
    assert rest.goal == "<= 150"


@THOROUGH
@pytest.mark.timeout(240)  # a whole notebook, twice
def test_notebooks_are_held_against_a_run_that_compares_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(suite, "NOTEBOOKS", suite.NOTEBOOKS[:1])
    monkeypatch.setattr(suite, "WORKERS", 1)
    passed, cpu = suite.notebooks()
    assert passed.value
    assert passed.value > 0
    assert passed.note.count(" s of CPU") == 2
    assert cpu.value


def test_a_set_up_without_uv_is_not_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    [row] = suite.set_up()
    assert row.value is None
    assert "uv" in row.note
