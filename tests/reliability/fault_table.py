"""The fault table: each fault is caused for real, and afterwards every item is counted.

    python -m tests.reliability.fault_table            # a few times each; --full: its full size

A scenario causes one fault. It runs with the plain queue ("pop") and with the reliable queue
("reserve"), each time on a server of its own, and leaves nothing to do in the queue. The table
shows what was counted then, if it is within what the scenario expects.

To add one: write a function `async def cause(round, tries)` in `broken_processes.py`,
`broken_requests.py`, `bad_times.py` or `failovers.py`, and a `Scenario` below.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.reliability import bad_times, broken_processes, broken_requests, failovers
from tests.support import without_warnings_and_errors

from backend.examples.pop_or_reserve import Mode
from course.failure_lab.round import Round
from course.failure_lab.tally import Tally


@dataclass(frozen=True)
class Range:
    """How many items a scenario expects: at least `low`, and at most `high`."""

    low: int
    high: int

    def cell(self, counted: int, tries: int) -> str:
        """Say it in the table: the count, or, if that depends on the moment, what bounds it."""
        if self.low == self.high:
            return f"{counted:,}"
        return "some" if self.low else f"at most {self.high // tries} a try"


Expected = Callable[[int], Range]
"""What is expected of so many tries."""


def none(tries: int) -> Range:
    """Expect no item at all."""
    return Range(0, 0)


def one_each(tries: int) -> Range:
    """Expect one item for each try."""
    return Range(tries, tries)


def four_of_five(tries: int) -> Range:
    """Expect four items for each five tries."""
    return Range(tries * 4 // 5, tries * 4 // 5)


def some(tries: int) -> Range:
    """Expect at least one item in all; how many depends on the moment."""
    return Range(1, tries)


def at_most(a_try: int) -> Expected:
    """Expect so many items a try at most; how many depends on the moment."""
    return lambda tries: Range(0, a_try * tries)


@dataclass(frozen=True)
class Scenario:
    """A row of the table, and what is expected of it."""

    name: str
    cause: Callable[[Any, int], Awaitable[None]]
    small: int
    """How often it is tried, or how many items there are."""
    full: int
    """The same in full size."""
    lost_with_pop: Expected | None
    """None: the plain queue has no such call."""
    lost_with_reserve: Expected = none
    twice_with_reserve: Expected = none
    open: Callable[[], Round] = Round
    """Makes a round: with which server."""

    @property
    def modes(self) -> tuple[Mode, ...]:
        """With which kinds of queue it can be tried."""
        return ("pop", "reserve") if self.lost_with_pop else ("reserve",)

    def tries(self, *, full: bool) -> int:
        """How often it is tried."""
        return self.full if full else self.small

    async def run(self, mode: Mode, tries: int) -> Tally:
        """Cause the fault, count, and hold the count against what is expected.

        Raises:
            AssertionError: something else was counted; the message has the count.
        """
        async with self.open() as round:
            await round.begin(mode)
            await self.cause(round, tries)
            tally = await round.count()
        self.check(mode, tries, tally)
        return tally

    def check(self, mode: Mode, tries: int, tally: Tally) -> None:
        """Hold a count against what is expected.

        Raises:
            AssertionError: it is something else; the message has both.
        """
        expected = [("left", tally.waiting + tally.in_hand + tally.retrying, none(tries))]
        if mode == "pop" and self.lost_with_pop:
            expected += [("lost", len(tally.missing), self.lost_with_pop(tries))]
        if mode == "reserve":
            expected += [
                ("lost", len(tally.missing), self.lost_with_reserve(tries)),
                ("handled twice", tally.twice, self.twice_with_reserve(tries)),
            ]
        for what, counted, within in expected:
            if not within.low <= counted <= within.high:
                raise AssertionError(
                    f"{self.name}, tried {tries} times with {mode}: expected {within.low} to "
                    f"{within.high} items {what}, counted {counted}. {tally}. "
                    f"Missing: {tally.missing[:20]}"
                )

    def row(self, tries: int, counted: Mapping[Mode, Tally]) -> str:
        """Return its row, with what was counted in each mode."""
        reserve = counted["reserve"]
        cells = [
            self.name,
            f"{tries:,}",
            self.lost_with_pop(tries).cell(len(counted["pop"].missing), tries)
            if self.lost_with_pop
            else "no such call",
            self.lost_with_reserve(tries).cell(len(reserve.missing), tries),
            self.twice_with_reserve(tries).cell(reserve.twice, tries),
        ]
        return f"| {' | '.join(cells)} |"


SCENARIOS = (
    Scenario(
        "a consumer is killed (`kill -9`)",
        broken_processes.kill_a_consumer,
        small=5,
        full=100,
        lost_with_pop=some,
        twice_with_reserve=at_most(1),
    ),
    Scenario(
        "a consumer hangs for longer than its lease",
        broken_processes.hang_a_consumer,
        small=2,
        full=20,
        lost_with_pop=none,
        twice_with_reserve=at_most(1),
    ),
    Scenario(
        "the work on an item ends the program (`sys.exit`)",
        broken_processes.end_the_program,
        small=5,
        full=100,
        lost_with_pop=one_each,
    ),
    Scenario(
        "a task is cancelled while it takes an item",
        broken_processes.cancel_a_task,
        small=300,
        full=1500,
        lost_with_pop=some,
        twice_with_reserve=at_most(1),
    ),
    Scenario(
        "the server is killed and restarted (`appendfsync always`)",
        broken_processes.kill_the_server,
        small=3,
        full=20,
        lost_with_pop=at_most(2),
        twice_with_reserve=at_most(2),
        open=partial(Round, append_only=True),
    ),
    Scenario(
        "the server hangs: push, take, acknowledge",
        broken_processes.hang_the_server,
        small=2,
        full=20,
        lost_with_pop=one_each,
        twice_with_reserve=at_most(1),
    ),
    Scenario(
        "the reply to a take is lost",
        broken_requests.lose_the_reply_to_a_take,
        small=20,
        full=200,
        lost_with_pop=one_each,
    ),
    Scenario(
        "the reply to a push is lost, so it is sent again",
        broken_requests.lose_the_reply_to_a_push,
        small=20,
        full=200,
        lost_with_pop=none,
    ),
    Scenario(
        "the reply to acknowledge, fail or give back is lost",
        broken_requests.lose_the_reply_to_an_end,
        small=9,
        full=90,
        lost_with_pop=None,
    ),
    Scenario(
        "a key of the queue (list, lease, dead letters, …) has another type",
        broken_requests.wrong_types,
        small=74,
        full=222,
        lost_with_pop=none,
        twice_with_reserve=at_most(1),
    ),
    Scenario(
        "poison: not JSON, not UTF-8, no object, no image; 10 MB",
        broken_requests.poison,
        small=5,
        full=50,
        lost_with_pop=four_of_five,
    ),
    Scenario(
        "the memory is full (`noeviction`): push, take, acknowledge",
        broken_requests.fill_the_memory,
        small=9,
        full=90,
        lost_with_pop=none,
    ),
    Scenario(
        "Redis is full while the detector works; at work again within 1.5 s",
        bad_times.fill_redis,
        small=5,
        full=50,
        lost_with_pop=one_each,
    ),
    Scenario(
        "the detector's model is away; at work again within 1.5 s",
        bad_times.take_the_model_away,
        small=5,
        full=50,
        lost_with_pop=one_each,
    ),
    Scenario(
        "50 producers and 20 consumers at once",
        broken_processes.crowd,
        small=400,
        full=5000,
        lost_with_pop=none,
    ),
    Scenario(
        "clocks that differ by hours",
        broken_processes.differ_by_hours,
        small=60,
        full=600,
        lost_with_pop=none,
    ),
    Scenario(
        "Sentinel: the primary dies, and no replica has what it acknowledged",
        failovers.fail_over,
        small=10,
        full=100,
        lost_with_pop=one_each,
        lost_with_reserve=one_each,
        open=failovers.with_sentinels,
    ),
    Scenario(
        "Sentinel: the same, and each push waits for a replica (WAIT)",
        failovers.fail_over_waiting,
        small=10,
        full=100,
        lost_with_pop=none,
        open=failovers.with_sentinels,
    ),
    Scenario(
        "Sentinel: the same, and the primary alone refuses (`min-replicas-to-write`)",
        failovers.fail_over_refusing,
        small=10,
        full=100,
        lost_with_pop=none,
        open=failovers.with_sentinels,
    ),
    Scenario(
        "Cluster: the queue's server dies; each push waits for a replica",
        failovers.kill_a_server_of_the_cluster,
        small=1,
        full=1,
        lost_with_pop=at_most(2),
        twice_with_reserve=at_most(5),
        open=failovers.with_a_cluster,
    ),
    Scenario(
        "Cluster: the queue's slot moves to another server",
        failovers.move_the_slot,
        small=2,
        full=20,
        lost_with_pop=none,
        open=failovers.with_a_cluster,
    ),
)

HEAD = (
    "| fault | tried | lost with pop | lost with reserve | handled twice with reserve |",
    "|---|---:|---:|---:|---|",
)


async def count(scenario: Scenario, tries: int) -> dict[Mode, Tally]:
    """Run a scenario with each kind of queue, and say on standard error what was counted.

    Both run at once, each with its own server: for most of its time, a fault is waited for.

    Raises:
        AssertionError: something else was counted than the scenario expects.
        TimeoutError: something is left to do in the queue, or the fault did not come about.
    """
    runs = (scenario.run(mode, tries) for mode in scenario.modes)
    counted: dict[Mode, Tally] = {}
    for mode, tally in zip(
        scenario.modes, await asyncio.gather(*runs, return_exceptions=True), strict=True
    ):
        if isinstance(tally, BaseException):
            raise tally
        counted[mode] = tally
        print(f"{scenario.name}, {mode}: {tally}", file=sys.stderr, flush=True)
    return counted


def main(arguments: list[str] | None = None) -> int:
    """Run every scenario and print the table of what was counted.

    Returns:
        The exit status: 1, without a table, if something else was counted than is expected.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.fault_table")
    parser.add_argument(
        "--full", "--thorough", action="store_true", help="as often as the README says"
    )
    full: bool = parser.parse_args(arguments).full
    rows = list(HEAD)
    wrong = 0
    with without_warnings_and_errors():
        for scenario in SCENARIOS:
            tries = scenario.tries(full=full)
            try:
                rows.append(scenario.row(tries, asyncio.run(count(scenario, tries))))
            except (AssertionError, TimeoutError) as error:
                print(f"{scenario.name}: {error}", file=sys.stderr, flush=True)
                wrong += 1
    if wrong:
        print(f"There is no table: see the {wrong} above.", file=sys.stderr)
        return 1
    print("\n".join(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
