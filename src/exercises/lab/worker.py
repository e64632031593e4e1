"""Write a worker that loses nothing, with ReliableQueue."""

import asyncio
import logging
from typing import Any

from backend.core.reliable_queue import ReliableQueue, contents
from exercises.bench import Bench
from exercises.clients import Onlooker
from exercises.interruptions import Stage
from exercises.verdict import NotYet, expect

QUEUE = "detection_queue"
TRIES = 3
"""How often a broken image is tried in all."""
MOST_TIMES = 5
"""How often an item comes before we call it for ever. `ReliableQueue` gives up after 3."""
A_WHILE = 24 * 3600
"""Seconds after which every lease has run out."""
ERRORS: dict[str, type[Exception]] = {"ValueError": ValueError, "KeyError": KeyError}
PLACES = {
    "dead_lettered": ("GIVEN_UP", "it is a dead letter"),
    "in_hand": ("IN_HAND", "it is in the worker's hand"),
    "waiting": ("NOT_LATER", "it waits as a new one"),
}
"""Where a broken image is found, and is not to be."""


async def check(bench: Bench) -> None:
    """Let it work; then with broken images, two at once, with a slow camera, and cut short."""
    logging.getLogger("backend").setLevel(logging.CRITICAL)  # that an item failed is no news here
    items: list[Any] = [{"id": number, "camera_id": "garage"} for number in (1, 2, 3)]
    handled = await _work(bench, items, "three detections wait", "NO_JOB", "NEVER_DONE")
    expect(handled, items, "NOT_HANDLED")
    expected = "it returns after about 1 s of quiet"
    bench.ended(0.9, 1.9, "TOO_SOON", "TOO_LATE", expected=expected)
    await _with_broken_images(bench)
    await _two_at_once(bench)
    await _cut_short(bench)


async def _work(
    bench: Bench, items: list[Any], when: str, raised: str = "STOPPED", often: str = "AT_ONCE"
) -> list[Any]:
    """Add the items, and return what the worker gave to `handle`, in order.

    One with the key "broken" makes `handle` raise that; `raised` and `often` are the mistakes of a
    worker that raises, and of one that handles an item again and again.
    """
    handled: list[Any] = []

    async def handle(item: Any) -> None:
        if not isinstance(item, dict):
            raise NotYet("WHOLE_JOB", expected="a detection, a dict", came=repr(item))
        handled.append(item)
        if (times := handled.count(item)) > MOST_TIMES:
            came = f"it was handled {times} times"
            raise NotYet(often, expected="each detection once", came=came)
        if item not in (await contents(bench.redis, QUEUE))["in_hand"]:
            expected = "while it is handled, it is in a processing list"
            mistakes = {"POPPED": bench.client.sent("POP"), "TOO_EARLY": True}
            raise NotYet(mistakes, expected=expected, came="it is in none")
        if "broken" in item:
            raise ERRORS[item["broken"]]("camera_id")

    await bench.redis.add(QUEUE, *items)
    await bench.ask(handle, when=when, within=5, too_long="FOR_EVER", raised=raised)
    return handled


async def _with_broken_images(bench: Bench) -> None:
    """Have two of four fail, and make them due again until each was tried three times in all."""
    broken: list[Any] = [{"id": 2, "broken": "ValueError"}, {"id": 3, "broken": "KeyError"}]
    items = [{"id": 1}, *broken, {"id": 4}]
    when = "four detections wait; the second raises ValueError, and the third KeyError"
    handled = await _work(bench, items, when)
    if not all(item in handled for item in items):
        raise NotYet("STOPPED", expected=repr(items), came=repr(handled))
    for item, gone in zip(broken, ("SWALLOWED", "SECOND_TYPE"), strict=True):
        await _look_for(bench, item, gone, handled.count(item))
    retry = bench.redis.full_name(f"{QUEUE}:retry")
    while waiting := await bench.redis.call("ZRANGE", retry, 0, -1):
        for member in waiting:
            await bench.redis.call("ZADD", retry, 0, member)
        handled += await _work(bench, [], "the broken images are due again")
        if (most := max(map(handled.count, broken))) > TRIES:
            came = f"it was tried {most} times, and may be again"
            raise NotYet("TOO_OFTEN", expected=f"a dead letter after {TRIES} tries", came=came)
    for item in broken:
        await _look_for(bench, item, "SWALLOWED", handled.count(item))
    await bench.redis.clear()


async def _look_for(bench: Bench, item: Any, gone: str, tried: int) -> None:
    """See that an item which has failed, after so many tries, waits for a further one."""
    places = await contents(bench.redis, QUEUE)
    place = next((name for name, there in places.items() if item in there), "nowhere")
    if place != "retrying" and (place, tried) != ("dead_lettered", TRIES):
        mistake, words = PLACES.get(place, (gone, "it is gone"))
        expected, came = "the broken image waits to be tried again", f"{words}, after {tried} tries"
        raise NotYet(mistake, expected=expected, came=came)


async def _two_at_once(bench: Bench) -> None:
    """Have two processes work on six detections that each take a while."""
    await bench.redis.add(QUEUE, *range(6))

    async def job(stage: Stage) -> None:
        await bench.answers[0](stage.client, stage.redis.taking_note("handle", takes=0.1))

    await asyncio.gather(bench.again(job), bench.again(job))
    handled = sorted(await bench.redis.peek_queue("handle"))
    when = "Two workers, each a process, had six detections between them."
    mistakes = {"ONE_NAME": len(handled) > 6, "NOT_HANDLED": True}
    expect(handled, [*range(6)], mistakes, expected=f"handled: {[*range(6)]}", when=when)


async def _cut_short(bench: Bench) -> None:
    """Cut it at each command up to the acknowledgement, and within `handle`."""

    async def job(stage: Stage) -> None:
        await bench.answers[0](stage.client, stage.lent("handle"))

    async def fill(redis: Onlooker) -> None:
        await redis.add(QUEUE, {"id": 1})

    for way in ("killed", "cancelled"):
        async for _ in bench.interrupted(job=job, fill=fill, ways=[way]):
            if not await _comes_back(bench.redis):
                if await bench.redis.exists("handle"):
                    break  # and acknowledged: there is nothing more to lose
                raise NotYet("LOST", expected="it is still in Redis", came="it is nowhere")


async def _comes_back(redis: Onlooker) -> bool:
    """Let the leases run out, and return whether another worker is given the detection."""
    await redis.let_time_pass(A_WHILE)
    async with ReliableQueue(redis, QUEUE) as queue:
        await queue.return_lost()
        if job := await queue.take(timeout=0.02):
            await queue.acknowledge(job)
        return job is not None
