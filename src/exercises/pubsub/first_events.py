"""A listener that ends after N events or a deadline."""

import asyncio
from collections.abc import Iterable
from typing import Any

from exercises.bench import Bench
from exercises.verdict import NotYet, expect

NO_DEADLINE = (
    "`listen` waits for ever, and the events stopped coming. Put a deadline around the whole loop: "
    "`async with asyncio.timeout(seconds):`."
)
EACH_ANEW = (
    "An event came every 0.3 s, and each one bought your loop more time. One deadline for the "
    "whole, not one for each message."
)
LOST_AT_DEADLINE = (
    "The deadline came, and with it went what you had received. Keep the list outside of the block "
    "with the deadline, and return it in both cases."
)
ESCAPES = (
    "The deadline is a normal end here. Catch `TimeoutError` around the block and return what came."
)
ONE_TOO_MANY = (
    "You had what you wanted and waited for one more. Look at the count after you have added an "
    "event, before you ask for the next."
)
WHOLE_MESSAGE = (
    'A message is a dict around your event: the id is at `message["data"]["data"]["event_id"]`.'
)
TOO_EARLY = (
    "It ended before the time was over, though it had fewer events than it wants. A pause between "
    "two events is no end; `seconds` counts seconds."
)
OTHER = "Return a list of event ids, in the order in which they came."


async def check(bench: Bench, first_events: Any) -> None:
    """Publish enough events at once, none, and too few with pauses between them."""

    async def publish(numbers: Iterable[int], pause: float = 0.0) -> None:
        for number in numbers:
            message = {"type": "event", "data": {"event_id": number}}
            await bench.redis.publish("security_events", message)
            await asyncio.sleep(pause)

    async def ask(count: int, seconds: float, when: str, drip: Iterable[int] = ()) -> Any:
        when = f"{when}, with `count={count}, seconds={seconds}`"
        hints: dict[str, Any] = {"too_long": NO_DEADLINE, "raised": ESCAPES}
        dripping = asyncio.create_task(publish(drip, pause=0.3))
        arguments = (bench.client, subscription, count, seconds)
        came = await bench.run(first_events, *arguments, when=when, **hints)
        dripping.cancel()
        await bench.client.unsubscribe()
        return came

    subscription = await bench.client.subscribe("security_events")
    await publish((2, 1, 3))
    came = await ask(3, 2, "three events are there")
    if came != [2, 1, 3]:
        is_messages = isinstance(came, list) and any(isinstance(each, dict) for each in came)
        hint = WHOLE_MESSAGE if is_messages else OTHER
        raise NotYet(hint, expected="[2, 1, 3]", came=repr(came))
    _in_time(bench, 1, ONE_TOO_MANY, "an end at once")

    subscription = await bench.client.subscribe("security_events")
    expect(await ask(1, 0.5, "no event comes"), [], OTHER)
    _not_before(bench, 0.4)

    subscription = await bench.client.subscribe("security_events")
    came = await ask(8, 1, "an event comes every 0.3 s", drip=range(1, 9))
    _in_time(bench, 1.6, EACH_ANEW, "an end after 1 s")
    _not_before(bench, 0.9)
    if not isinstance(came, list) or len(came) < 3 or came != [*range(1, len(came) + 1)]:
        expected = "what came until then, such as [1, 2, 3, 4]"
        raise NotYet(LOST_AT_DEADLINE, expected=expected, came=repr(came))


def _not_before(bench: Bench, least: float) -> None:
    if bench.seconds < least:
        raise NotYet(
            TOO_EARLY, expected=f"{least:g} s or more", came=f"an end after {bench.seconds:.1f} s"
        )


def _in_time(bench: Bench, most: float, hint: str, expected: str) -> None:
    if bench.seconds > most:
        raise NotYet(hint, expected=expected, came=f"an end after {bench.seconds:.1f} s")
