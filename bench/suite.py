"""What the tests and the set-up take, against their floor: `make bench-suite`.

    python -m bench.suite --only notebooks,first_cell
    python -m bench.suite --whole

Unlike the benchmarks of the client, these are times that pass: run it on a machine that does
nothing else. The CPU time stands beside it, which others disturb less.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.notebooks import rerun

from bench.report import Row, table

PROJECT = Path(__file__).parents[1]
NOTEBOOKS = sorted(PROJECT.glob("notebooks/*.ipynb"))
WORKERS = 3 * (os.cpu_count() or 1)  # as many as pytest has, by tests/side_by_side.py
STARTS = 7  # processes that run a first cell

FIRST_CELL = """
import asyncio, contextlib, io, json, time

began = time.perf_counter()
import course, exercises
from backend.core.redis import RedisClient
from course import plots, wire
imported = time.perf_counter()

async def first_cell():
    with contextlib.redirect_stdout(io.StringIO()):
        server = course.start()
    async with RedisClient(server.url):
        return time.perf_counter()

connected = asyncio.run(first_cell())
print(json.dumps([imported - began, connected - imported]))
"""


@dataclass
class Took:
    """What a piece of work took, in seconds."""

    passed: float = 0.0
    cpu: float = 0.0
    """CPU time of this process, and of its children that have ended."""

    def __str__(self) -> str:
        return f"{self.passed:.1f} s ({self.cpu:.1f} s of CPU)"


@contextmanager
def timed() -> Iterator[Took]:
    """Measure a block; what it gives is complete when the block has ended."""
    took, began, cpu = Took(), time.perf_counter(), _cpu()
    yield took
    took.passed, took.cpu = time.perf_counter() - began, _cpu() - cpu


def _cpu() -> float:
    both = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    used = [resource.getrusage(who) for who in both]
    return sum(each.ru_utime + each.ru_stime for each in used)


def notebooks() -> list[Row]:
    """Every notebook under strict nbval, against a run of nbclient that compares nothing."""
    with timed() as floor, ThreadPoolExecutor(WORKERS) as pool:
        read = [rerun.read(path) for path in NOTEBOOKS]
        list(pool.map(lambda notebook: rerun.run(notebook, NOTEBOOKS[0].parent), read))
    pytest = [sys.executable, "-m", "pytest", "-q", f"-n{WORKERS}", "-p", "no:cacheprovider"]
    with timed() as compared:
        _run([*pytest, *map(str, NOTEBOOKS)])
    name, note = "all notebooks under nbval / run by nbclient", f"{compared} / {floor}"
    return [
        Row(name, compared.passed / floor.passed, at_most=1.1, note=note),
        Row(f"{name}, CPU time", compared.cpu / floor.cpu),
    ]


def set_up() -> list[Row]:
    """`make setup` in a fresh clone, against `uv pip sync`, both with what uv has in its cache."""
    name = "make setup / uv pip sync"
    if not shutil.which("uv"):
        return [Row(name, None, at_most=1.3, note="uv is not on PATH")]
    with tempfile.TemporaryDirectory() as folder:
        clone, bare = Path(folder, "clone"), Path(folder, "bare")
        _run(["git", "clone", "--quiet", str(PROJECT), str(clone)])
        sync = ["uv", "pip", "sync", "--quiet", "--python", str(bare), "requirements.txt"]
        for _ in range(2):  # the first fills the cache of uv
            with timed() as floor:
                _run(["uv", "venv", "--quiet", "--clear", "--python", sys.executable, str(bare)])
                _run(sync, cwd=clone)
        with timed() as ours:
            _run(["make", "setup", f"PYTHON={sys.executable}"], cwd=clone)
    return [Row(name, ours.passed / floor.passed, at_most=1.3, note=f"{ours} / {floor}")]


def first_cell() -> list[Row]:
    """The first cell of a notebook, in a process: its imports, then its server and its client."""
    runs = [json.loads(_run([sys.executable, "-c", FIRST_CELL])) for _ in range(STARTS)]
    imports, rest = (1000 * statistics.median(each) for each in zip(*runs, strict=True))
    return [
        Row("first cell: its imports", imports, unit="ms"),
        Row("first cell: server up, client connected", rest, at_most=150, unit="ms"),
    ]


def whole() -> list[Row]:
    """All of `make test`; its ten slowest tests are printed."""
    with timed() as took:
        said = _run(["make", "test", "ARGS=-q --durations=10"])
    print(said[said.find("= slowest") :])
    return [Row("make test", took.passed, at_most=150, unit="s", note=str(took))]


def _run(command: list[str], cwd: Path = PROJECT) -> str:
    """Run a command and return what it printed; end the program with that if it fails."""
    ended = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if ended.returncode:
        sys.exit(f"{' '.join(command)} has failed:\n{ended.stdout}{ended.stderr}")
    return ended.stdout


SECTIONS: dict[str, Callable[[], list[Row]]] = {
    each.__name__: each for each in (notebooks, set_up, first_cell)
}


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.suite")
    parser.add_argument("--only", default=",".join(SECTIONS), help="default: %(default)s")
    parser.add_argument("--whole", action="store_true", help="`make test` too, and its slowest")
    arguments = parser.parse_args()
    if not {*(names := arguments.only.split(","))} <= SECTIONS.keys():
        parser.error(f"--only is some of {','.join(SECTIONS)}")
    sections = [SECTIONS[name] for name in names] + [whole] * arguments.whole
    print(table([row for section in sections for row in section()]))


if __name__ == "__main__":
    main()
