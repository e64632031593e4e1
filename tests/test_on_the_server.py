"""`pytest --on-the-server` leaves out what does the same without the server of REDIS_URL."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]


def test_tests_without_the_server_are_left_out() -> None:
    command = [sys.executable, "-m", "pytest", "--on-the-server", "--collect-only", "-q", "-n", "0"]
    said = subprocess.run([*command, __file__], cwd=PROJECT, capture_output=True, text=True).stdout
    assert "test_tests_that_ask_for_the_server_stay" in said
    assert "1/2 tests collected (1 deselected)" in said


def test_tests_that_ask_for_the_server_stay(namespace: str) -> None:
    """`namespace` asks for `redis_url`: what the test above collects."""
    assert namespace.startswith("test:")
