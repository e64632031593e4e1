"""A listener that ends after N events or a deadline."""

import asyncio
import time
from typing import Any

from exercises.writing import FORGOT_AWAIT, Bench, Exercise, NotYet, Wrong

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
OTHER = "Return a list of event ids, in the order in which they came."


async def check(bench: Bench, first_events: Any) -> None:
    """Publish enough events at once, too few, and too few with pauses between them."""
    client, ours = bench.client, bench.redis
    hints: dict[str, Any] = {"too_long": NO_DEADLINE, "raised": ESCAPES}

    async def publish(number: int) -> None:
        await ours.publish("security_events", {"type": "event", "data": {"event_id": number}})

    subscription = await client.subscribe("security_events")
    for number in (1, 2, 3):
        await publish(number)
    started = time.monotonic()
    when = "three events are there, with `count=3, seconds=2`"
    came = await bench.run(first_events, client, subscription, 3, 2, when=when, **hints)
    seconds = time.monotonic() - started
    if came != [1, 2, 3]:
        is_messages = isinstance(came, list) and any(isinstance(each, dict) for each in came)
        hint = WHOLE_MESSAGE if is_messages else OTHER
        raise NotYet(hint, expected="[1, 2, 3]", came=repr(came))
    if seconds > 1:
        raise NotYet(ONE_TOO_MANY, expected="an end at once", came=f"an end after {seconds:.1f} s")

    await client.unsubscribe()
    subscription = await client.subscribe("security_events")
    when = "no event comes, with `count=1, seconds=0.5`"
    came = await bench.run(first_events, client, subscription, 1, 0.5, when=when, **hints)
    if came != []:
        raise NotYet(OTHER, expected="[]", came=repr(came))

    await client.unsubscribe()
    subscription = await client.subscribe("security_events")

    async def drip() -> None:
        for number in range(1, 9):
            await publish(number)
            await asyncio.sleep(0.3)

    started = time.monotonic()
    dripping = asyncio.create_task(drip())
    when = "an event comes every 0.3 s, with `count=8, seconds=1`"
    came = await bench.run(first_events, client, subscription, 8, 1, when=when, **hints)
    seconds = time.monotonic() - started
    dripping.cancel()
    if seconds > 1.6:
        raise NotYet(EACH_ANEW, expected="an end after 1 s", came=f"an end after {seconds:.1f} s")
    if not came or came != [*range(1, len(came) + 1)]:
        expected = "what came until then, such as [1, 2, 3, 4]"
        raise NotYet(LOST_AT_DEADLINE, expected=expected, came=repr(came))


EXERCISE = Exercise(
    place=2,
    statement="""\
### Exercise: the first events, or what there is

A test wants the next events, and must never hang. Write `first_events`: it listens to the `subscription` and returns the `event_id`s that it hears, as a list. It ends as soon as it has `count` of them, and after `seconds` seconds in any case, with what there is by then.
""",  # noqa: E501
    stub="""\
async def first_events(client, subscription, count, seconds):
    # Your code goes here.
    ...
""",
    answers=("first_events",),
    check=check,
    hints=(
        "Begin without the deadline: `async for`, append, and leave the loop when there are "
        "enough.",
        "`async with asyncio.timeout(seconds):` around the loop ends it with `TimeoutError`.",
        "Make the list before the `try`, `pass` in `except TimeoutError`, return the list at the "
        "end.",
    ),
    solution="""\
async def first_events(client, subscription, count, seconds):
    received = []
    try:
        async with asyncio.timeout(seconds):  # one deadline for all of them
            async for message in client.listen(subscription):
                received.append(message["data"]["data"]["event_id"])
                if len(received) == count:
                    break
    except TimeoutError:
        pass  # a normal end: what came so far is the answer
    return received
""",
    why="every listener in a test or a shutdown needs both ends, or one quiet channel hangs it.",
    wrong=(
        Wrong(
            NO_DEADLINE,
            """\
async def first_events(client, subscription, count, seconds):
    received = []
    async for message in client.listen(subscription):
        received.append(message["data"]["data"]["event_id"])
        if len(received) == count:
            return received
""",
        ),
        Wrong(
            EACH_ANEW,
            """\
async def first_events(client, subscription, count, seconds):
    received = []
    try:
        while len(received) < count:
            async with asyncio.timeout(seconds):
                message = await anext(client.listen(subscription))
            received.append(message["data"]["data"]["event_id"])
    except TimeoutError:
        pass
    return received
""",
        ),
        Wrong(
            LOST_AT_DEADLINE,
            """\
async def first_events(client, subscription, count, seconds):
    try:
        async with asyncio.timeout(seconds):
            received = []
            async for message in client.listen(subscription):
                received.append(message["data"]["data"]["event_id"])
                if len(received) == count:
                    return received
    except TimeoutError:
        return []
""",
        ),
        Wrong(
            ESCAPES,
            """\
async def first_events(client, subscription, count, seconds):
    received = []
    async with asyncio.timeout(seconds):
        async for message in client.listen(subscription):
            received.append(message["data"]["data"]["event_id"])
            if len(received) == count:
                break
    return received
""",
        ),
        Wrong(
            ONE_TOO_MANY,
            """\
async def first_events(client, subscription, count, seconds):
    received = []
    try:
        async with asyncio.timeout(seconds):
            async for message in client.listen(subscription):
                if len(received) == count:
                    break
                received.append(message["data"]["data"]["event_id"])
    except TimeoutError:
        pass
    return received
""",
        ),
        Wrong(
            WHOLE_MESSAGE,
            """\
async def first_events(client, subscription, count, seconds):
    received = []
    try:
        async with asyncio.timeout(seconds):
            async for message in client.listen(subscription):
                received.append(message["data"])
                if len(received) == count:
                    break
    except TimeoutError:
        pass
    return received
""",
        ),
        Wrong(
            OTHER,
            """\
async def first_events(client, subscription, count, seconds):
    # The first message is taken for Redis's confirmation; the client leaves those out.
    received = []
    try:
        async with asyncio.timeout(seconds):
            await anext(client.listen(subscription))
            async for message in client.listen(subscription):
                received.append(message["data"]["data"]["event_id"])
                if len(received) == count - 1:
                    break
    except TimeoutError:
        pass
    return received
""",
        ),
        Wrong(
            FORGOT_AWAIT,
            """\
async def first_events(client, subscription, count, seconds):
    return [anext(client.listen(subscription)) for _ in range(count)]
""",
        ),
    ),
)
