"""Find the bug in a dashboard that misses an event now and then."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from backend.core.subscription import Subscription
from exercises.bench import AnswersClient, Bench, NotYet, expect

CHANNEL, ANOTHER = "security_events", "system_status"
Load = Callable[[], Awaitable[list[int]]]


class SlowClient(AnswersClient):
    """A client that takes its time to subscribe, so that much happens before."""

    async def subscribe(self, *channels: str) -> Subscription:
        """Subscribe to channels, a while later than the real client."""
        await asyncio.sleep(0.2)
        return await super().subscribe(*channels)


async def check(bench: Bench) -> None:
    """Let events happen at each awkward moment, then none at all, then the database fail."""
    await bench.lend(SlowClient)
    await bench.client.subscribe(ANOTHER)
    await _while_it_opens(bench)
    recent = [15, 11, 14, 12, 13]

    async def load_recent() -> list[int]:
        return list(recent)

    for count in (5, 3, 1):
        when = "five events are stored and nothing new happens"
        came = await _open(bench, load_recent, count, when, too_long="ENOUGH")
        expect(came, recent[:count], {"COUNT": isinstance(came, list), "OTHER": True})

    async def fail() -> list[int]:
        raise ConnectionRefusedError("the database is out of reach")

    options = {"allowed": ConnectionRefusedError, "swallowed": "SWALLOWED"}
    await _open(bench, fail, 4, "the database is out of reach", too_long="SWALLOWED", **options)


async def _while_it_opens(bench: Bench) -> None:
    stored, loaded = [40], asyncio.Event()

    async def happens(*numbers: int) -> None:
        for number in numbers:
            if number not in stored:  # also where an answer asks the database twice
                stored.append(number)
                message = {"type": "event", "data": {"event_id": number}}
                await bench.redis.publish(CHANNEL, message)

    async def load_recent() -> list[int]:
        await happens(10, 90)  # while the database is asked
        recent = list(stored)
        await happens(30)  # when it has answered
        loaded.set()
        return recent

    async def analyze() -> None:
        while not await _subscribers(bench):  # noqa: ASYNC110 - only the server knows
            await asyncio.sleep(0.01)
        with suppress(TimeoutError):  # an answer may load nothing at all
            await asyncio.wait_for(loaded.wait(), 0.5)
        await asyncio.sleep(1)
        await happens(20, 95, 96, 97, 98)

    analyzer = asyncio.create_task(analyze())
    when = "event 40 is stored, and 10, 90, 30, 20 and more happen meanwhile"
    came = await _open(bench, load_recent, 5, when, too_long="NEVER_ENOUGH")
    analyzer.cancel()
    right = [40, 10, 90, 30, 20]
    if not isinstance(came, list) or any(type(each) is not int for each in came):
        raise NotYet("OTHER", expected=f"{right}", came=repr(came))
    mistakes = {
        "TWICE": len(set(came)) < len(came),
        "NO_HISTORY": 40 not in came,
        "TOO_FEW": len(came) < 5,
        "MISSED": 20 not in came,
        "TOO_LATE": 30 not in came,
        "COUNT": len(came) > 5,
        "OTHER": True,
    }
    expect(came, right, mistakes)


async def _open(bench: Bench, load: Load, count: int, when: str, **options: Any) -> Any:
    """Call the answer, and see that it has stopped listening."""
    came = await bench.ask(load, count, when=f"{when}, with `count={count}`", **options)
    if isinstance(came, list | Exception) and (left := await _subscribers(bench)):
        raise NotYet("STILL_SUBSCRIBED", expected="no subscriber afterwards", came=f"{left}")
    if isinstance(came, list | Exception) and not await _subscribers(bench, ANOTHER):
        raise NotYet("ALL_ENDED", expected=f"the client still hears {ANOTHER}", came="it does not")
    return came


async def _subscribers(bench: Bench, channel: str = CHANNEL) -> int:
    _, count = await bench.redis.call("PUBSUB", "NUMSUB", bench.redis.full_name(channel))
    return int(count)
