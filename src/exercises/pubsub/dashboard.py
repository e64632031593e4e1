"""Find the bug in a dashboard that misses an event now and then."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from exercises.bench import Bench
from exercises.verdict import NotYet

TOO_LATE = (
    "Event 30 was stored and published after the recent events had been read, and before anybody "
    "listened. Listen first, and read the recent ones when nothing can be missed any more."
)
TWICE = (
    "An event that is published while the recent ones are read comes both ways. Leave out those "
    "that you have."
)
NO_HISTORY = "The events from before the dashboard opened are missing: `load_recent` has them."
TOO_FEW = (
    "It stopped before it had `count` events. Stay subscribed, and go on listening, until there "
    "are enough."
)
ENOUGH = (
    "The recent events are enough already. Return the first `count` of them at once: in a quiet "
    "night no new one comes for hours."
)
COUNT = (
    "The first `count` of what it shows are wanted, the recent ones first: no more, and no others."
)
MISSED = (
    "Event 20 came in time, and is not shown. Ids come in no order of size: leave out those that "
    "you have, and no others."
)
NEVER_ENOUGH = (
    "More events were published than it waits for. Which of them does your loop leave out, and "
    "does it listen to `security_events`?"
)
STILL_SUBSCRIBED = (
    "The subscription is still open, and Redis goes on sending to it. Whoever subscribes "
    "unsubscribes: a `finally` does it in every case."
)
SWALLOWED = (
    "The database was out of reach, and the caller did not learn of it: let the error through. A "
    "`finally` needs no `except`."
)
OTHER = "Return the ids in order, the recent ones first as they came, each of them once."

Load = Callable[[], Awaitable[list[int]]]


async def check(bench: Bench, open_dashboard: Any) -> None:
    """Let events happen at each awkward moment, then none at all, then the database fail."""
    await _while_it_opens(bench, open_dashboard)
    await _in_a_quiet_night(bench, open_dashboard)
    await _without_a_database(bench, open_dashboard)


async def _while_it_opens(bench: Bench, open_dashboard: Any) -> None:
    stored, loaded = [40], asyncio.Event()

    async def happens(number: int) -> None:
        if number not in stored:  # also where an answer asks the database twice
            stored.append(number)
            message = {"type": "event", "data": {"event_id": number}}
            await bench.redis.publish("security_events", message)

    async def load_recent() -> list[int]:
        await happens(10)  # while the database is asked
        await happens(90)
        recent = list(stored)
        await happens(30)  # when it has answered
        loaded.set()
        return recent

    async def analyze() -> None:
        while not await _subscribers(bench):  # noqa: ASYNC110 - only the server knows
            await asyncio.sleep(0.01)
        with suppress(TimeoutError):  # an answer may load nothing at all
            await asyncio.wait_for(loaded.wait(), 0.5)
        for number in (20, 95, 96, 97, 98):
            await happens(number)

    analyzer = asyncio.create_task(analyze())
    when = "event 40 is stored, and 10, 90, 30, 20 and more happen meanwhile, with `count=5`"
    came = await _open(bench, open_dashboard, load_recent, 5, when, NEVER_ENOUGH)
    analyzer.cancel()
    if came != [40, 10, 90, 30, 20]:
        raise NotYet(_mistake(came), expected="[40, 10, 90, 30, 20]", came=repr(came))


def _mistake(came: Any) -> str:
    if not isinstance(came, list) or not all(type(each) is int for each in came):
        return OTHER
    for mistake, hint in (
        (len(set(came)) < len(came), TWICE),
        (40 not in came, NO_HISTORY),
        (len(came) < 5, TOO_FEW),
        (20 not in came, MISSED),
        (30 not in came, TOO_LATE),
        (len(came) > 5, COUNT),
    ):
        if mistake:
            return hint
    return OTHER


async def _in_a_quiet_night(bench: Bench, open_dashboard: Any) -> None:
    recent = [15, 11, 14, 12, 13]

    async def load_recent() -> list[int]:
        return list(recent)

    for count in (5, 3, 1):
        when = f"five events are stored and nothing new happens, with `count={count}`"
        came = await _open(bench, open_dashboard, load_recent, count, when, ENOUGH)
        if came != recent[:count]:
            hint = COUNT if isinstance(came, list) else OTHER
            raise NotYet(hint, expected=f"{recent[:count]}", came=repr(came))


async def _without_a_database(bench: Bench, open_dashboard: Any) -> None:
    async def load_recent() -> list[int]:
        raise ConnectionRefusedError("the database is out of reach")

    async def opened(client: Any, load: Load, count: int) -> Any:
        try:
            return await open_dashboard(client, load, count)
        except ConnectionRefusedError as error:
            return error

    came = await _open(bench, opened, load_recent, 4, "the database is out of reach", SWALLOWED)
    if not isinstance(came, ConnectionRefusedError):
        raise NotYet(SWALLOWED, expected="the error", came=repr(came))


async def _open(
    bench: Bench, open_dashboard: Any, load: Load, count: int, when: str, too_long: str
) -> Any:
    """Call the answer, and see that it has stopped listening."""
    came = await bench.run(open_dashboard, bench.client, load, count, when=when, too_long=too_long)
    if isinstance(came, list | Exception) and (left := await _subscribers(bench)):
        raise NotYet(STILL_SUBSCRIBED, expected="no subscriber afterwards", came=f"{left}")
    return came


async def _subscribers(bench: Bench) -> int:
    channel = bench.redis.full_name("security_events")
    _, count = await bench.redis.call("PUBSUB", "NUMSUB", channel)
    return int(count)
