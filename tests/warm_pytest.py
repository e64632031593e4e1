"""A pytest of its own for a test: a fork of a process that has imported what pytest starts with.

A start of pytest costs a second of a core, nearly all of it for imports. The fork server of
`multiprocessing` pays that once; each run is a process as any other, and imports the project anew.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import NamedTuple

import pytest

PROJECT = Path(__file__).parents[1]
WARM = multiprocessing.get_context("forkserver")
# What pytest and its plugins import; not plugins themselves, since it rewrites their assertions.
NEEDED = """
tests.quick_start pytest nbformat jupyter_client.manager coverage execnet psutil redis.asyncio
anyio._backends._asyncio
"""
WARM.set_forkserver_preload(NEEDED.split())


class Ended(NamedTuple):
    status: int
    """The exit status; below 0, the signal that has killed it."""
    said: str
    """What it printed, errors too."""


def run_pytest(*arguments: str | Path, within: float, **environment: str) -> Ended:
    """Run pytest in the project's folder, and return how it ended.

    Args:
        arguments: as on the command line.
        within: seconds after which it is killed, and the test fails; kernels end with their pytest.
        environment: variables to set, beside those of this process.
    """
    with NamedTemporaryFile() as output:
        everything = os.environ | environment
        process = WARM.Process(target=_be_pytest, args=(arguments, everything, output.name))
        process.start()
        try:
            process.join(within)
            said = Path(output.name).read_text(encoding="utf-8", errors="replace")
            if process.exitcode is None:
                pytest.fail(f"pytest took longer than {within:g} s:\n{said}")
        finally:
            process.kill()
            process.join()
    return Ended(process.exitcode, said)


def _be_pytest(arguments: tuple[str | Path, ...], environment: dict[str, str], output: str) -> None:
    with Path(output).open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(PROJECT)
    sys.exit(pytest.main([*map(str, arguments)]))
