"""Write an integration test: it passes with a good client, and fails with each broken one."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from backend.core.subscription import Subscription
from exercises.bench import AnswersClient, Bench, NotYet

BROKEN = {
    "ITEM_LOST": "loses an item",
    "UNORDERED": "hands out the newest item first",
    "TTL_LOST": "forgets the time to live",
    "TTL_WRONG": "takes the time to live for minutes",
    "CHANNEL_WRONG": "publishes on another channel",
    "EVENT_UNREAD": "publishes an event without its data",
}
"""The clients that a test must not let through, by the mistake of one that does."""
LONGEST = 10
"""Seconds until it has to fail."""


class SlowClient(AnswersClient):
    """A client whose messages come late."""

    async def listen(self, subscription: Subscription, **options: Any) -> AsyncIterator[Any]:
        """Wait for messages, a while longer than the real client."""
        async for message in super().listen(subscription, **options):
            await asyncio.sleep(0.6)
            yield message


class BrokenClient(AnswersClient):
    """A client that is broken in one way."""

    mistake: str

    async def call(self, *command: Any, **options: Any) -> Any:
        """Send a command, or another one."""
        match self.mistake, *command:
            case "ITEM_LOST", "RPUSH", name, first, *_:
                command = ("LLEN", name) if self.sent("RPUSH") else ("RPUSH", name, first)
            case "UNORDERED", "BLPOP" | "LPOP" as pop, *rest:
                command = pop.replace("LPOP", "RPOP"), *rest
            case "TTL_LOST", "SET", name, value, *_:
                command = "SET", name, value
            case "TTL_WRONG", "SET", name, value, unit, seconds, *rest:
                command = "SET", name, value, unit, 60 * seconds, *rest
            case "CHANNEL_WRONG", "PUBLISH", name, message:
                command = "PUBLISH", f"{name}s", message
            case "EVENT_UNREAD", "PUBLISH", name, _:
                command = "PUBLISH", name, '{"type": "event"}'
        return await super().call(*command, **options)


async def check(bench: Bench) -> None:
    """Run the reader's test with a client that is right, a slow one, and each broken one."""
    raised = {"TimeoutError": "UNHEARD", "": "FAILS_THE_GOOD"}
    await bench.ask(when="the client is right", raised=raised)

    async def a_while() -> None:
        await asyncio.sleep(0.1)
        await bench.redis.let_time_pass(0.9)

    await bench.lend(SlowClient)
    when = "the client is right, keys are a second older after each call, and a message takes 0.6 s"
    await bench.ask(when=when, within=8, between=a_while, raised="TOO_STRICT")
    through = [mistake for mistake in BROKEN if not await _fails(bench, mistake)]
    for mistake in through:
        mistakes = {
            "PASSES_ALL": {"UNORDERED", "TTL_LOST", "EVENT_UNREAD"} <= {*through},
            mistake: True,
        }
        when = f"`test_redis_layer()` was called with a client that {BROKEN[mistake]}."
        raise NotYet(mistakes, expected="the test fails", came="it passes", when=when)


async def _fails(bench: Bench, mistake: str) -> bool:
    """Whether the test fails with this broken client: whatever it raises, also pytest's own."""
    await bench.lend(type("RedisClient", (BrokenClient,), {"mistake": mistake}))
    options: dict[str, Any] = {"within": LONGEST, "allowed": BaseException, "too_long": "HANGS"}
    came = await bench.ask(when=f"the client {BROKEN[mistake]}", **options)
    return isinstance(came, BaseException)
