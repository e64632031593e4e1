"""Write an integration test: it passes with a good client, and fails with each broken one."""

import asyncio
import inspect
from functools import wraps
from typing import Any

from exercises.bench import Bench
from exercises.clients import AnswersClient
from exercises.verdict import NotYet


class NewestFirst(AnswersClient):
    """Takes from the wrong end."""

    async def call(self, *command: Any, **options: Any) -> Any:
        """Send a pop for the other end."""
        ends = {"BLPOP": "BRPOP", "LPOP": "RPOP"}
        return await super().call(ends.get(command[0], command[0]), *command[1:], **options)


class LosesAnItem(AnswersClient):
    """Drops what would be the second item of a queue."""

    async def call(self, *command: Any, **options: Any) -> Any:
        """Send everything but that push."""
        if command[0] == "RPUSH" and await super().call("LLEN", command[1]) == 1:
            return 2
        return await super().call(*command, **options)


class ForgetsTheTtl(AnswersClient):
    """Stores everything for ever."""

    async def call(self, *command: Any, **options: Any) -> Any:
        """Send a SET without its time to live."""
        kept = command[:3] if command[0] == "SET" else command
        return await super().call(*kept, **options)


class CountsMinutes(AnswersClient):
    """Stores for minutes what was to be stored for seconds."""

    async def set(self, key: str, value: Any, expire: int | None = None) -> bool:
        """Store with another time to live."""
        return await super().set(key, value, expire=expire and 60 * expire)


class OtherChannel(AnswersClient):
    """Publishes where nobody listens."""

    async def publish(self, channel: str, message: Any) -> int:
        """Publish under another name."""
        return await super().publish(f"{channel}s", message)


class EmptyEvent(AnswersClient):
    """Publishes a message, and not the one that it was given."""

    async def publish(self, channel: str, message: Any) -> int:
        """Publish a message without data."""
        return await super().publish(channel, {"type": "event"})


BROKEN: dict[type[AnswersClient], tuple[str, str]] = {
    LosesAnItem: ("ITEM_LOST", "loses an item"),
    NewestFirst: ("UNORDERED", "hands out the newest item first"),
    ForgetsTheTtl: ("TTL_LOST", "forgets the time to live"),
    CountsMinutes: ("TTL_WRONG", "takes the time to live for minutes"),
    OtherChannel: ("CHANNEL_WRONG", "publishes on another channel"),
    EmptyEvent: ("EVENT_UNREAD", "publishes an event without its data"),
}
"""The clients that must not get through, each with the mistake of a test that lets it."""


async def check(bench: Bench) -> None:
    """Run the reader's test with a client that is right, a slow one, and each broken one."""
    await bench.ask(when="the client is right", raised="FAILS_THE_GOOD")

    async def a_while() -> None:
        await asyncio.sleep(0.1)

    await bench.lend()
    when = "the client is right, and each call takes 0.1 s"
    await bench.ask(when=when, within=8, between=a_while, raised="TOO_STRICT")
    through = [each for each in BROKEN if not await _fails_with(bench, each)]
    for each in through:
        mistakes = {"PASSES_ALL": through == [*BROKEN], BROKEN[each][0]: True}
        when = f"`test_redis_layer()` was called with a client that {BROKEN[each][1]}."
        raise NotYet(mistakes, expected="the test fails", came="it passes", when=when)


async def _fails_with(bench: Bench, broken: type[AnswersClient]) -> bool:
    test = bench.answers[0]

    @wraps(test)
    async def failing(client: Any) -> bool:
        try:
            result = test(client)
            if inspect.isawaitable(result):
                await result
        except (asyncio.CancelledError, SystemExit):
            raise
        except BaseException:  # pytest's own failures are no Exception
            return True
        return False

    await bench.lend(broken)
    when = f"the client {BROKEN[broken][1]}"
    return bool(await bench.run(failing, bench.client, when=when, within=6, too_long="HANGS"))
