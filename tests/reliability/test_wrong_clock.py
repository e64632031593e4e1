"""A consumer with a wrong clock has one: else the scenario would prove nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("wrong_by", [-3600, 3600])
def test_every_clock_of_the_program_is_wrong(wrong_by: int) -> None:
    """In a process of its own, as it changes what the whole process knows of the time."""
    program = f"""
import time
from datetime import UTC, datetime

import wrong_clock

right = time.time(), datetime.now(UTC).timestamp()
wrong_clock.set_clock({wrong_by})
wrong = time.time(), datetime.now(UTC).timestamp()
print(*(round(after - before) for before, after in zip(right, wrong)))
"""
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )
    assert result.stdout.split() == [str(wrong_by)] * 2
