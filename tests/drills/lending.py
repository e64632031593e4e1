"""A system that is well again is lent to the next test: eight processes start once, not each time.

Only one that is as it was set up: a system can be well in another way, such as cameras and file
watcher that both have another folder now. A test that fails gives nothing back.
"""

from __future__ import annotations

import re
from typing import Self

from backend.core.redis import RedisClient
from drills.settings import PARTS, Settings
from drills.system import System

LEFT_BEHIND = ("prod:*", "v2:*", "aside:*", "dlq:*")
"""Keys that incidents leave in a system that is well."""

_at_home: list[Lent] = []


def lend() -> Lent:
    """Return a system for a test: one that was given back, or else a new one."""
    return _at_home.pop() if _at_home else Lent()


async def give_back(system: System) -> None:
    """Have a system that is well live on when it is closed, if all is as it was set up."""
    assert isinstance(system, Lent)
    system.lives_on = await system.is_as_set_up()


def is_kept(system: System) -> bool:
    """Return whether a system waits for the next test."""
    return system in _at_home


async def close_all() -> None:
    """End what is lent to nobody."""
    while _at_home:
        system = _at_home.pop()
        await System.close(system)
        assert not system.folder.exists()
        assert not system.server.running


class Lent(System):
    """A system that lives on where its test has asked for that."""

    lives_on = False
    """Whether `close()` keeps it for another test."""

    async def start(self) -> Self:
        """Start all parts; one that was given back has them, and gets a client for this test."""
        if not self.lives_on:
            await super().start()
            self._password = await self._password_of_parts()
            return self
        self.lives_on = False
        self.client = RedisClient(self.url)  # the former one belongs to a loop that has ended
        await self.client.connect()
        for log in "ACL LOG RESET", "SLOWLOG RESET", "CONFIG RESETSTAT":
            await self.client.call(*log.split())
        for pattern in LEFT_BEHIND:
            if keys := await self.client.call("KEYS", pattern):
                await self.client.call("UNLINK", *keys)
        return self

    async def is_as_set_up(self) -> bool:
        """Return whether all usual parts run with the usual settings, and no other does."""
        self._parts = {name: part for name, part in self._parts.items() if part.runs}
        settings = {name: part.settings for name, part in self._parts.items()}
        password = await self._password_of_parts()  # with another, a part cannot come back
        return settings == dict.fromkeys(PARTS, Settings()) and password == self._password

    async def _password_of_parts(self) -> list[bytes]:
        users = await self.client.call("ACL", "LIST")
        return re.findall(rb"user pipeline .*(#\w+)", b"\n".join(users))

    async def close(self) -> None:
        """End the system, or keep it for another test."""
        if self.lives_on and not _at_home:
            await self.client.disconnect()
            _at_home.append(self)
        else:
            await super().close()
