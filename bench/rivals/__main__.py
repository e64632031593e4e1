"""Measure our queue beside other libraries', print the table, write it as JSON and as charts.

python -m bench.rivals --rounds 5 --only saq,rq
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench import chart
from bench.__main__ import RESULTS, plain_server
from bench.report import as_json, table, write
from bench.rivals import contest
from bench.rivals.environments import python_for, rivals


def main() -> None:
    """Run from the command line."""
    known = rivals()
    parser = argparse.ArgumentParser(
        prog="python -m bench.rivals", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--rounds", type=int, default=10, help="how often each step is measured")
    parser.add_argument("--jobs", type=int, default=contest.JOBS, help="how many in each step")
    parser.add_argument("--only", default="", help=f"some of {','.join(known)}; by default all")
    parser.add_argument("--into", type=Path, default=RESULTS, help="folder for JSON and charts")
    arguments = parser.parse_args()
    names = [name for name in arguments.only.split(",") if name] or list(known)
    if min(arguments.rounds, arguments.jobs) < 1 or not set(names) <= set(known):
        parser.error(f"--rounds and --jobs are 1 or more, and --only is some of {','.join(known)}")
    chosen = {name: known[name] for name in names}
    pythons = {name: python_for(rival) for name, rival in chosen.items()}
    with (
        plain_server() as (url, server),
        contest.started({contest.OURS: sys.executable, **pythons}, url) as contestants,
    ):
        costs = contest.measure(
            contestants,
            server,
            arguments.rounds,
            jobs=arguments.jobs,
            one_at_a_time=[name for name, rival in chosen.items() if rival.one_at_a_time],
        )
        version = str(server.info("server")["redis_version"])
    measured = contest.rows(costs, chosen, arguments.jobs)
    print(table(measured))
    numbers = arguments.into / "rivals.json"
    write(as_json(measured, rounds=arguments.rounds, server=version), numbers)
    print(f"\nWritten: {numbers}")
    for clock in contest.CLOCKS:
        picture = arguments.into / f"rivals-{clock}.svg".lower()
        chart.draw([row for row in measured if f", {clock}: " in row.path], picture)
        print(f"Written: {picture}")


if __name__ == "__main__":
    main()
