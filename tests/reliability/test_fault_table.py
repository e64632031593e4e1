"""Every fault is caused for real, every item is counted, and the README's table says what came out.

A small size in every run of the tests; with --thorough as often as the README says.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.reliability import fault_table
from tests.reliability.fault_table import FAULTS, Fault, Mode, main

from backend.core.scripts import Script, load
from course import failure_lab

README = Path(__file__).parents[2] / "README.md"
NOTHING_LOST = failure_lab.Tally(4, 4, 0, 0, 0, 0, missing=[], twice=0)

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def full(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--thorough"))


def cases(mode: Mode) -> pytest.MarkDecorator:
    faults = [fault for fault in FAULTS if mode in fault.modes]
    return pytest.mark.parametrize("fault", faults, ids=lambda fault: fault.scenario.__name__)


@cases("reserve")
async def test_the_reliable_queue_loses_nothing_and_what_is_handled_twice_is_bounded(
    fault: Fault, full: bool
) -> None:
    result = await fault_table.run(fault, "reserve", full=full)
    print(result)
    assert result.added == result.handled + result.dead_lettered


@cases("pop")
async def test_the_plain_queue_loses_what_the_table_says(fault: Fault, full: bool) -> None:
    print(await fault_table.run(fault, "pop", full=full))


def test_the_readme_has_the_table() -> None:
    text = README.read_text()
    stands = text.partition("<!-- fault-table -->\n")[2].partition("<!-- /fault-table -->")[0]
    assert stands.strip() == fault_table.table(full=True), (
        "run: python -m course fault-table --full"
    )


@pytest.mark.parametrize("full", [False, True])
def test_the_command_prints_the_table_when_every_fault_has_been_counted(
    full: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tried: list[tuple[str, int]] = []

    async def scenario(mode: Mode, tries: int) -> failure_lab.Tally:
        tried.append((mode, tries))
        return NOTHING_LOST

    faults = (Fault("this", scenario, 4, 8, fault_table.none), Fault("that", scenario, 5, 9, None))
    monkeypatch.setattr(fault_table, "FAULTS", faults)
    assert main(["--full"] if full else []) == 0
    assert capsys.readouterr().out == fault_table.table(full=full) + "\n"
    times = [fault.tries(full=full) for fault in faults]
    assert tried == [("pop", times[0]), ("reserve", times[0]), ("reserve", times[1])]


@pytest.mark.parametrize(
    "counted",
    [
        failure_lab.Tally(4, 3, 0, 0, 0, 0, missing=[2], twice=0),
        failure_lab.Tally(4, 3, 1, 0, 0, 0, missing=[], twice=0),
        failure_lab.Tally(4, 4, 0, 0, 0, 0, missing=[], twice=1),
    ],
    ids=["lost", "still waiting", "handled twice"],
)
def test_the_command_prints_no_table_when_something_else_was_counted(
    counted: failure_lab.Tally, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario(mode: Mode, tries: int) -> failure_lab.Tally:
        return counted if mode == "reserve" else NOTHING_LOST

    faults = (Fault("this", scenario, 4, 8, fault_table.none),)
    monkeypatch.setattr(fault_table, "FAULTS", faults)
    assert main([]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert str(counted) in captured.err


# ---- planted faults: the scenarios notice ----

PLANTED = {
    "an item is popped, not moved": (
        fault_table.lose_the_reply_to_a_take,
        "reserve",
        "redis.call('LMOVE', queue, processing, 'LEFT', 'RIGHT')",
        "redis.call('LPOP', queue)",
    ),
    "a cancelled item is dropped": (
        fault_table.lose_the_reply_to_an_end,
        "give_back",
        "redis.call('LMOVE', processing, queue, 'LEFT', 'LEFT')",
        "redis.call('LPOP', processing)",
    ),
    "a failed item is removed before it is written": (
        fault_table.wrong_types,
        "fail",
        "if what == 'retry' then",
        "redis.call('LPOP', processing) if what == 'retry' then",
    ),
}


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED)
async def test_a_planted_fault_is_noticed(
    planted: tuple[object, str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario, name, old, new = planted
    script = load(name)
    assert script.text.count(old) == 1
    changed = Script(name, script.text.replace(old, new))
    # In place: the queue sends this very object, and the proxy looks for its digest.
    monkeypatch.setitem(script.__dict__, "text", changed.text)
    monkeypatch.setitem(script.__dict__, "digest", changed.digest)
    (fault,) = (fault for fault in FAULTS if fault.scenario is scenario)
    with pytest.raises((AssertionError, TimeoutError)):
        await fault_table.run(fault, "reserve", full=False)
