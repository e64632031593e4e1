"""How pytest-xdist deals out the tests to its workers: `pytest -n logical`, as `make test` does it.

A plugin of pytest, loaded by the conftest.py at the top. There are three workers for each core,
since a test waits for most of its time: for a kernel, a page, a deadline. Each worker takes a file
at a time; of what is ONE_BY_ONE, where tests are long and share nothing, it takes a test. What is
TOGETHER, one worker takes: to start its JupyterLab costs more than its tests. Those come first that
may take longest: long tests state limits of their own (`pytest.mark.timeout`), and what counts is
their sum, then the number of tests. So no worker begins with a long one at the end.
"""

from __future__ import annotations

from typing import Any

import psutil
import pytest
from xdist.scheduler import LoadScopeScheduling

ONE_BY_ONE = (
    "tests/browser/test_jupyterlab.py",
    "tests/drills/test_drills.py",
    "tests/exercises/",
    "tests/mutations/",
    "tests/notebooks/test_again.py",
    "tests/reliability/",
)
TOGETHER = (
    "tests/browser/test_exercises.py",
    "tests/browser/test_from_another_machine.py",
    "tests/browser/test_picture.py",
)


def scope_of(nodeid: str) -> str:
    """Return the name of what a worker takes at once, with this test in it."""
    if nodeid.startswith(TOGETHER):
        return "in one JupyterLab"
    return nodeid if nodeid.startswith(ONE_BY_ONE) else nodeid.partition("::")[0]


class NextFreeWorker(LoadScopeScheduling):
    """Gives a worker that is free the next file, or the next test of ONE_BY_ONE."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


def longest_first(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return the tests in the order in which workers take them; those of one scope together."""
    scopes: dict[str, list[pytest.Item]] = {}
    for item in items:
        scopes.setdefault(scope_of(item.nodeid), []).append(item)

    def weight(scope: list[pytest.Item]) -> tuple[float, int]:
        return sum(map(stated_limit, scope)), len(scope)

    return [item for scope in sorted(scopes.values(), key=weight, reverse=True) for item in scope]


def stated_limit(item: pytest.Item) -> float:
    """Return the seconds that a test may take, if it says so; 0 for what is as quick as most."""
    marker = item.get_closest_marker("timeout")
    return float(marker.args[0]) if marker else 0.0


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):  # in a worker: it alone knows the limits
        items[:] = longest_first(items)


@pytest.hookimpl(optionalhook=True)  # without pytest-xdist, nobody asks
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> NextFreeWorker | None:
    by_file = config.getoption("dist") == "loadfile"  # as pyproject.toml says; else: as it was told
    config.option.loadscopereorder = False  # the workers have put them in order
    return NextFreeWorker(config, log) if by_file else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    return 3 * (psutil.cpu_count() or 1)
