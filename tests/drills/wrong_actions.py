"""What people do on call that is not right, and the words by which the judge tells each apart."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from course.waiting import until
from drills.incidents import Incident
from drills.incidents.processes import Died, Hangs, SlowModel, WrongFolder, WrongName
from drills.incidents.redis_side import (
    AccessRefused,
    MemoryFull,
    NoTtl,
    RequeueLoop,
    SlowCommand,
    WrongType,
)
from drills.system import System

Action = Callable[[System, Incident], Awaitable[None]]


def command(*words: str | int) -> Action:
    """Send one command to Redis."""

    async def act(system: System, incident: Incident) -> None:
        await system.client.call(*words)

    return act


def cure_and(action: Action) -> Action:
    """Do what is right, and then more than that."""

    async def act(system: System, incident: Incident) -> None:
        await incident.cure(system)
        await action(system, incident)

    return act


def restart(part: str, **settings: object) -> Action:
    """Restart one part."""

    async def act(system: System, incident: Incident) -> None:
        await system.restart(part, **settings)

    return act


async def restart_everything(system: System, incident: Incident) -> None:
    await asyncio.gather(*map(system.restart, list(system.names())))


async def stop_the_cameras(system: System, incident: Incident) -> None:
    await system.stop("camera")


async def restart_its_parts(system: System, incident: Incident) -> None:
    await asyncio.gather(*map(system.restart, incident.parts))


async def kill_the_client(system: System, incident: Incident) -> None:
    clients = (await system.client.call("CLIENT", "LIST")).decode()
    for line in clients.splitlines():
        fields = dict(field.partition("=")[::2] for field in line.split())
        if fields["name"] == "report":
            await system.client.call("CLIENT", "KILL", "ID", fields["id"])


async def clear_and_cure(system: System, incident: Incident) -> None:
    await system.client.clear_queue("detection_queue")
    await incident.cure(system)


async def throw_the_dead_letters_away(system: System, incident: Incident) -> None:
    async def are_dead() -> bool:
        length = await system.client.get_queue_length("dlq:detection_queue")
        return length == len(incident.poison)

    await until(are_dead, within=30)
    await system.client.clear_queue("dlq:detection_queue")


CLEAR_THE_QUEUE = command("DEL", "detection_queue")
FLUSH = command("FLUSHDB")
MORE_MEMORY = command("CONFIG", "SET", "maxmemory", "512mb")
EVICT = command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")

TOO_SLOW = "The detectors can look at fewer images than the cameras write."

WRONG: list[tuple[type[Incident], str, Action, str]] = [
    (Died, "only clear the queue", CLEAR_THE_QUEUE, "does not run"),
    (Died, "restart everything", restart_everything, "nothing was wrong with it"),
    (Died, "more memory", MORE_MEMORY, "CONFIG maxmemory was"),
    (Hangs, "restart everything", restart_everything, "nothing was wrong with it"),
    (Hangs, "restart the wrong part", restart("batch_aggregator"), "wrong with it: batch_agg"),
    (Hangs, "flush", FLUSH, "The server was flushed"),
    (WrongName, "restart as it is", restart("file_watcher"), "No new image"),
    (WrongName, "restart everything", restart_everything, "nothing was wrong with it"),
    (WrongName, "flush", cure_and(FLUSH), "The server was flushed"),
    (WrongType, "flush", FLUSH, "The server was flushed"),
    (WrongType, "restart everything", restart_everything, "does not answer as it should"),
    (WrongType, "more memory", MORE_MEMORY, "CONFIG maxmemory was"),
    (SlowModel, "restart as they are", restart_its_parts, TOO_SLOW),
    (SlowModel, "only clear the queue", CLEAR_THE_QUEUE, TOO_SLOW),
    (SlowModel, "stop the cameras", stop_the_cameras, "camera does not run"),
    (SlowModel, "clear the queue", clear_and_cure, "Images are nowhere"),
    (MemoryFull, "evict", cure_and(EVICT), "CONFIG maxmemory-policy was noeviction"),
    (
        MemoryFull,
        "bury a batch",
        cure_and(command("RPUSH", "dlq:analysis_queue", "{}")),
        "Good batches",
    ),
    (MemoryFull, "flush", FLUSH, "The server was flushed"),
    (MemoryFull, "more memory", MORE_MEMORY, "CONFIG maxmemory was"),
    (RequeueLoop, "throw away", cure_and(throw_the_dead_letters_away), "evidence"),
    (RequeueLoop, "restart everything", restart_everything, "still puts every dead letter back"),
    (
        RequeueLoop,
        "clear the dead letters",
        command("DEL", "dlq:detection_queue"),
        "still puts every dead letter back",
    ),
    (
        AccessRefused,
        "no password",
        cure_and(command("ACL", "SETUSER", "pipeline", "nopass")),
        "needs no password",
    ),
    (
        AccessRefused,
        "all rights",
        cure_and(command("ACL", "SETUSER", "pipeline", "+@all")),
        "may administrate",
    ),
    (AccessRefused, "clear the queue", CLEAR_THE_QUEUE, "No new image"),
    (NoTtl, "flush", FLUSH, "stay for ever"),
    (NoTtl, "restart as it is", restart("thumbnails"), "stay for ever"),
    (NoTtl, "only the cause", restart("thumbnails", thumbnail_ttl=5), "stay for ever"),
    (SlowCommand, "kill the client", kill_the_client, "The report still runs"),
    (SlowCommand, "stop the cameras", stop_the_cameras, "camera does not run"),
    (SlowCommand, "restart everything", restart_everything, "The report still runs"),
    (SlowCommand, "more memory", cure_and(MORE_MEMORY), "CONFIG maxmemory was"),
    (WrongFolder, "cameras back", restart("camera", root="cameras"), "Images are nowhere"),
    (WrongFolder, "restart as it is", restart("file_watcher"), "No new image"),
    (WrongFolder, "restart everything", restart_everything, "nothing was wrong with it"),
]
"""(incident, what is done, how, words in the verdict)."""
