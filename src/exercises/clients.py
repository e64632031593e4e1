"""The two clients of a bench: the one that an answer is given, and the one that looks on."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, ClassVar

from backend.core.redis import RedisClient
from backend.core.subscription import Subscription
from exercises.verdict import Mistake, NotYet, which

FOR_EVERYBODY = {
    "ACL", "CONFIG", "DEBUG", "FAILOVER", "FLUSHALL", "FLUSHDB", "REPLICAOF", "SHUTDOWN", "SWAPDB",
}  # fmt: skip
"""Commands that change the whole server; an exercise never needs them."""
NO_NAMES = {
    "AUTH", "CLIENT", "CLUSTER", "COMMAND", "ECHO", "EVAL", "EVALSHA", "FUNCTION", "HELLO", "INFO",
    "KEYS", "LASTSAVE", "MEMORY", "OBJECT", "PING", "PUBSUB", "SCAN", "SCRIPT", "SELECT", "TIME",
    "WAIT", "XREAD", "XREADGROUP",
}  # fmt: skip
"""Commands whose first argument is no name of a key or channel."""
TWO_NAMES = {
    "BLMOVE", "BRPOPLPUSH", "COPY", "LMOVE", "RENAME", "RENAMENX", "RPOPLPUSH", "SMOVE",
}  # fmt: skip
"""Commands whose second argument is a name, too."""
BYSTANDERS = {"camera:somebody_elses:status": None, "batch:somebody_elses:current": 1000}
"""Keys that no answer has any business with, and the seconds that they have to live."""


class AnswersClient(RedisClient):
    """The client that an answer is given: keeps a record, and sends nothing that hits others."""

    strays: ClassVar[list[str]] = []
    """What the answer of this process has named without the namespace, and was not there before."""

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(url, **options)
        self.commands: list[tuple[Any, ...]] = []
        """What was sent since the last call of the answer began, in order."""
        self.cancelled: list[str] = []
        """The commands that were cancelled while the server had not answered."""
        self.misnamed: list[tuple[str, str]] = []
        """Names without the namespace, or with two of them, and which mistake it is."""
        self.after_each: list[Callable[[], Awaitable[Any]]] = []
        """Awaited after each command, before the answer's code goes on."""

    async def call(self, *command: Any, **options: Any) -> Any:
        """Send a command, as the real client does."""
        name = str(command[0]).upper()
        if name in FOR_EVERYBODY:
            raise NotYet("FOR_ALL", expected="other keys stay", came=f"it sent {name}")
        self.commands.append(command)
        for key in _names_in(command):
            if not key.startswith(self.namespace):
                self.misnamed.append(("AS_THEY_ARE", key))
                if not await super().call("EXISTS", key):
                    self.strays.append(key)
            elif key.startswith(2 * self.namespace) and self.namespace:
                self.misnamed.append(("NAMED_TWICE", key))
        try:
            reply = await super().call(*command, **options)
        except asyncio.CancelledError:
            self.cancelled.append(name)
            raise
        for each in self.after_each:
            await each()
        return reply

    async def subscribe(self, *channels: str) -> Subscription:
        """Subscribe to channels, as the real client does."""
        self.commands.append(("SUBSCRIBE", *channels))
        return await super().subscribe(*channels)

    def sent(self, name: str) -> bool:
        """Return whether it has sent a command with this in its name, as `POP`."""
        return any(name in str(command[0]).upper() for command in self.commands)

    @property
    def closed(self) -> bool:
        """Whether it is not connected, or not any more."""
        return self._redis is None


def _names_in(command: tuple[Any, ...]) -> list[str]:
    """Return the names of keys and channels among what a command begins with."""
    name, *words = (each.decode() if isinstance(each, bytes) else str(each) for each in command)
    match [name.upper(), *words]:
        case ["EVAL" | "EVALSHA", _, number, *names] if number.isdecimal():
            return names[: int(number)]
        case [name, *names] if name in TWO_NAMES:
            return names[:2]
        case [name, *names] if name not in NO_NAMES:
            return names[:1]
    return []


AnswersClient.__name__ = RedisClient.__name__  # as an error that a reader sees names it


class Onlooker(RedisClient):
    """The client of the check: it looks at what an answer leaves, and makes time pass."""

    async def add(self, queue: str, *items: Any, after: float = 0) -> None:
        """Add items to a queue, the first one first, after so many seconds."""
        await asyncio.sleep(after)
        await self.add_many_to_queue(queue, items)

    def taking_note(self, name: str, *, takes: float = 0) -> Callable[[Any], Awaitable[None]]:
        """Return a function for the answer, which works for so many seconds.

        Then it adds what it is given to the list of this name.
        """
        return partial(self.add, name, after=takes)

    async def items(self, name: str, mistake: str) -> list[Any]:
        """Return the items of a queue.

        Raises:
            NotYet: the key holds another type of value; that is the mistake.
        """
        if (kind := await self.kind(name)) not in ("list", "none"):
            raise NotYet(mistake, expected=f"`{name}` is a list", came=f"it is a {kind}")
        return await self.peek_queue(name)

    async def kind(self, key: str) -> str:
        """Return the type of what the key holds, as Redis names it; "none" if it is not there."""
        return str((await self.call("TYPE", self.full_name(key))).decode())

    async def ttl(self, key: str) -> int:
        """Return the seconds that a key has to live: -1 without a TTL, -2 if it is not there."""
        return int(await self.call("TTL", self.full_name(key)))

    async def keys(self) -> list[str]:
        """Return the names of all keys in the namespace, sorted; bystanders are left out."""
        found = self._connected().scan_iter(self.full_name("*"), count=1000)
        names = {name.decode().removeprefix(self.namespace) async for name in found}
        return sorted(names - {*BYSTANDERS})

    async def clear(self) -> None:
        """Remove all keys but the bystanders."""
        if keys := await self.keys():
            await self.delete(*keys)

    async def let_time_pass(self, seconds: float) -> None:
        """Take so many seconds from what each key has to live, as if we had waited."""
        for key in await self.keys():
            left = await self.call("PTTL", self.full_name(key))
            if left >= 0:  # a time to live of 0 or less removes the key
                await self.call("PEXPIRE", self.full_name(key), left - int(1000 * seconds))

    async def stored(self) -> dict[str, tuple[bytes, int]]:
        """Return what is stored under each key, as DUMP has it, and when it expires.

        Two of them compare equal when nothing was changed between them.
        """
        names = {key: self.full_name(key) for key in await self.keys()}
        return {
            key: (await self.call("DUMP", name), await self.call("PEXPIRETIME", name))
            for key, name in names.items()
        }

    async def all_live_for_a_time(self, mistake: str, *, but: str = "") -> None:
        """See that each key has a time to live, but for this one; else it is the mistake."""
        for key in await self.keys():
            if key != but and await self.ttl(key) == -1:
                raise NotYet(mistake, expected="each key has a TTL", came=f"`{key}` has none")

    async def stays(self, name: str) -> None:
        """See that what is under this name has no time to live, as it is for somebody to come."""
        if (ttl := await self.ttl(name)) != -1:
            raise NotYet("EXPIRES", expected=f"`{name}` stays", came=f"{ttl} seconds to live")

    async def lives(
        self,
        key: str,
        seconds: int,
        mistake: Mistake,
        *,
        during: tuple[float, float],
        slack: float = 0,
    ) -> None:
        """See that a key was given its time to live, however slow the machine is.

        Args:
            key: the key.
            seconds: that it was to have.
            mistake: as in `NotYet`; a function is asked about the seconds left, as from `ttl`.
            during: when it was given them: the earliest moment and the latest, by `time.monotonic`.
            slack: seconds that it may lack.

        Raises:
            NotYet: it has another time to live, or none, or is not there.
        """
        earliest, latest = during
        asked = time.monotonic()
        left = await self.call("PTTL", self.full_name(key))
        # The server has looked at its clock between then and now; and it counts milliseconds.
        least = left + 1000 * (asked - latest) - 5
        most = left + 1000 * (time.monotonic() - earliest + slack) + 5
        if not least <= 1000 * seconds <= most:
            ttl = await self.ttl(key)
            came = {-1: "no TTL", -2: f"there is no key `{key}`"}.get(ttl, f"{ttl}")
            raise NotYet(which(mistake, ttl), expected=f"{seconds} seconds to live", came=came)
