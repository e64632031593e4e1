"""A listener that ends after N events or a deadline."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from exercises.bench import Bench
from exercises.verdict import NotYet

NO_DEADLINE = (
    "`listen` waits for ever, and the events stopped coming. Put a deadline around the whole loop: "
    "`async with asyncio.timeout(seconds):`. It counts seconds."
)
EACH_ANEW = (
    "An event came every 0.3 s, and each one bought your loop more time. One deadline for the "
    "whole, not one for each message."
)
TOO_LATE = (
    "It had no more than `seconds` seconds, and took longer. The unit is seconds all through."
)
TOO_EARLY = (
    "It ended before the time was over, though it had fewer events than it wants. A pause between "
    "two events is no end; `seconds` counts seconds."
)
LOST_AT_DEADLINE = (
    "The deadline came, and with it went what you had received. Keep the list outside of the block "
    "with the deadline, and return it in both cases."
)
ESCAPES = (
    "The deadline is a normal end here. Catch `TimeoutError` around the block and return what came."
)
NOT_HEARD = (
    "The events were waiting in the `subscription` that your function is given, and it returned "
    "none of them. Listen to that very one, and keep what you hear."
)
ONE_TOO_MANY = (
    "You had what you wanted and waited for one more. Look at the count after you have added an "
    "event, before you ask for the next."
)
TOO_MANY = "More events came than `count`, and the caller wants so many of them: the first ones."
TOO_FEW = "There were `count` events, and fewer came back. When exactly does your loop end?"
WHOLE_MESSAGE = (
    'A message is a dict around your event: the id is at `message["data"]["data"]["event_id"]`.'
)
ORDER = "These are the right ids, in another order. Keep the one in which they came: use a list."
OTHER = "Return a list of event ids, in the order in which they came."


async def check(bench: Bench, first_events: Any) -> None:
    """Publish nothing, enough, more than enough, and too few with pauses between them."""
    await _nothing_comes(bench, first_events)
    for count, there in ((3, (31, 7, 12)), (2, (22, 5, 40, 1)), (1, (9,))):
        await _are_there(bench, first_events, count, there)
    await _they_drip(bench, first_events)


async def _nothing_comes(bench: Bench, first_events: Any) -> None:
    came = await _ask(bench, first_events, 5, 0.5, "no event comes")
    if bench.seconds < 0.45:
        late = f"an end after {bench.seconds:.2f} s"
        raise NotYet(TOO_EARLY, expected="an end after 0.5 s", came=late)
    _in_time(bench, 1.4, TOO_LATE, "an end after 0.5 s")
    if came != []:
        raise NotYet(LOST_AT_DEADLINE if came is None else OTHER, expected="[]", came=repr(came))


async def _are_there(bench: Bench, first_events: Any, count: int, there: tuple[int, ...]) -> None:
    when = f"{len(there)} events are there"
    came, right = await _ask(bench, first_events, count, 2, when, there), [*there[:count]]
    if came != right:
        raise NotYet(_mistake(came, right), expected=f"{right}", came=repr(came))
    _in_time(bench, 1, ONE_TOO_MANY, "an end at once")


def _mistake(came: Any, right: list[int]) -> str:
    if not isinstance(came, list | tuple):
        return LOST_AT_DEADLINE if came is None else OTHER
    if not came:
        return NOT_HEARD
    if any(isinstance(each, dict) for each in came):
        return WHOLE_MESSAGE
    if isinstance(came, tuple) or not all(type(each) is int for each in came):
        return OTHER
    if sorted(came) == sorted(right):
        return ORDER
    if len(came) == len(right):
        return OTHER
    return TOO_MANY if len(came) > len(right) else TOO_FEW


async def _they_drip(bench: Bench, first_events: Any) -> None:
    published: list[tuple[float, int]] = []

    async def drip() -> None:
        for number in (8, 3, 5, 4, 7, 2, 6, 1):
            await _publish(bench, [number])
            published.append((time.monotonic(), number))
            await asyncio.sleep(0.3)

    when = "an event comes every 0.3 s"
    came = await _ask(bench, first_events, 8, 1.4, when, drip=drip, too_long=EACH_ANEW)
    ended = time.monotonic()
    _in_time(bench, 2.1, EACH_ANEW, "an end after 1.4 s")
    if bench.seconds < 1.35:
        early = f"{came!r} after {bench.seconds:.2f} s"
        raise NotYet(TOO_EARLY, expected="an end after 1.4 s", came=early)
    ids = [number for _, number in published]
    sure = sum(at < ended - 0.25 for at, _ in published)  # the last one may come with the deadline
    if not isinstance(came, list) or len(came) < sure or came != ids[: len(came)]:
        hint = OTHER if came and len(came) >= sure else LOST_AT_DEADLINE
        raise NotYet(hint, expected=f"what came until then: {ids[:sure]}", came=repr(came))


async def _ask(
    bench: Bench,
    first_events: Any,
    count: int,
    seconds: float,
    when: str,
    there: Iterable[int] = (),
    drip: Callable[[], Coroutine[Any, Any, None]] | None = None,
    too_long: str = NO_DEADLINE,
) -> Any:
    """Call the answer with a new subscription, in which events wait, or drip into it meanwhile."""
    subscription = await bench.client.subscribe("security_events")
    await _publish(bench, there)
    dripping = asyncio.create_task(drip()) if drip else None

    def raised(error: BaseException) -> str | None:
        if isinstance(error, KeyError) or "indices" in str(error):
            return WHOLE_MESSAGE
        return ESCAPES if isinstance(error, TimeoutError) else None

    when = f"{when}, with `count={count}, seconds={seconds}`"
    arguments = (bench.client, subscription, count, seconds)
    came = await bench.run(first_events, *arguments, when=when, too_long=too_long, raised=raised)
    if dripping:
        dripping.cancel()
    await bench.client.unsubscribe()
    return came


async def _publish(bench: Bench, numbers: Iterable[int]) -> None:
    for number in numbers:
        event = {"event_id": number, "risk_score": 50 + number}
        await bench.redis.publish("security_events", {"type": "event", "data": event})


def _in_time(bench: Bench, most: float, hint: str, expected: str) -> None:
    if bench.seconds > most:
        raise NotYet(hint, expected=expected, came=f"an end after {bench.seconds:.1f} s")
