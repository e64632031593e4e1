"""Each card of the runbook, acted out: its commands are asked of a system that is broken so."""

from __future__ import annotations

import asyncio
import random
import re
import shlex
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.drills import lending
from tests.drills.acting import cure, struck
from tests.drills.evidence import ACTED_OUT, Break, Struck
from tests.support import THOROUGH

from backend.tools import dlq, queues
from backend.tools.cli import Cli
from course.waiting import until
from drills.incidents import INCIDENTS
from drills.system import System

RUNBOOK = Path("docs/runbook.md").read_text(encoding="utf-8")
CARDS: dict[str, str] = dict(re.findall(r"(?ms)^## (.+?)\n(.*?)(?=^## |\Z)", RUNBOOK))
NOT_CARDS = {"First, always"}

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
async def system() -> AsyncIterator[System]:
    system = lending.lend()
    try:
        yield await system.start()
    finally:
        await system.close()


def commands(card: str) -> list[str]:
    """Return the commands of a card, without the remarks."""
    blocks = re.findall(r"```bash\n(.*?)```", CARDS[card], re.DOTALL)
    lines = "".join(blocks).splitlines()
    return [re.split(r"\s{2,}# | +# ", line)[0].strip() for line in lines]


async def answer(system: System, command: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what a command of the runbook answers."""
    words = shlex.split(command)  # as a shell does
    if command.startswith(".venv/bin/python -m backend.tools.queues"):
        await queues.run(queues.parser().parse_args(["--url", system.url]))
    elif command.startswith(".venv/bin/python -m backend.tools.dlq"):
        await asyncio.to_thread(dlq.main, [*words[3:], "--url", system.url])
    else:
        return await asyncio.to_thread(Cli(system.url).ask, words[1:])
    return capsys.readouterr().out


def test_every_card_is_acted_out() -> None:
    assert CARDS.keys() - NOT_CARDS == ACTED_OUT.keys()


def test_every_incident_has_its_card() -> None:
    cards = {kind(random.Random(seed)).card for kind in INCIDENTS for seed in range(20)}
    assert cards <= CARDS.keys()


def test_every_alert_names_a_card() -> None:
    named = re.findall(r"^ +card: (.+)$", Path("monitoring/alerts.yml").read_text(), re.MULTILINE)
    assert named
    assert set(named) <= CARDS.keys()


@pytest.mark.parametrize("card", ACTED_OUT)
def test_each_card_says_all_that_a_card_has_to_say(card: str) -> None:
    for part in "You see:", "You ask:", "you find", "Do not", "Call somebody":
        assert f"**{part}**" in CARDS[card] or part in CARDS[card]


async def show(
    card: str, system: System, evidence: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Ask the card's commands until their answers show what is wrong."""

    async def is_shown(command: str, pattern: str) -> None:
        named = [each.replace(" NAME", " debug:frames") for each in commands(card)]
        asked = ".venv/bin/python -m backend.tools.queues" if command == "queues" else command
        assert asked in named

        async def is_seen() -> bool:
            return bool(re.search(pattern, await answer(system, asked, capsys)))

        await until(is_seen, within=15, otherwise=lambda: f"{asked} does not show it")

    # At once: a server that is slow lets each of them wait.
    await asyncio.gather(*(is_shown(*each) for each in evidence.items()))


def of_cards(*, incidents: bool) -> list[Any]:
    """Return what is broken for each card; plain `pytest` tries one incident."""
    return [
        pytest.param(
            *(card, broken, evidence),
            id=f"{card}-{number}",
            marks=() if card == "Dead letters fill" else THOROUGH,
        )
        for card, acts in ACTED_OUT.items()
        for number, (broken, evidence) in enumerate(acts)
        if isinstance(broken, tuple) is incidents
    ]


@pytest.mark.parametrize(("card", "incident", "evidence"), of_cards(incidents=True))
async def test_the_commands_of_a_card_show_its_incident(
    card: str, incident: Struck, evidence: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    drill = await struck(*incident)
    await show(card, drill.system, evidence, capsys)
    await cure(drill, capsys)


@pytest.mark.parametrize(("card", "act", "evidence"), of_cards(incidents=False))
async def test_the_commands_of_a_card_show_what_is_wrong(
    card: str,
    act: Break,
    evidence: dict[str, str],
    system: System,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await act(system)
    await show(card, system, evidence, capsys)
    for part in system.names():
        if not system.runs(part):
            await system.restart(part)
    await lending.give_back(system)


async def test_every_question_of_the_runbook_is_answered(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = {command for card in CARDS for command in commands(card)}
    asked = {each for each in asked if each.startswith(("redis-cli", ".venv"))}
    assert len(asked) > 20
    for command in sorted(asked):
        said = await answer(system, command.replace(" NAME", " cameras"), capsys)
        assert "(error)" not in said, command
    await lending.give_back(system)
