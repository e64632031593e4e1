"""Find the bug in a dashboard that misses an event now and then."""

import asyncio
from contextlib import suppress
from typing import Any

from exercises.writing import FORGOT_AWAIT, Bench, Exercise, NotYet, Wrong

TOO_LATE = (
    "Event 3 was stored and published after the recent events had been read, and before anybody "
    "listened. Listen first, and read the recent ones when nothing can be missed any more."
)
TWICE = (
    "An event that is published while the recent ones are read comes both ways. Leave out those "
    "that you have."
)
NO_HISTORY = "The events from before the dashboard opened are missing: `load_recent` has them."
STILL_SUBSCRIBED = (
    "The subscription is still open, and Redis goes on sending to it. Whoever subscribes "
    "unsubscribes: a `finally` does it in every case."
)
OTHER = "Return the ids in order, the recent ones first, each of them once."


async def check(bench: Bench, open_dashboard: Any) -> None:
    """Let an event happen at each moment that is awkward for somebody who opens a dashboard."""
    ours, stored = bench.redis, [1]
    loaded = asyncio.Event()
    channel = ours.full_name("security_events")

    async def happens(number: int) -> None:
        stored.append(number)
        await ours.publish("security_events", {"type": "event", "data": {"event_id": number}})

    async def load_recent() -> list[int]:
        await happens(2)  # while the database is asked
        recent = list(stored)
        await happens(3)  # when it has answered
        loaded.set()
        return recent

    async def subscribers() -> int:
        _, count = await ours.call("PUBSUB", "NUMSUB", channel)
        return int(count)

    async def analyze() -> None:
        while not await subscribers():  # noqa: ASYNC110 - only the server knows
            await asyncio.sleep(0.01)
        with suppress(TimeoutError):  # an answer may load nothing at all
            await asyncio.wait_for(loaded.wait(), 0.5)
        for number in (4, 5, 6, 7):
            await happens(number)

    analyzer = asyncio.create_task(analyze())
    when = "event 1 is stored, and 2, 3, 4 and more happen while it opens, with `count=4`"
    arguments = (bench.client, load_recent, 4)
    came = await bench.run(open_dashboard, *arguments, when=when, too_long=TOO_LATE)
    analyzer.cancel()
    if came != [1, 2, 3, 4]:
        hint = OTHER
        if isinstance(came, list):
            if len(set(map(str, came))) < len(came):
                hint = TWICE
            elif 1 not in came:
                hint = NO_HISTORY
            elif 3 not in came:
                hint = TOO_LATE
        raise NotYet(hint, expected="[1, 2, 3, 4]", came=repr(came))
    if left := await subscribers():
        raise NotYet(STILL_SUBSCRIBED, expected="no subscriber afterwards", came=f"{left}")


EXERCISE = Exercise(
    place=3,
    statement="""\
### Exercise: find the bug in a dashboard

When a dashboard is opened it shows the recent events from the database, and then each new one. `open_dashboard` returns the ids of the first `count` events that it shows. It looks right, and yet about once a week an event is missing: stored, published, and never shown. Repair it. When it has what it needs, it should also stop listening.
""",  # noqa: E501
    stub="""\
async def open_dashboard(client, load_recent, count):
    events = await load_recent()
    subscription = await client.subscribe("security_events")
    async for message in client.listen(subscription):
        events.append(message["data"]["data"]["event_id"])
        if len(events) >= count:
            break
    return events
""",
    answers=("open_dashboard",),
    check=check,
    hints=(
        "An event happens between the first line and the second. Who tells the dashboard?",
        "Subscribe first. What is published while `load_recent` works waits on the connection.",
        "Now an event can come both ways: skip ids that are there already. And unsubscribe in a "
        "`finally`.",
    ),
    solution="""\
async def open_dashboard(client, load_recent, count):
    # First listen, then load: what happens in between comes twice instead of never.
    subscription = await client.subscribe("security_events")
    try:
        events = await load_recent()
        async for message in client.listen(subscription):
            event_id = message["data"]["data"]["event_id"]
            if event_id not in events:
                events.append(event_id)
            if len(events) >= count:
                break
    finally:
        await client.unsubscribe("security_events")
    return events
""",
    why="a channel keeps nothing for who is late: subscribe first, then fetch, then drop what came "
    "twice.",
    wrong=(
        Wrong(
            TOO_LATE,
            """\
async def open_dashboard(client, load_recent, count):
    events = await load_recent()
    subscription = await client.subscribe("security_events")
    try:
        async for message in client.listen(subscription):
            event_id = message["data"]["data"]["event_id"]
            if event_id not in events:
                events.append(event_id)
            if len(events) >= count:
                return events
    finally:
        await client.unsubscribe("security_events")
""",
        ),
        Wrong(
            TWICE,
            """\
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    try:
        events = await load_recent()
        async for message in client.listen(subscription):
            events.append(message["data"]["data"]["event_id"])
            if len(events) >= count:
                return events
    finally:
        await client.unsubscribe("security_events")
""",
        ),
        Wrong(
            NO_HISTORY,
            """\
async def open_dashboard(client, load_recent, count):
    events = []
    subscription = await client.subscribe("security_events")
    try:
        async for message in client.listen(subscription):
            event_id = message["data"]["data"]["event_id"]
            if event_id not in events:
                events.append(event_id)
            if len(events) >= count:
                return events
    finally:
        await client.unsubscribe("security_events")
""",
        ),
        Wrong(
            STILL_SUBSCRIBED,
            """\
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    events = await load_recent()
    async for message in client.listen(subscription):
        event_id = message["data"]["data"]["event_id"]
        if event_id not in events:
            events.append(event_id)
        if len(events) >= count:
            return events
""",
        ),
        Wrong(
            OTHER,
            """\
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    try:
        events = set(await load_recent())
        async for message in client.listen(subscription):
            events.add(message["data"]["data"]["event_id"])
            if len(events) >= count:
                return events
    finally:
        await client.unsubscribe("security_events")
""",
        ),
        Wrong(
            FORGOT_AWAIT,
            """\
async def open_dashboard(client, load_recent, count):
    subscription = await client.subscribe("security_events")
    events = await load_recent()
    async for message in client.listen(subscription):
        event_id = message["data"]["data"]["event_id"]
        if event_id not in events:
            events.append(event_id)
        if len(events) >= count:
            client.unsubscribe("security_events")
            return events
""",
        ),
    ),
)
