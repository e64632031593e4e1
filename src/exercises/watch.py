"""What an answer changes while it runs, also for a moment."""

from exercises.clients import Onlooker
from exercises.verdict import Mistake, NotYet, which


class Watch:
    """Sees what an answer changes, also for a moment: it looks after each of its commands.

    Meanwhile each key has a time to live, if only a lent one: a key that is written anew loses it.
    """

    def __init__(self, redis: Onlooker) -> None:
        self._redis = redis
        self._before: dict[str, tuple[bytes, int]] = {}
        self._lent: list[str] = []
        self._endless: set[str] = set()
        self.changed: dict[str, str] = {}
        """What has become of a key: it is "changed", "gone" or "new"."""

    async def begin(self) -> None:
        """Take note of what there is."""
        for key in await self._redis.keys():
            if await self._redis.call("EXPIRE", self._redis.full_name(key), 86_400, "NX"):
                self._lent.append(key)
        self._before = await self._redis.stored()

    async def end(self) -> None:
        """Look once more, and take back what was lent."""
        self._endless -= await self.look()
        there = await self._redis.keys()
        seen = self.changed.items()  # a new key that is gone again was nobody else's
        self.changed = {key: what for key, what in seen if what != "new" or key in there}
        for key in self._lent:
            if key not in self.changed:
                await self._redis.call("PERSIST", self._redis.full_name(key))

    async def look(self) -> set[str]:
        """Take note of what is not as it was, and return the keys without a time to live."""
        now = await self._redis.stored()
        for key in sorted(self._before.keys() | now.keys()):
            if key not in self._before:
                self.changed.setdefault(key, "new")
            elif self._before[key] != now.get(key):
                self.changed.setdefault(key, "changed" if key in now else "gone")
        endless = {key for key, (_, expires) in now.items() if expires == -1}
        self._endless |= endless
        return endless

    def nothing_changed(self, mistake: Mistake, *, but: str = "") -> None:
        """See that every key is as it was, but for this one.

        Args:
            mistake: as in `NotYet`; a function is asked about the key and what has become of it.
            but: a key that may have changed.

        Raises:
            NotYet: another one has changed.
        """
        for key, what in self.changed.items():
            if key != but:
                mistake = which(mistake, (key, what))
                raise NotYet(mistake, expected="all as it was", came=f"`{key}` is {what}")

    def no_key_waited_for_its_ttl(self, mistake: str) -> None:
        """See that each key that has a time to live in the end had it from the first moment on."""
        if self._endless:
            raise NotYet(mistake, expected="a TTL from the first moment on", came="a TTL later")
