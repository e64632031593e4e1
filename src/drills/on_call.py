"""On call: start an incident, look, act, and say that it is done.

system = await on_call.start(1)         something breaks
system.parts()                          look: the parts, their logs, Redis
await system.restart("detector-1")      act
await on_call.done(part="detector-1", cause="died")
"""

from __future__ import annotations

import asyncio
import random
import textwrap
import time

import exercises
from course.kernel import prepare
from drills import record
from drills.incidents import CAUSES, INCIDENTS, Incident
from drills.judge import Before, Verdict, judge, look_before
from drills.record import Result
from drills.settings import PARTS
from drills.system import System

UNTIL_NOTICED = 2.5
"""Seconds from the incident to the page: longer than a lease, so that a dead consumer is seen."""


class Drill:
    """An incident under way."""

    def __init__(self, number: int, system: System, incident: Incident, before: Before) -> None:
        self.number, self.system, self.incident, self.before = number, system, incident, before
        self.started = time.monotonic()
        self.verdict: Verdict | None = None

    def recognises(self, part: str, cause: str) -> bool:
        """Return whether somebody has named a part that is at fault, and the cause."""
        return part in self.incident.parts and cause == self.incident.cause


_drill: Drill | None = None


def under_way() -> Drill | None:
    """Return the drill that is under way."""
    return _drill


def open() -> None:
    """Begin, and say which Redis is in use."""
    prepare()
    print("Redis: a private server for each incident, since it will be broken on purpose")


async def start(number: int, *, seed: int | None = None) -> System:
    """Start a system, break something in it, and return it. An earlier drill ends.

    Args:
        number: of the incident, from 1.
        seed: chooses the variant; by default it is another one each time.

    Raises:
        ValueError: there is no such incident.
    """
    global _drill
    if not 1 <= number <= len(INCIDENTS):
        raise ValueError(f"number must be from 1 to {len(INCIDENTS)}, not {number}")
    await finish(quiet=True)
    incident = INCIDENTS[number - 1](random.Random(seed))
    system = System()
    try:
        await system.start()
        before = await look_before(system)
        await incident.strike(system)
        await asyncio.sleep(UNTIL_NOTICED)
    except BaseException:
        await system.close()
        raise
    system.restarts.clear()  # what the incident did is not the reader's doing
    _drill = Drill(number, system, incident, before)
    print(f"Incident {number}. {incident.page}")
    return system


async def done(*, part: str = "", cause: str = "", patience: float = 40.0) -> None:
    """Say that the system is well, and what was wrong with it; print the verdict.

    Args:
        part: the part that was at fault, as in `system.parts()`, or "redis".
        cause: one of `drills.incidents.CAUSES`.
        patience: seconds that the system gets to become well.
    """
    if _drill is None:
        print("No incident is under way: start one with on_call.start(1).")
        return
    if not part or not cause:
        print(f"Not attempted. Say which part: {', '.join([*sorted(PARTS), 'redis', '…'])};")
        print(f"and which cause: {', '.join(CAUSES)}.")
        return
    verdict = await judge(_drill.system, _drill.incident, _drill.before, patience=patience)
    _drill.verdict = verdict
    for line in _in_words(_drill, verdict, part, cause):
        print(textwrap.fill(line, 88, subsequent_indent="  ", break_on_hyphens=False))
    if verdict.solved:
        minutes = (time.monotonic() - _drill.started) / 60
        lost = len(verdict.tally.missing) if verdict.tally else 0
        harm = len(verdict.harm)
        recognised = _drill.recognises(part, cause)
        record.remember(Result(_drill.number, recognised, round(minutes, 1), lost, harm))


def summary() -> None:
    """Print the incidents that you have solved: the last time you did each."""
    latest = {result.incident: result for result in record.results()}
    if not latest:
        print("No incident solved yet.")
        return
    print(f"{'incident':<20} {'recognised':<10} {'minutes':>7} {'lost':>5} {'harm':>5}")
    for number, kind in enumerate(INCIDENTS, start=1):
        if (result := latest.get(number)) is None:
            print(f"{number:>2} not yet")
            continue
        name, seen = f"{number:>2} {kind.cause}", "yes" if result.recognised else "no"
        print(f"{name:<20} {seen:<10} {result.minutes:>7g} {result.lost:>5} {result.harm:>5}")
    print(f"Solved: {len(latest)} of {len(INCIDENTS)}. A loss here is a lesson; at work it is not.")


def progress() -> None:
    """Show which exercises and incidents you have solved."""
    exercises.progress()
    print("\nOn call")
    summary()


async def finish(*, quiet: bool = False) -> None:
    """End the drill that is under way, with all its processes."""
    global _drill
    if _drill:
        drill, _drill = _drill, None
        await drill.system.close()
    if not quiet:
        print("Clean: the system's processes and its server have ended.")


def _in_words(drill: Drill, verdict: Verdict, part: str, cause: str) -> list[str]:
    incident = drill.incident
    if not verdict.solved:
        of_images = [f"Images so far: {verdict.tally}."] if verdict.tally else []
        wrong = (f"  {line}" for line in verdict.wrong)
        return ["Not yet.", *wrong, *of_images, *_of_harm(verdict)]
    minutes = (time.monotonic() - drill.started) / 60
    lines = [f"Solved in {minutes:.0f} minutes." if minutes >= 1 else "Solved in under a minute."]
    right = drill.recognises(part, cause)
    truth = f"{' or '.join(incident.parts)}: {incident.cause}"
    lines.append(f"You said {part}: {cause}. {'Right.' if right else f'It was {truth}.'}")
    lines += _of_harm(verdict)
    lines.append(f"What showed it: {incident.evidence}")
    lines.append(f"The card of the runbook: {incident.card}.")
    return lines


def _of_harm(verdict: Verdict) -> list[str]:
    if not verdict.harm:
        return ["Nothing was lost, and nothing was done that was not needed."]
    return ["Harm:", *(f"  {line}" for line in verdict.harm)]
