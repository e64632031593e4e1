"""Find the bug in a dashboard that misses an event now and then."""

import asyncio
from contextlib import suppress
from typing import Any

from exercises.bench import Bench
from exercises.verdict import NotYet, expect

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
ENOUGH = (
    "The recent events are enough already. Return the first `count` of them at once: in a quiet "
    "night no new one comes for hours."
)
OTHER = "Return the ids in order, the recent ones first, each of them once."


async def check(bench: Bench, open_dashboard: Any) -> None:
    """Let an event happen at each moment that is awkward for somebody who opens a dashboard."""
    stored, loaded = [1], asyncio.Event()

    async def happens(number: int) -> None:
        stored.append(number)
        message = {"type": "event", "data": {"event_id": number}}
        await bench.redis.publish("security_events", message)

    async def load_recent() -> list[int]:
        await happens(2)  # while the database is asked
        recent = list(stored)
        await happens(3)  # when it has answered
        loaded.set()
        return recent

    async def analyze() -> None:
        while not await _subscribers(bench):  # noqa: ASYNC110 - only the server knows
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
    expect(came, [1, 2, 3, 4], _mistake(came))
    await _has_left(bench)

    async def load_enough() -> list[int]:
        return [11, 12, 13, 14, 15]

    for count in (5, 3):
        when = f"five events are stored and nothing new happens, with `count={count}`"
        arguments = (bench.client, load_enough, count)
        came = await bench.run(open_dashboard, *arguments, when=when, too_long=ENOUGH)
        expect(came, [11, 12, 13, 14, 15][:count], ENOUGH)
        await _has_left(bench)


async def _has_left(bench: Bench) -> None:
    if left := await _subscribers(bench):
        raise NotYet(STILL_SUBSCRIBED, expected="no subscriber afterwards", came=f"{left}")


async def _subscribers(bench: Bench) -> int:
    channel = bench.redis.full_name("security_events")
    _, count = await bench.redis.call("PUBSUB", "NUMSUB", channel)
    return int(count)


def _mistake(came: Any) -> str:
    if not isinstance(came, list):
        return OTHER
    if len(set(map(str, came))) < len(came):
        return TWICE
    if 1 not in came:
        return NO_HISTORY
    return TOO_LATE if 3 not in came else OTHER
