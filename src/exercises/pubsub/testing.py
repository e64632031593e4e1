"""Write an integration test: it passes with a good client, and fails with each broken one."""

import asyncio
from typing import Any

from exercises.bench import Bench
from exercises.clients import AnswersClient
from exercises.verdict import NotYet

BROKEN: dict[str, tuple[str, dict[str, Any]]] = {
    "ITEM_LOST": (
        "loses an item",
        {"RPUSH": lambda client, c: ("LLEN", c[1]) if client.sent("RPUSH") else c},
    ),
    "UNORDERED": ("hands out the newest item first", {"BLPOP": lambda _, c: ("BRPOP", *c[1:])}),
    "TTL_LOST": ("forgets the time to live", {"SET": lambda _, c: c[:3]}),
    "TTL_WRONG": (
        "takes the time to live for minutes",
        {"SET": lambda _, c: (*c[:4], 60 * c[4]) if len(c) > 4 else c},
    ),
    "CHANNEL_WRONG": (
        "publishes on another channel",
        {"PUBLISH": lambda _, c: ("PUBLISH", f"{c[1]}s", c[2])},
    ),
    "EVENT_UNREAD": (
        "publishes an event without its data",
        {"PUBLISH": lambda _, c: ("PUBLISH", c[1], '{"type": "event"}')},
    ),
}
"""The clients that a test must not let through, by the mistake of one that does: what is wrong
with it, and which command it changes on the way to the server, into what."""


class BrokenClient(AnswersClient):
    """A client that is broken in one way."""

    changes: dict[str, Any]

    async def call(self, *command: Any, **options: Any) -> Any:
        """Send a command, or another one."""
        change = self.changes.get(command[0])
        return await super().call(*(change(self, command) if change else command), **options)


async def check(bench: Bench) -> None:
    """Run the reader's test with a client that is right, a slow one, and each broken one."""
    await bench.ask(when="the client is right", raised="FAILS_THE_GOOD")

    async def a_while() -> None:
        await asyncio.sleep(0.1)

    await bench.lend()
    when = "the client is right, and each call takes 0.1 s"
    await bench.ask(when=when, within=8, between=a_while, raised="TOO_STRICT")
    through = [mistake for mistake in BROKEN if not await _fails(bench, mistake)]
    for mistake in through:
        mistakes = {"PASSES_ALL": through == [*BROKEN], mistake: True}
        when = f"`test_redis_layer()` was called with a client that {BROKEN[mistake][0]}."
        raise NotYet(mistakes, expected="the test fails", came="it passes", when=when)


async def _fails(bench: Bench, mistake: str) -> bool:
    """Whether the test fails with this broken client: whatever it raises, also pytest's own."""
    what, changes = BROKEN[mistake]
    await bench.lend(type("RedisClient", (BrokenClient,), {"changes": changes}))
    options: dict[str, Any] = {"within": 6, "allowed": BaseException, "too_long": "HANGS"}
    return isinstance(await bench.ask(when=f"the client {what}", **options), BaseException)
