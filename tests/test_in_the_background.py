"""Tests that a script starts with `&` do what others do, though Ctrl-C is ignored there."""

import subprocess
import sys
from pathlib import Path

from tests.support import THOROUGH

PROJECT = Path(__file__).parents[1]
IGNORES_CTRL_C = 'trap "" INT; exec "$@"'
A_TEST = "tests/backend/tools/test_queues.py::test_ctrl_c_ends_it_without_a_traceback"


@THOROUGH
def test_what_tests_start_can_be_interrupted() -> None:
    pytest = [sys.executable, "-m", "pytest", "-q", "-n", "0", "--timeout", "30", A_TEST]
    command = ["sh", "-c", IGNORES_CTRL_C, "sh", *pytest]
    said = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True).stdout
    assert "1 passed" in said, said
