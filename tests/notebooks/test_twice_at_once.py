"""Two readers of one notebook, at the same moment and on one shared server, do not meet."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.support import THOROUGH

from private_redis import PrivateServer

PROJECT = Path(__file__).parents[2]


@THOROUGH
@pytest.mark.timeout(150)
@pytest.mark.parametrize("notebook", ["04_pubsub"])  # channels ignore the numbers of databases
def test_one_notebook_runs_twice_at_once_on_a_shared_server(
    private_server: PrivateServer, notebook: str
) -> None:
    command = [sys.executable, "-m", "pytest", f"notebooks/{notebook}.ipynb"]

    def read(_: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, "-p", "no:cacheprovider"],
            cwd=PROJECT,
            env=os.environ | {"REDIS_URL": private_server.url},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    with ThreadPoolExecutor() as readers:
        for ended in readers.map(read, range(2)):
            assert ended.returncode == 0, ended.stdout
