"""Each card of the runbook, acted out: its commands are asked of a system that is broken so."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from backend.examples.scenes import CAMERAS
from backend.tools import dlq, queues
from backend.tools.cli import Cli
from course.waiting import until
from drills.incidents import INCIDENTS, Incident, processes, redis_side
from drills.system import System

RUNBOOK = Path("docs/runbook.md").read_text(encoding="utf-8")
CARDS: dict[str, str] = dict(re.findall(r"(?ms)^## (.+?)\n(.*?)(?=^## |\Z)", RUNBOOK))
NOT_CARDS = {"First, always"}

pytestmark = pytest.mark.timeout(180)

Break = Callable[[System], Awaitable[None]]


def incident(kind: type[Incident], **variant: object) -> Break:
    """Let an incident strike, in the variant that has these attributes."""

    async def act(system: System) -> None:
        found = (kind(random.Random(seed)) for seed in range(50))
        await next(
            each for each in found if all(getattr(each, k) == v for k, v in variant.items())
        ).strike(system)

    return act


async def few_jobs_and_nobody_at_work(system: System) -> None:
    for part in "detector-1", "detector-2":
        await system.stop(part)

    async def a_job_waits() -> bool:
        return await system.client.get_queue_length("detection_queue") > 0

    await until(a_job_waits)
    await system.stop("camera")


async def restarted(system: System) -> None:
    system.server.stop()
    await asyncio.to_thread(system.server.start)


async def no_more_images(system: System) -> None:
    async def every_camera_has_sent_one() -> bool:
        return await system.client.call("SCARD", "cameras") == len(CAMERAS)

    await until(every_camera_has_sent_one)  # only then is a camera silent
    await system.stop("camera")


ACTED_OUT: dict[str, list[tuple[Break, dict[str, str]]]] = {
    "The line only rises": [
        (
            incident(processes.Died, parts=("detector-1", "detector-2")),
            {"redis-cli LLEN detection_queue": r"\(integer\) [1-9]", "queues": r"never"},
        ),
        (
            incident(redis_side.AccessRefused, revoked=("blmove", "lmove")),
            {"redis-cli ACL LOG 5": "lmove"},
        ),
    ],
    "Length 0 and nothing happens": [
        (
            incident(redis_side.WrongType, queue="detection_queue"),
            {"redis-cli TYPE detection_queue": "string|hash"},
        ),
        (
            incident(processes.WrongName, parts=("file_watcher",), namespace="prod:"),
            {"redis-cli SCAN 0 MATCH *_queue COUNT 1000": "prod:detection_queue"},
        ),
    ],
    "Age grows while the length is small": [
        (
            few_jobs_and_nobody_at_work,
            {
                "queues": r"detection_queue +[1-9]\d? ",
                "redis-cli LRANGE detection_queue 0 0": "file_path",
            },
        ),
    ],
    "Dead letters fill": [
        (
            incident(redis_side.RequeueLoop),
            {"redis-cli CLIENT LIST": "name=requeue"},
        ),
    ],
    "Memory at 80 %": [
        (
            incident(redis_side.MemoryFull, hoard="debug:frames"),
            {
                "redis-cli SCAN 0 COUNT 1000": "debug:frames",
                "redis-cli MEMORY USAGE debug:frames SAMPLES 0": r"\(integer\) \d{8}",
                "redis-cli INFO memory": "maxmemory_human:64.00M",
            },
        ),
        (incident(redis_side.NoTtl), {"redis-cli INFO keyspace": "keys=.*expires="}),
    ],
    "Redis restarted": [
        (
            restarted,
            {
                "redis-cli INFO server": r"uptime_in_seconds:\d\b",
                "redis-cli INFO persistence": "loading:0",
                "redis-cli CONFIG GET appendonly": "no",
            },
        ),
    ],
    "Redis hangs": [
        (
            incident(redis_side.SlowCommand),
            {
                "redis-cli SLOWLOG GET 5": "for i = 1",
                "redis-cli CLIENT LIST": "name=report",
                "redis-cli INFO commandstats": "cmdstat_eval",
            },
        ),
    ],
    "The dashboard stands still": [
        (
            incident(processes.Hangs, parts=("web",)),
            {
                "redis-cli GET events:last_id": r'"\d+"',
                "redis-cli PUBSUB NUMSUB security_events": "1",
            },
        ),
    ],
    "One camera is silent": [
        (no_more_images, {"redis-cli SMEMBERS cameras": "front_door"}),
    ],
}


@pytest.fixture
async def system() -> AsyncIterator[System]:
    system = System()
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
    words = command.split()
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


@pytest.mark.parametrize(
    ("card", "number"), [(card, n) for card, acts in ACTED_OUT.items() for n in range(len(acts))]
)
async def test_its_commands_show_what_is_wrong(
    card: str, number: int, system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    strike, evidence = ACTED_OUT[card][number]
    await strike(system)
    for command, pattern in evidence.items():
        named = [each.replace(" NAME", " debug:frames") for each in commands(card)]
        full = ".venv/bin/python -m backend.tools.queues" if command == "queues" else command
        assert full in named

        async def is_seen(asked: str = full, wanted: str = pattern) -> bool:
            return bool(re.search(wanted, await answer(system, asked, capsys)))

        await until(is_seen, within=15, otherwise=lambda asked=full: f"{asked} does not show it")


async def test_every_question_of_the_runbook_is_answered(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = {command for card in CARDS for command in commands(card)}
    asked = {each for each in asked if each.startswith(("redis-cli", ".venv"))}
    assert len(asked) > 20
    for command in sorted(asked):
        said = await answer(system, command.replace(" NAME", " cameras"), capsys)
        assert "(error)" not in said, command
