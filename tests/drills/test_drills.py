"""Every incident: the right action is right; nothing, and what people do wrong, is told apart.

All with --thorough alone; plain `pytest` causes one incident in test_runbook.py.
"""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from pathlib import Path

import pytest
from tests.drills.acting import cure, mend, struck
from tests.drills.wrong_actions import WRONG, Action
from tests.support import THOROUGH, ping, wait_until

from backend.core.redis import RedisClient
from drills import ledger, on_call
from drills.incidents import CAUSES, INCIDENTS, Incident
from drills.incidents.redis_side import RequeueLoop

pytestmark = pytest.mark.timeout(180)

IMPATIENT = 6.0
"""Seconds: what is not well by then is not well."""


def variants(incident: type[Incident]) -> list[int]:
    """Return seeds, 1 among them, that choose each variant of an incident once."""
    found: dict[str, int] = {}
    for seed in (1, *range(20)):
        variant = vars(incident(random.Random(seed)))
        of_chance = ("chance", "poison")  # other ones each time
        found.setdefault(str([variant[key] for key in variant if key not in of_chance]), seed)
    return list(found.values())


# The first variant of each is cured below, when nothing was done.
OTHERS = [(each, seed) for each in INCIDENTS for seed in variants(each) if seed != 1]


@THOROUGH
@pytest.mark.parametrize(("incident", "seed"), OTHERS)
async def test_the_right_action_solves_it_and_does_no_harm(
    incident: type[Incident], seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    await cure(await struck(incident, seed), capsys)


@THOROUGH
@pytest.mark.parametrize("idle", INCIDENTS)
async def test_doing_nothing_solves_nothing_and_can_be_made_good(
    idle: type[Incident], capsys: pytest.CaptureFixture[str]
) -> None:
    drill = await struck(idle, seed=1)
    await on_call.done(part="redis", cause="died", patience=IMPATIENT)
    verdict = drill.verdict
    assert verdict
    assert not verdict.solved
    said = " ".join(capsys.readouterr().out.split())
    assert verdict.tally is None or str(verdict.tally) in said
    await cure(drill, capsys)


@THOROUGH
@pytest.mark.parametrize(
    "wrong",
    WRONG,
    ids=[f"{incident.__name__}-{what}" for incident, what, _, _ in WRONG],
)
async def test_what_is_wrong_is_told_apart(
    wrong: tuple[type[Incident], str, Action, str], capsys: pytest.CaptureFixture[str]
) -> None:
    incident, _, act, words = wrong
    drill = await struck(incident, seed=1)
    await act(drill.system, drill.incident)
    await on_call.done(part="web", cause="died", patience=IMPATIENT)
    verdict = drill.verdict
    assert verdict
    assert not verdict.solved or verdict.harm
    said = " ".join(capsys.readouterr().out.split())  # a long sentence has a line break in it
    assert words in said


@THOROUGH
async def test_a_server_that_hangs_hides_nothing_else() -> None:
    drill = await struck(RequeueLoop, seed=1)
    system = drill.system
    patient, system.client = system.client, RedisClient(system.url, timeout=1.0)
    await system.client.connect()
    system.server.pause()
    await on_call.done(part="web", cause="died", patience=1.0)
    system.server.resume()
    await patient.disconnect()
    assert drill.verdict
    said = " ".join(drill.verdict.wrong)
    assert "A job still puts every dead letter back." in said
    assert "Redis does not answer as it should" in said
    assert "Redis cannot be asked what became of the images" in said


@THOROUGH
async def test_a_drill_that_is_left_in_the_middle_leaves_nothing() -> None:
    first = await on_call.start(1, seed=1)
    folder, server = first.folder, first.server
    drill = await struck(RequeueLoop, seed=1)
    assert not await asyncio.to_thread(folder.exists)
    assert not server.running
    await mend(drill)


@THOROUGH
def test_a_notebook_that_is_killed_in_a_drill_leaves_nothing() -> None:
    code = (
        "import asyncio; from drills import on_call\n"
        "system = asyncio.run(on_call.start(1, seed=1))\n"
        "print(system.folder, system.url, flush=True); input()"
    )
    kernel = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with kernel:
        assert kernel.stdout
        page, place = kernel.stdout.readline(), kernel.stdout.readline()
        assert page.startswith("Incident 1.")
        kernel.kill()
    folder, url = place.split()
    wait_until(lambda: not Path(folder).exists(), "the folder is removed")
    assert not ping(url)


@THOROUGH
async def test_without_a_diagnosis_nothing_is_judged(capsys: pytest.CaptureFixture[str]) -> None:
    drill = await struck(RequeueLoop, seed=1)
    await on_call.done()
    assert drill.verdict is None
    said = capsys.readouterr().out
    assert "Not attempted" in said
    assert all(cause in said for cause in CAUSES)
    await mend(drill)


async def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match=f"from 1 to {len(INCIDENTS)}"):
        await on_call.start(len(INCIDENTS) + 1)


def test_each_incident_has_at_least_three_wrong_actions() -> None:
    assert all(sum(each[0] is incident for each in WRONG) >= 3 for incident in INCIDENTS)


def test_a_second_try_is_not_always_the_same() -> None:
    assert sum(len(variants(incident)) > 1 for incident in INCIDENTS) >= 8


def test_the_tally_knows_the_files_of_jobs() -> None:
    assert ledger.names([{"file_path": "/a/b/000001.jpg"}, "no job"]) == {"000001.jpg", ""} - {""}
