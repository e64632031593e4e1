"""Incidents in Redis: memory, types, permissions, slow commands, keys that stay."""

from __future__ import annotations

import asyncio
import itertools
import time
from datetime import UTC, datetime
from typing import Any

from redis.exceptions import ResponseError

from backend.core.encoding import encode
from course.waiting import until
from drills.incidents.incident import Incident
from drills.settings import Settings
from drills.system import MEMORY, System

MEGABYTE = 2**20


class MemoryFull(Incident):
    """Redis refuses what needs memory: its limit was lowered, or somebody fills it."""

    page = "An alert: Redis is at the limit of its memory, and refuses writes."
    cause = "memory full"
    card = "Memory at 80 %"
    parts = ("redis",)

    def choose(self) -> None:
        self.hoard = self.chance.choice(["", "debug:frames", "tmp:dump"])
        self.evidence = (
            f"`MEMORY USAGE {self.hoard} SAMPLES 0` says tens of megabytes; no part of ours has "
            "such a key."
            if self.hoard
            else f"`CONFIG GET maxmemory` is far below the {MEMORY} MB that this server has, while "
            "no key is large."
        )

    async def strike(self, system: System) -> None:
        if not self.hoard:
            used = int((await system.client.call("INFO", "memory"))["used_memory"])
            await system.client.call("CONFIG", "SET", "maxmemory", used // 2)
            return
        ends = time.monotonic() + Settings.thumbnail_ttl + 1  # what thumbnails leave is taken, too
        sizes = itertools.cycle([MEGABYTE, 20_000, 500, 50])
        size = next(sizes)
        while time.monotonic() < ends:
            try:
                await system.client.call("RPUSH", self.hoard, b"x" * size)
            except ResponseError:
                size = next(sizes)
                await asyncio.sleep(0.02)

    async def cure(self, system: System) -> None:
        if self.hoard:
            await system.client.call("UNLINK", self.hoard)
        else:
            await system.client.call("CONFIG", "SET", "maxmemory", MEMORY * MEGABYTE)

    async def left(self, system: System) -> str | None:
        if self.hoard and await system.client.call("EXISTS", self.hoard):
            return f"{self.hoard} still takes most of the memory."
        return None


class SlowCommand(Incident):
    """A client holds the server up: while its command runs, nobody else is served."""

    page = "A colleague: everything is slow since somebody started a report."
    cause = "slow command"
    card = "Redis hangs"
    parts = ("report",)

    def choose(self) -> None:
        self.report = self.chance.choice(["KEYS", "SUM"])
        what = "with KEYS" if self.report == "KEYS" else "that adds numbers up"
        self.evidence = (
            f"`SLOWLOG GET` has an EVAL {what}, which takes most of a second, and `CLIENT LIST` "
            "says name=report for its address."
        )

    async def strike(self, system: System) -> None:
        await system.launch("report", Settings(report=self.report))

    async def cure(self, system: System) -> None:
        await system.stop("report")

    async def left(self, system: System) -> str | None:
        return "The report still runs." if system.runs("report") else None


class WrongType(Incident):
    """A key of another type lies under a queue's name, so every push and every take is refused."""

    page = "An alert: the health endpoint says degraded, and a log says WRONGTYPE."
    cause = "wrong type"
    card = "Length 0 and nothing happens"
    parts = ("redis",)

    def choose(self) -> None:
        self.queue = self.chance.choice(["detection_queue", "analysis_queue"])
        self.command = self.chance.choice([("SET", "migrated"), ("HSET", "migrated", "yes")])
        self.evidence = f"`TYPE {self.queue}` does not say list."

    async def strike(self, system: System) -> None:
        command, *values = self.command
        script = (
            "if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end "
            "redis.call(ARGV[1], KEYS[1], unpack(ARGV, 2)) return 1"
        )

        async def is_set() -> bool:  # in a moment in which nothing waits
            answer = await system.client.call("EVAL", script, 1, self.queue, command, *values)
            return bool(answer)

        await until(is_set, within=60)  # a busy machine needs long for what waits

    async def cure(self, system: System) -> None:
        await system.client.call("RENAME", self.queue, f"aside:{self.queue}")


class AccessRefused(Incident):
    """A password was rotated, or a permission taken away: Redis refuses a part."""

    page = "An alert: detection_queue has no consumer. Last night the passwords were rotated."
    cause = "access refused"
    card = "The line only rises"

    def choose(self) -> None:
        self.revoked = self.chance.choice([(), ("blmove", "lmove")])
        self.parts = ("redis",) if self.revoked else ("detector-1", "detector-2")
        self.evidence = (
            "The log of a detector says that it has no permission, and `ACL LOG` names the "
            f"command: {' and '.join(self.revoked)}."
            if self.revoked
            else "The log of a detector says `invalid username-password pair`: it holds the old "
            "one. A part reads `secrets/redis` when it starts."
        )

    async def strike(self, system: System) -> None:
        if self.revoked:
            rules = [f"-{command}" for command in self.revoked]
            await system.client.call("ACL", "SETUSER", "pipeline", *rules)
            return
        await system.rotate_password()
        clients = (await system.client.call("CLIENT", "LIST")).decode()
        for line in clients.splitlines():
            fields = dict(field.partition("=")[::2] for field in line.split())
            if fields["name"].startswith("detector"):
                await system.client.call("CLIENT", "KILL", "ID", fields["id"])

    async def cure(self, system: System) -> None:
        if self.revoked:
            rules = [f"+{command}" for command in self.revoked]
            await system.client.call("ACL", "SETUSER", "pipeline", *rules)
        for part in () if self.revoked else self.parts:
            await system.restart(part)


class NoTtl(Incident):
    """A part writes keys without a time to live, so the memory fills slowly."""

    page = "An alert: Redis uses more memory every minute, and the queues are short."
    cause = "no TTL"
    card = "Memory at 80 %"
    parts = ("thumbnails",)

    def choose(self) -> None:
        ways: list[tuple[str, Any]] = [("thumbnail_ttl", 0), ("thumbnail_again", True)]
        self.setting, self.value = self.chance.choice(ways)
        self.evidence = (
            "`INFO keyspace` shows keys rising while `expires` does not; `TTL` of a thumbnail is "
            f"-1. Why: `system.settings('thumbnails')` has {self.setting}={self.value}."
        )

    async def strike(self, system: System) -> None:
        await system.restart("thumbnails", **{self.setting: self.value})

    async def cure(self, system: System) -> None:
        usual = getattr(Settings, self.setting)
        await system.restart("thumbnails", **{self.setting: usual})
        for key in await _for_ever(system):
            await system.client.call("EXPIRE", key, Settings.thumbnail_ttl)

    async def left(self, system: System) -> str | None:
        if number := len(await _for_ever(system)):
            return f"There are thumbnails that stay for ever: {number}."
        return None


async def _for_ever(system: System) -> list[bytes]:
    """Return the thumbnails without a time to live."""
    keys: list[bytes] = []
    cursor: int | bytes = 0
    while True:
        cursor, found = await system.client.call(
            "SCAN", cursor, "MATCH", "thumbnail:*", "COUNT", 1000
        )
        keys += found
        if not int(cursor):
            break
    return [key for key in keys if await system.client.call("TTL", key) == -1]


class RequeueLoop(Incident):
    """A job puts every dead letter back at once, so that bad items come again and again."""

    page = "A colleague: the detectors log the same error every few seconds, for hours."
    cause = "poison"
    card = "Dead letters fill"
    parts = ("requeue",)

    def choose(self) -> None:
        self.are_folders = self.chance.choice([False, True])
        self.poison = [f"image-{self.chance.randrange(1000)}-{number}.jpg" for number in range(2)]
        self.evidence = (
            "The logs of the detectors name the same files again and again, and `system.parts()` "
            "has a part `requeue`, whose log says what it does."
        )

    async def strike(self, system: System) -> None:
        for name in self.poison:
            path = system.folder / "cameras" / "garden" / name
            if self.are_folders:  # else there is nothing at all
                path.mkdir(parents=True)
            job = {
                "camera_id": "garden",
                "file_path": str(path),
                "timestamp": datetime.now(UTC).isoformat(),
                "media_type": "image",
            }
            await system.client.call("RPUSH", "detection_queue", encode(job))
        await system.launch("requeue", Settings())

    async def cure(self, system: System) -> None:
        await system.stop("requeue")

    async def left(self, system: System) -> str | None:
        return "A job still puts every dead letter back." if system.runs("requeue") else None
