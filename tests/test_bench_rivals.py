"""The contest with other job queues: it measures what was done, and says when it was not.

The other libraries are not here. What is measured is our own queue, by all the same means.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
import redis
from bench.__main__ import plain_server
from bench.calls import JOB
from bench.measure import Cost
from bench.rivals.contest import OURS, PATHS, STEPS, Contestant, measure, rows, started
from bench.rivals.environments import ROOT, Rival, rivals
from bench.rivals.work import Work

OTHER = Rival("other", ["other==1.0"], "MIT", in_one_call=False, one_at_a_time=False)


@pytest.fixture
def server() -> Iterator[tuple[str, redis.Redis]]:
    """A server of its own: the contest empties it."""
    with plain_server() as url_and_client:
        yield url_and_client


def test_each_step_has_a_cost_for_each_round(server: tuple[str, redis.Redis]) -> None:
    url, client = server
    with started({OURS: sys.executable}, url) as contestants:
        costs = measure(contestants, client, rounds=2, jobs=20)
    assert set(costs) == set(STEPS)
    for step in STEPS:
        assert len(costs[step][OURS]) == 2
        assert all(cost.passed > 0 and cost.ours > 0 for cost in costs[step][OURS])


def test_one_job_at_a_time_by_default_is_measured_once(server: tuple[str, redis.Redis]) -> None:
    url, client = server
    with started({OURS: sys.executable}, url) as contestants:
        costs = measure(contestants, client, rounds=1, jobs=20, one_at_a_time=[OURS])
    assert costs["process"][OURS] == costs["process_one"][OURS] != []


def test_a_library_that_does_not_start_ends_the_contest_with_its_name() -> None:
    missing = Contestant("no_such_library", sys.executable, "redis://127.0.0.1:1/0")
    with pytest.raises(RuntimeError, match="no_such_library ended"):
        missing.do("add", 1)
    missing.end()


def costs_of(ours: float, theirs: float) -> dict[str, dict[str, list[Cost]]]:
    each = {OURS: [Cost(ours, ours, 0.0)], "other": [Cost(theirs, 0.0, theirs)]}
    return dict.fromkeys(STEPS, each)


def test_ours_is_ahead_when_the_other_costs_more_of_time_and_of_both_processes_together() -> None:
    measured = rows(costs_of(ours=2, theirs=6), {"other": OTHER})
    assert len(measured) == 2 * len(PATHS)
    assert {row.value for row in measured} == {3}
    assert {row.verdict for row in measured} == {"met"}


def test_ours_is_behind_when_the_other_costs_less() -> None:
    measured = rows(costs_of(ours=2, theirs=1), {"other": OTHER})
    assert {row.verdict for row in measured} == {"missed"}


def test_the_table_says_who_has_no_call_for_many() -> None:
    measured = rows(costs_of(1, 1), {"other": OTHER})
    assert all(
        ("enqueue 1,000" in row.path) == ("no call for many" in row.note) for row in measured
    )


def test_work_is_measured_when_every_job_has_come_and_ended() -> None:
    work = Work()
    work.expect(JOB, 2)
    for _ in range(2):
        assert not work.is_done
        work.started(dict(JOB))
        work.finished()
    assert work.is_done
    assert work.cost()["passed"] > 0


@pytest.mark.parametrize(
    ("jobs", "said"),
    [
        ([JOB], "never started: 1"),
        ([JOB, JOB, JOB], "never started: -1"),
        ([JOB, {**JOB, "camera_id": "garage"}], "came changed: .*garage"),
    ],
    ids=["one is lost", "one comes twice", "one is changed"],
)
def test_work_that_is_not_what_was_enqueued_has_no_cost(jobs: list[object], said: str) -> None:
    work = Work()
    work.expect(JOB, 2)
    for job in jobs:
        work.started(job)
    work.finished(2)
    with pytest.raises(RuntimeError, match=said):
        work.cost()


@pytest.mark.parametrize("rival", rivals().values(), ids=rivals())
def test_each_library_is_pinned_and_has_an_adapter(rival: Rival) -> None:
    assert (ROOT / "bench" / "rivals" / "adapters" / f"{rival.name}.py").exists()
    assert all(pin.count("==") == 1 for pin in rival.pins)
    assert rival.pins[0].startswith(rival.name.replace("_", "-") + "==")
