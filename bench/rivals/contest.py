"""The contest: all steps of all libraries in rounds, and the rows of the table."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import redis

from bench.calls import JOB
from bench.measure import Cost, ratio
from bench.report import Row
from bench.rivals.environments import ROOT, Rival

JOBS = 1000
OURS = "ours"

STEPS = "add", "add_many", "process", "process_one"

PATHS = {  # what is told: the step of the others, and ours that it is held against
    "enqueue one": ("add", "add"),
    "enqueue {jobs:,}": ("add_many", "add_many"),
    "process one at a time": ("process_one", "process_one"),
    "process as it comes, ours one at a time": ("process", "process_one"),
    "process as it comes, ours by batches": ("process", "process"),
}
CLOCKS: dict[str, Callable[[Cost], float]] = {
    "CPU": lambda cost: cost.ours + cost.servers,
    "time": lambda cost: cost.passed,
}

ONE_BY_ONE = "it has no call for many, so they go one after the other"

Costs = dict[str, dict[str, list[Cost]]]
"""By step and library, one for each round."""


class Contestant:
    """The process of one library."""

    def __init__(self, library: str, python: str | Path, url: str) -> None:
        self._library = library
        self._process = subprocess.Popen(
            [str(python), "-m", "bench.rivals.contestant", library, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )

    def do(self, step: str, jobs: int) -> dict[str, float]:
        """Do a step, and return its cost in seconds: `passed`, and `cpu` of that process.

        Raises:
            RuntimeError: the process has ended. It has said why on its standard error.
        """
        assert self._process.stdin
        assert self._process.stdout
        request = {"name": step, "job": JOB, "count": jobs}
        print(json.dumps(request), file=self._process.stdin, flush=True)
        if answer := self._process.stdout.readline():
            return json.loads(answer)
        raise RuntimeError(f"{self._library} ended in `{step}`: it says why above")

    def end(self) -> None:
        """End the process, whatever it does: rq catches the signal that asks for it."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def started(pythons: Mapping[str, str | Path], url: str) -> Iterator[dict[str, Contestant]]:
    """Yield the process of each library; they end with the block."""
    contestants: dict[str, Contestant] = {}
    try:
        for library, python in pythons.items():
            contestants[library] = Contestant(library, python, url)
        yield contestants
    finally:
        for contestant in contestants.values():
            contestant.end()


def measure(
    contestants: Mapping[str, Contestant],
    server: redis.Redis,
    rounds: int,
    *,
    jobs: int = JOBS,
    one_at_a_time: Collection[str] = (),
) -> Costs:
    """Do each step with each library in turn, in an order drawn anew.

    The server is emptied before each.

    Args:
        contestants: the processes by library.
        server: a client of the server that all use.
        rounds: how many rounds count.
        jobs: how many jobs a step enqueues or processes.
        one_at_a_time: the libraries to which `process` and `process_one` are the same.

    Returns:
        The costs of one job. A first round is not counted: nothing is warm in it.
    """
    costs: Costs = {step: {name: [] for name in contestants} for step in STEPS}
    for _ in range(rounds + 1):
        for step in STEPS:
            names = [name for name in contestants if step != "process" or name not in one_at_a_time]
            for name in random.sample(names, len(names)):
                costs[step][name].append(_cost(contestants[name], server, step, jobs))
    for name in one_at_a_time:
        costs["process"][name] = costs["process_one"][name]
    return {step: {name: of[1:] for name, of in each.items()} for step, each in costs.items()}


def _cost(contestant: Contestant, server: redis.Redis, step: str, jobs: int) -> Cost:
    server.flushall()
    if step.startswith("process"):
        contestant.do("add_many", jobs)
    before = _server_cpu(server)
    took = contestant.do(step, jobs)
    servers = _server_cpu(server) - before
    return Cost(took["passed"] / jobs, took["cpu"] / jobs, servers / jobs)


def _server_cpu(server: redis.Redis) -> float:
    used = server.info("cpu")
    return used["used_cpu_user_main_thread"] + used["used_cpu_sys_main_thread"]


def rows(costs: Costs, rivals: Mapping[str, Rival], jobs: int = JOBS) -> list[Row]:
    """Return how the cost of each library stands to ours: above 1, ours is ahead."""
    return [
        Row(
            f"{path.format(jobs=jobs)}, {clock}: {name} / ours",
            ratio(_told(costs[theirs][name], clock), _told(costs[ours][OURS], clock)),
            at_least=1.0,
            note="" if rival.in_one_call or theirs != "add_many" else ONE_BY_ONE,
        )
        for clock in CLOCKS
        for path, (theirs, ours) in PATHS.items()
        for name, rival in rivals.items()
        if not (rival.one_at_a_time and path == "process as it comes, ours one at a time")
    ]


def _told(costs: list[Cost], clock: str) -> list[float]:
    return [CLOCKS[clock](cost) for cost in costs]
