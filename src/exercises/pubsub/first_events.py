"""A listener that ends after N events or a deadline."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from backend.core.subscription import Subscription
from exercises.bench import Bench, NotYet, expect


async def check(bench: Bench) -> None:
    """Publish nothing, enough, more than enough, and too few with pauses between them."""
    came, _ = await _ask(bench, 5, 0.5, "no event comes")
    bench.ended(0.45, 1.4, "TOO_EARLY", "TOO_LATE", expected="an end after 0.5 s")
    expect(came, [], {"LOST_AT_DEADLINE": came is None, "OTHER": True})
    for count, there in ((3, (31, 7, 12)), (2, (22, 5, 40, 1)), (1, (9,)), (3, (6, 2, 6, 4))):
        await _are_there(bench, count, there)
    await _they_drip(bench)
    await _is_cancelled(bench)


async def _are_there(bench: Bench, count: int, there: tuple[int, ...]) -> None:
    came, _ = await _ask(bench, count, 2, f"{len(there)} events are there", there)
    right = [*there[:count]]
    mistakes = {
        "LOST_AT_DEADLINE": came is None,
        "WHOLE_MESSAGE": lambda it: any(isinstance(each, dict) for each in it),
        "NOT_HEARD": lambda it: len(it) == 0,
        "ORDER": lambda it: sorted(it) == sorted(right),
        "TOO_MANY": lambda it: len(it) > len(right),
        "TOO_FEW": lambda it: len(it) < len(right),
        "OTHER": True,
    }
    expect(came, right, mistakes)
    bench.ended(0, 1, "ONE_TOO_MANY", "ONE_TOO_MANY", expected="an end at once")


async def _they_drip(bench: Bench) -> None:
    there, when = (8, 3, 5, 4, 7), "five events come, one every 0.3 s, and then none"
    came, sure = await _ask(bench, 8, 1.4, when, there, pause=0.3)
    bench.ended(1.35, 2.1, "TOO_EARLY", "EACH_ANEW", expected="an end after 1.4 s")
    if not isinstance(came, list) or len(came) < sure or came != [*there[: len(came)]]:
        mistakes = {"OTHER": bool(came) and len(came) >= sure, "LOST_AT_DEADLINE": True}
        raise NotYet(mistakes, expected=f"what had come: {[*there[:sure]]}", came=repr(came))


async def _is_cancelled(bench: Bench) -> None:
    subscription = await bench.client.subscribe("security_events")
    check = asyncio.current_task()
    assert check
    asyncio.get_running_loop().call_later(0.1, check.cancel)  # it awaits the answer then
    options: dict[str, Any] = {"allowed": asyncio.CancelledError, "swallowed": "SWALLOWED"}
    await bench.ask(subscription, 1, 2, when="it is cancelled while it waits", **options)
    check.uncancel()
    await bench.client.unsubscribe()


async def _goes_on(bench: Bench, subscription: Subscription) -> None:
    """See that the caller still hears what comes."""
    await bench.redis.publish("security_events", "and now to something else")
    with suppress(RuntimeError, TimeoutError):  # somebody else listens
        async with asyncio.timeout(2):
            async for message in bench.client.listen(subscription):
                if message["data"] == "and now to something else":
                    return
    raise NotYet("NOT_LEFT", expected="the caller can listen on", came="it cannot")


async def _ask(
    bench: Bench, count: int, seconds: float, when: str, there: Sequence[int] = (), pause: float = 0
) -> tuple[Any, int]:
    """Call the answer while these ids are published, before it or with pauses meanwhile.

    Returns:
        What it returned, and how many events it must have heard.
    """
    published: list[float] = []

    async def publish() -> None:
        for number in there:
            event = {"event_id": number, "risk_score": 50 + number}
            await bench.redis.publish("security_events", {"type": "event", "data": event})
            published.append(time.monotonic())
            await asyncio.sleep(pause)

    subscription = await bench.client.subscribe("security_events")
    publishing = asyncio.create_task(publish())
    if not pause:
        await publishing
    raised = {"KeyError": "WHOLE_MESSAGE", "indices": "WHOLE_MESSAGE", "TimeoutError": "ESCAPES"}
    when = f"{when}, with `count={count}, seconds={seconds}`"
    too_long = "EACH_ANEW" if pause else "NO_DEADLINE"
    options: dict[str, Any] = {"when": when, "too_long": too_long, "raised": raised}
    came = await bench.ask(subscription, count, seconds, **options)
    ended = time.monotonic()
    publishing.cancel()
    await _goes_on(bench, subscription)
    await bench.client.unsubscribe()
    return came, sum(at < ended - 0.25 for at in published)  # the last one may come too late
