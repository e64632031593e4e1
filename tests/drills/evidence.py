"""What is broken for each card of the runbook, and what its commands have to show then."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

from backend.examples.scenes import CAMERAS
from course.waiting import until
from drills.incidents import Incident, processes, redis_side
from drills.system import System

Struck = tuple[type[Incident], int]
"""An incident, and the seed that chooses its variant."""
Break = Callable[[System], Awaitable[None]]


def incident(kind: type[Incident], **variant: object) -> Struck:
    """Return an incident in the variant that has these attributes."""
    for seed in (1, *range(50)):
        found = kind(random.Random(seed))
        if all(getattr(found, name) == value for name, value in variant.items()):
            return kind, seed
    raise LookupError(f"no {kind.__name__} has {variant}")


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


ACTED_OUT: dict[str, list[tuple[Struck | Break, dict[str, str]]]] = {
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
            {"redis-cli SCAN 0 MATCH '*_queue*' COUNT 1000": "prod:detection_queue"},
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
