"""A pytest that starts warm does what one started by a shell does: see warm_pytest.py."""

from pathlib import Path

import pytest
from tests.support import THOROUGH, exists
from tests.warm_pytest import run_pytest

pytestmark = THOROUGH

FAILS = """
import os

def test_it():
    assert os.environ["WHICH"] == "none"
"""
HANGS = """
import os, pathlib, time

def test_it():
    pathlib.Path(__file__).with_name("pid").write_text(str(os.getpid()))
    time.sleep(60)
"""


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """A file for a test of its own."""
    return tmp_path / "test_planted.py"


def test_it_has_its_own_environment_and_status_and_what_it_says_comes_back(planted: Path) -> None:
    planted.write_text(FAILS)
    status, said = run_pytest(planted, "-p", "no:cacheprovider", within=50, WHICH="another")
    assert status == 1
    assert "assert 'another' == 'none'" in said


def test_one_that_takes_too_long_is_killed(planted: Path) -> None:
    planted.write_text(HANGS)
    with pytest.raises(pytest.fail.Exception, match="longer than 10 s"):
        run_pytest(planted, "-p", "no:cacheprovider", within=10)
    assert not exists(int(planted.with_name("pid").read_text()))
