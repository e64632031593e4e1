"""What pytest must know before it looks at the command line: an option, and plugins of our own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["tests.notebooks.checks", "tests.side_by_side"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option of tests, so that it is known wherever pytest is started."""
    parser.addoption(
        "--thorough",
        action="store_true",
        help="every mutation, every answer in every notebook, every fault as often as the README "
        "says: for tests that try a part of them only, as a rule",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Have kernels start without the settings of whoever runs the tests, wherever the home is."""
    folder = Path(config.rootpath, ".pytest_cache", "kernels")
    os.environ["IPYTHONDIR"] = str(folder / "ipython")
    os.environ["MPLCONFIGDIR"] = str(folder / "matplotlib")
    if not (folder / "matplotlib").exists():  # else a cell would, and say on stderr that it takes
        for each in ("ipython", "matplotlib"):
            (folder / each).mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-c", "import matplotlib.font_manager"], check=True)
