"""The judge: looks at the system, never at what you typed.

It waits until the system is well, and watches that it stays so under load. Then it counts every
image, and looks for harm that was not needed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
from redis.exceptions import RedisError

from backend.core.reliable_queue import queue_counts
from backend.examples.scenes import CAMERAS
from course.failure_lab.tally import Tally
from drills import ledger
from drills.incidents import Incident
from drills.settings import PARTS
from drills.system import System

SHORT = 15
"""Jobs that may wait in a queue that is short."""
STEADY = 2.0
"""Seconds for which the system has to stay well."""
QUIET = 5.0
"""Seconds in which no further image is handled, although some wait: then none will be."""
LIMITS = ("maxmemory", "maxmemory-policy", "client-output-buffer-limit", "timeout", "maxclients")
"""Settings of the server that a drill looks at, before and after."""


@dataclass(frozen=True)
class Before:
    """What was there before the incident struck, to see afterwards what was changed."""

    config: Mapping[str, str]


@dataclass
class Verdict:
    """What the judge says."""

    wrong: list[str]
    """What is not well yet; empty when the incident is solved."""
    tally: Tally | None = None
    """What became of the images. None: Redis could not be asked, so the system is not well."""
    harm: list[str] = field(default_factory=list)
    """What was done and not needed, or lost."""

    @property
    def solved(self) -> bool:
        """Whether the system is well, and stays so."""
        return not self.wrong


async def look_before(system: System) -> Before:
    """Note what the server's settings are."""
    return Before(await _config(system))


async def judge(
    system: System, incident: Incident, before: Before, *, patience: float = 40.0
) -> Verdict:
    """Judge the system, once the reader says that it is well.

    Args:
        system: the system.
        incident: what was broken.
        before: what was there before.
        patience: seconds that the system gets to become well. A stage that has failed for long
            waits up to half a minute before it tries again.
    """
    written = ledger.written(system)
    watch = _Watch(system, incident)
    await watch.begin()
    ends = time.monotonic() + patience
    wrong = ["nothing was looked at"]
    while time.monotonic() < ends and wrong:
        await asyncio.sleep(0.2)
        wrong = await watch.problems()
        if not wrong:  # does it stay so?
            await asyncio.sleep(STEADY)
            wrong = await watch.problems()
    verdict = Verdict(wrong)
    try:
        tally = verdict.tally = await _settled(system, written, quiet=0.0 if wrong else QUIET)
        if verdict.solved and (left := ledger.unfinished(tally)):
            verdict.wrong.append(f"Images still wait after all this time: {left}.")
        verdict.harm = await _harm(system, incident, before, tally)
    except RedisError as error:
        verdict.wrong.append(f"Redis cannot be asked what became of the images: {error}")
    return verdict


async def _settled(system: System, written: set[str], *, quiet: float) -> Tally:
    """Return the tally, once every image is somewhere, or nothing has moved for so long."""
    tally, ends = None, 0.0
    while True:
        before, tally = tally, await ledger.count(system, written)
        if tally != before:
            ends = time.monotonic() + quiet
        if not (ledger.unfinished(tally) or tally.missing) or time.monotonic() >= ends:
            return tally
        await asyncio.sleep(0.2)


class _Watch:
    """Sees whether the system is well: what came in since `begin` has to come out."""

    def __init__(self, system: System, incident: Incident) -> None:
        self._system, self._incident = system, incident

    async def begin(self) -> None:
        self._written = ledger.written(self._system)
        self._events: int | None = None  # the last one; None as long as Redis has not told it
        with suppress(RedisError):
            self._events = await self._last_event()

    async def problems(self) -> list[str]:
        """Return what is wrong, a sentence each."""
        system = self._system
        wrong = [f"{part} does not run." for part in PARTS if not system.runs(part)]
        refused: list[Exception] = []
        for look in self._of_redis, self._of_incident, self._of_events:
            try:
                wrong += await look()
            except (RedisError, OSError) as error:  # what the others see is said all the same
                refused.append(error)
        wrong += [f"Redis does not answer as it should: {error}" for error in refused[:1]]
        new = set(ledger.handled(system)) - self._written
        silent = set(CAMERAS) - {_camera(name) for name in new}
        wrong += [f"No new image of {camera} has been looked at." for camera in sorted(silent)]
        return wrong + await self._of_health()

    async def _of_incident(self) -> list[str]:
        left = await self._incident.left(self._system)
        return [] if left is None else [left]

    async def _of_events(self) -> list[str]:
        last = await self._last_event()
        if self._events is None:
            self._events = last
        if last > self._events:
            return []
        return ["No new event has been published since you said that all is well."]

    async def _of_redis(self) -> list[str]:
        memory = await self._system.client.call("INFO", "memory")
        used, limit = int(memory["used_memory"]), int(memory["maxmemory"])
        wrong = []
        if limit and used > 0.8 * limit:
            wrong.append(f"Redis uses {used / limit:.0%} of the memory that it may use.")
        for queue in "detection_queue", "analysis_queue":
            pending = (await queue_counts(self._system.client, queue))["pending"]
            if pending > SHORT:
                wrong.append(f"{queue} is long: {pending} wait.")
        return wrong

    async def _of_health(self) -> list[str]:
        try:
            # No TLS here: to load certificates would take longer than all the rest.
            async with httpx.AsyncClient(timeout=3.0, trust_env=False, verify=False) as http:
                answer = await http.get(f"{self._system.dashboard}/api/system/health")
            said = answer.json()["status"]
        except (httpx.HTTPError, OSError, ValueError, KeyError):
            return ["The health endpoint does not answer."]
        return [] if said == "healthy" else [f"The health endpoint says {said}."]

    async def _last_event(self) -> int:
        return int(await self._system.client.get("events:last_id") or 0)


def _camera(name: str) -> str:
    """Return the camera of an image: they take turns in the order of the drawn scenes."""
    return sorted(CAMERAS)[int(name.partition(".")[0]) // 3 % len(CAMERAS)]


async def _config(system: System) -> dict[str, str]:
    answer = await system.client.call("CONFIG", "GET", *LIMITS)
    return {_text(name): _text(value) for name, value in _pairs(answer).items()}


def _pairs(answer: Any) -> dict[Any, Any]:
    """Return a map that Redis answers: as RESP 2 knows none, it sends names and values in turn."""
    return answer if isinstance(answer, dict) else dict(zip(answer[::2], answer[1::2], strict=True))


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


async def _harm(system: System, incident: Incident, before: Before, tally: Tally) -> list[str]:
    harm = []
    if tally.missing:
        harm.append(
            f"Images are nowhere: {len(tally.missing)}. The cameras wrote them, and neither a "
            "detector nor Redis knows of them. They wait on the disk, or are lost."
        )
    commands = await system.client.call("INFO", "commandstats")
    if any(f"cmdstat_{name}" in commands for name in ("flushall", "flushdb")):
        harm.append("The server was flushed: whatever else was on it is gone.")
    now = await _config(system)
    harm += [
        f"CONFIG {name} was {value} and stays {now.get(name)}."
        for name, value in before.config.items()
        if now.get(name) != value
    ]
    harm += await _of_access(system)
    buried = tally.dead_lettered
    if buried:
        harm.append(f"Good images are in the dead letters: {buried}. Nobody looks at them there.")
    if batches := await system.client.get_queue_length("dlq:analysis_queue"):
        harm.append(f"Good batches are in the dead letters: {batches}. Nobody looks at them there.")
    harm += await _of_poison(system, incident)
    needless = sorted(set(system.restarts) - set(incident.parts))
    if needless:
        harm.append(f"Restarted or stopped, and nothing was wrong with it: {', '.join(needless)}.")
    return harm


async def _of_access(system: System) -> list[str]:
    """The parts' user has a password, and may not administrate the server."""
    harm = []
    user = _pairs(await system.client.call("ACL", "GETUSER", "pipeline"))
    if b"nopass" in {_text(name): value for name, value in user.items()}["flags"]:
        harm.append("The user pipeline needs no password any more: anybody gets in.")
    if await system.client.call("ACL", "DRYRUN", "pipeline", "CONFIG", "GET", "*") == b"OK":
        harm.append("The user pipeline may administrate the server: that was no part of the cure.")
    return harm


async def _of_poison(system: System, incident: Incident) -> list[str]:
    """Bad items belong in the dead letters, where somebody finds out why they were bad."""
    if not incident.poison:
        return []
    entries = await system.client.peek_queue("dlq:detection_queue")
    dead = ledger.names([entry.get("original_job") for entry in entries if isinstance(entry, dict)])
    if set(incident.poison) <= dead:
        return []
    return ["Bad items are gone without a trace: dead letters are evidence, so keep them."]
