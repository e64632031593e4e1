"""How pytest-xdist deals out the tests to its workers: `pytest -n logical`, as `make test` does it.

A plugin of pytest, loaded by the conftest.py at the top. There are two workers for each core, since
a test waits for half of its time: for a kernel, a page, a deadline. Each worker takes a file at a
time, those with most tests first. Tests that are long and share nothing come last, one by one: so
all workers end at the same time.

On one server for all (REDIS_URL), the exercises do share something: wrong answers that leave the
namespace out write under the same names. There, one worker takes them all.
"""

from __future__ import annotations

import os
from typing import Any

import psutil
import pytest
from xdist.scheduler import LoadScopeScheduling

EXERCISES = "tests/exercises/"
ONE_BY_ONE = ("tests/drills/", EXERCISES, "tests/mutations/", "tests/reliability/")


class NextFreeWorker(LoadScopeScheduling):
    """Gives a worker that is free the next file, or the next test of a folder of ONE_BY_ONE."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(EXERCISES) and os.environ.get("REDIS_URL"):
            return EXERCISES
        return nodeid if nodeid.startswith(ONE_BY_ONE) else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)  # without pytest-xdist, nobody asks
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> NextFreeWorker | None:
    by_file = config.getoption("dist") == "loadfile"  # as pyproject.toml says; else: as it was told
    return NextFreeWorker(config, log) if by_file else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    return 2 * (psutil.cpu_count() or 1)
