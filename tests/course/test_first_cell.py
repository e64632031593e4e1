"""What the first cell of a lesson costs the reader, before a line of the lesson has run."""

from __future__ import annotations

import subprocess
import sys

FIRST_CELL = """
import sys
import course
import exercises
from backend.core.redis import RedisClient
from course import plots, wire
course.start
"""


def output_of(code: str) -> str:
    run = [sys.executable, "-c", FIRST_CELL + code]
    return subprocess.run(run, capture_output=True, text=True, check=True, timeout=60).stdout


def test_it_does_not_import_what_draws() -> None:
    heavy = '{"matplotlib", "numpy", "PIL", "fastapi", "prometheus_client", "httpx"}'
    assert output_of(f"print({heavy} & sys.modules.keys())") == "set()\n"


def test_the_failure_lab_and_the_drills_do_not_import_what_draws() -> None:
    labs = "from course import failure_lab\nfrom drills import on_call\n"
    assert output_of(f"{labs}print('matplotlib' in sys.modules)") == "False\n"


def test_what_draws_is_there_before_a_round_of_the_failure_lab_begins() -> None:
    begin = """
import asyncio
from course.failure_lab.round import Round

async def begin():
    async with Round():
        print('matplotlib' in sys.modules)

asyncio.run(begin())
"""
    assert output_of(begin) == "True\n"


def test_what_draws_is_there_before_anything_is_measured() -> None:
    assert output_of("plots.watch; print('matplotlib' in sys.modules)") == "True\n"


def test_plots_is_one_module_however_it_is_imported() -> None:
    ways = "from course import failure_lab; import course.plots\n"
    same = "course.plots is plots is sys.modules['course.plots'], plots.account.__name__"
    assert output_of(f"{ways}print({same})") == "True account\n"
