"""How the tests of drills act: they let an incident strike, and do what is right."""

from __future__ import annotations

import pytest
from tests.drills import lending

from drills import on_call
from drills.incidents import INCIDENTS, Incident


async def struck(incident: type[Incident], seed: int) -> on_call.Drill:
    """Start the incident."""
    system = await on_call.start(INCIDENTS.index(incident) + 1, seed=seed)
    drill = on_call.under_way()
    assert drill
    assert drill.system is system
    return drill


async def mend(drill: on_call.Drill) -> None:
    """Do what is right, for the next test that gets the system."""
    await drill.incident.cure(drill.system)
    await lending.give_back(drill.system)


async def cure(drill: on_call.Drill, capsys: pytest.CaptureFixture[str]) -> None:
    """Do what is right; it has to solve the incident, and to do no harm."""
    await drill.incident.cure(drill.system)
    part, cause = next(iter(drill.incident.parts)), drill.incident.cause
    capsys.readouterr()
    await on_call.done(part=part, cause=cause)
    verdict = drill.verdict
    assert verdict
    said = capsys.readouterr().out
    assert verdict.solved, said
    assert verdict.harm == [], said
    assert f"You said {part}: {cause}. Right." in said
    assert "Nothing was lost" in said
    await lending.give_back(drill.system)
