"""Every fault is caused for real, every item is counted, and the README has what was counted.

Plain `pytest` causes one fault of each kind, a few times; --thorough, all of them, and as often as
the README says.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.reliability import bad_times, broken_requests, failovers, fault_table
from tests.reliability.fault_table import (
    HEAD,
    SCENARIOS,
    Range,
    Scenario,
    at_most,
    main,
    none,
    one_each,
    some,
)
from tests.support import THOROUGH, a_part

from backend.core.scripts import Script, load
from backend.examples.pop_or_reserve import Mode
from course.failure_lab.round import Round
from course.failure_lab.tally import Tally

README = Path(__file__).parents[2] / "README.md"

pytestmark = pytest.mark.timeout(300)


def table_of_the_readme() -> list[str]:
    begin, end = "<!-- fault-table -->\n", "\n<!-- /fault-table -->"
    return README.read_text().partition(begin)[2].partition(end)[0].splitlines()


def tally(*, lost: int = 0, left: int = 0, twice: int = 0) -> Tally:
    return Tally(100, 100 - lost - left, left, 0, 0, 0, missing=[*range(lost)], twice=twice)


# ---- the table is true ----


ON_SEVERAL = (failovers.with_sentinels, failovers.with_a_cluster)
ON_ONE_SERVER = [each for each in SCENARIOS if each.open not in ON_SEVERAL]
ONE_OF_EACH_KIND = {each.cause.__module__: each for each in reversed(ON_ONE_SERVER)}.values()


@pytest.mark.parametrize(
    "scenario", a_part([*ONE_OF_EACH_KIND], of=SCENARIOS), ids=lambda each: each.cause.__name__
)
async def test_what_is_counted_is_what_the_table_says(
    scenario: Scenario, request: pytest.FixtureRequest
) -> None:
    full = request.config.getoption("--thorough")
    tries = scenario.tries(full=full)
    counted = await fault_table.count(scenario, tries)
    kept = counted["reserve"]
    assert kept.added == kept.handled + kept.dead_lettered + len(kept.missing)
    if full:
        assert scenario.row(tries, counted) in table_of_the_readme()


def test_the_readme_has_a_row_for_each_scenario_with_what_is_expected() -> None:
    rows = list(HEAD)
    for scenario in SCENARIOS:
        tries = scenario.full
        expected: dict[Mode, Tally] = {
            "reserve": tally(
                lost=scenario.lost_with_reserve(tries).low,
                twice=scenario.twice_with_reserve(tries).low,
            )
        }
        if scenario.lost_with_pop:
            expected["pop"] = tally(lost=scenario.lost_with_pop(tries).low)
        rows.append(scenario.row(tries, expected))
    assert table_of_the_readme() == rows, "put there what `make fault-table ARGS=--full` prints"


# ---- how the table is made ----


@pytest.mark.parametrize(
    ("within", "counted", "cell"),
    [
        (Range(0, 0), 0, "0"),
        (Range(1500, 1500), 1500, "1,500"),
        (Range(0, 0), 7, "7"),  # the count, not what was expected
        (Range(1, 10), 3, "some"),
        (Range(0, 20), 3, "at most 2 a try"),
    ],
)
def test_a_cell_has_the_count_unless_that_depends_on_the_moment(
    within: Range, counted: int, cell: str
) -> None:
    assert within.cell(counted, tries=10) == cell


def scenario_that_loses(counts: dict[Mode, int]) -> Scenario:
    async def cause(round: Round, tries: int) -> None:
        round.added = [*range(tries)]
        round.handled = [*range(tries - counts[round.mode])]

    return Scenario("it is lost", cause, small=4, full=8, lost_with_pop=one_each)


@pytest.mark.parametrize(("arguments", "tries"), [([], 4), (["--full"], 8)])
def test_the_command_prints_what_it_has_counted(
    arguments: list[str],
    tries: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(
        fault_table, "SCENARIOS", [scenario_that_loses({"pop": tries, "reserve": 0})]
    )
    assert main(arguments) == 0
    row = f"| it is lost | {tries} | {tries} | 0 | 0 |"
    assert capsys.readouterr().out.splitlines() == [*HEAD, row]


@pytest.mark.parametrize("counts", [{"pop": 3, "reserve": 0}, {"pop": 4, "reserve": 1}])
def test_the_command_prints_no_table_when_something_else_was_counted(
    counts: dict[Mode, int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fault_table, "SCENARIOS", [scenario_that_loses(counts)])
    assert main([]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "it is lost, tried 4 times" in captured.err


@pytest.mark.parametrize(
    ("mode", "counted", "what"),
    [
        ("pop", tally(lost=0), "expected 1 to 10 items lost, counted 0"),
        ("pop", tally(lost=11), "expected 1 to 10 items lost, counted 11"),
        ("pop", tally(lost=1, left=1), "expected 0 to 0 items left, counted 1"),
        ("reserve", tally(lost=1), "expected 0 to 0 items lost, counted 1"),
        ("reserve", tally(left=1), "expected 0 to 0 items left, counted 1"),
        ("reserve", tally(twice=21), "expected 0 to 20 items handled twice, counted 21"),
    ],
)
def test_a_count_out_of_its_range_is_an_error(mode: Mode, counted: Tally, what: str) -> None:
    scenario = Scenario(
        "it", broken_requests.poison, 1, 1, lost_with_pop=some, twice_with_reserve=at_most(2)
    )
    with pytest.raises(AssertionError, match=what):
        scenario.check(mode, 10, counted)


def test_a_count_within_its_range_is_none() -> None:
    scenario = Scenario(
        "it", broken_requests.poison, 1, 1, lost_with_pop=some, twice_with_reserve=at_most(2)
    )
    for mode, counted in (("pop", tally(lost=10)), ("reserve", tally(twice=20))):
        scenario.check(mode, 10, counted)
    assert none(10) == Range(0, 0)


# ---- mutations of the scripts: the scenarios notice ----

MUTATIONS = {
    "an item is popped, not moved": (
        broken_requests.lose_the_reply_to_a_take,
        "reserve",
        "redis.call('LMOVE', queue, processing, 'LEFT', 'RIGHT')",
        "redis.call('LPOP', queue)",
    ),
    "an item that is given back is dropped": (
        broken_requests.lose_the_reply_to_an_end,
        "give_back",
        "return put_back(processing, milliseconds(), ARGV[3] == 'counts')",
        "return redis.call('DEL', processing)",
    ),
    "a failed item is removed before it is written": (
        broken_requests.wrong_types,
        "fail",
        "    redis.call('ZADD', retry, milliseconds() + wait, member)",
        "    redis.call('DEL', processing)\n"
        "    redis.call('ZADD', retry, milliseconds() + wait, member)",
    ),
}


@THOROUGH
@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS)
async def test_a_mutation_is_noticed(
    mutation: tuple[object, str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cause, name, old, new = mutation
    script = load(name)
    assert script.text.count(old) == 1
    changed = Script(name, script.text.replace(old, new))
    # In place: the queue sends this very object, and the proxy looks for its digest.
    monkeypatch.setitem(script.__dict__, "text", changed.text)
    monkeypatch.setitem(script.__dict__, "digest", changed.digest)
    (scenario,) = (each for each in SCENARIOS if each.cause is cause)
    with pytest.raises((AssertionError, TimeoutError)):
        await scenario.run("reserve", scenario.small)


@THOROUGH
@pytest.mark.parametrize("cause", [bad_times.fill_redis, bad_times.take_the_model_away])
async def test_it_is_noticed_when_bad_times_count_as_bad_items(
    cause: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.core.reliable_queue.is_unavailable", lambda error: False)
    (scenario,) = (each for each in SCENARIOS if each.cause is cause)
    with pytest.raises(AssertionError, match=r"[1-5] jobs dead-lettered"):
        await scenario.run("reserve", 2)
