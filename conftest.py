"""What pytest must know before it looks at the command line: an option, and plugins of our own."""

import gc
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

pytest_plugins = ["tests.notebooks.checks", "tests.side_by_side"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of tests, so that they are known wherever pytest is started."""
    parser.addoption(
        "--thorough",
        action="store_true",
        help="what is marked `thorough`, too: every mutation, answer, drill, lesson in a browser, "
        "and every fault as often as the README says",
    )
    parser.addoption(
        "--on-the-server",
        action="store_true",
        help="only what works on the server that REDIS_URL names: the notebooks, and the tests "
        "that ask for the fixture redis_url, themselves or through another fixture",
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without the garbage collector: what is made now lives as long as the tests.

    It does not look at it later, either: not in a test, and not in a fork, which would copy it.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is for --thorough alone, and what --on-the-server is not about."""
    left_out = [item for item in items if not _is_chosen(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = filter(_is_chosen, items)


def _is_chosen(item: pytest.Item) -> bool:
    option = item.config.getoption
    if item.get_closest_marker("thorough") and not option("--thorough"):
        return False
    return not option("--on-the-server") or _works_on_the_server(item)


def _works_on_the_server(item: pytest.Item) -> bool:
    return not isinstance(item, pytest.Function) or "redis_url" in item.fixturenames


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Have kernels start without the settings of whoever runs the tests, wherever the home is.

    And have Ctrl-C reach what tests start: a script has what it starts with `&` ignore it.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = Path(config.rootpath, ".pytest_cache", "kernels")
    os.environ["IPYTHONDIR"] = str(folder / "ipython")
    os.environ["MPLCONFIGDIR"] = str(folder / "matplotlib")
    if not (folder / "matplotlib").exists():  # else a cell would, and say on stderr that it takes
        for each in ("ipython", "matplotlib"):
            (folder / each).mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-c", "import matplotlib.font_manager"], check=True)
