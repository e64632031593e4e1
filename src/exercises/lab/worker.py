"""Write a worker that loses nothing, with ReliableQueue."""

import asyncio
import logging
from typing import Any

from backend.core.redis import RedisClient
from backend.core.reliable_queue import ReliableQueue, contents
from exercises.bench import Bench
from exercises.interruptions import Stage
from exercises.verdict import NotYet, expect

POPPED = (
    "While `handle` worked on it, the detection was in nobody's list: a pop had removed it. Who "
    "dies now takes it along. Take it with the `reserve` of a `ReliableQueue`."
)
TOO_EARLY = (
    "While `handle` worked on it, the detection was acknowledged already. Who dies now takes it "
    "along. The work comes first, inside the `async with` block of `reserve`."
)
WHOLE_JOB = "`handle` was given the whole job. What the producer had added is in `job.data`."
NO_JOB = "When no item came in time, the job is None. That is when your worker ends."
FOR_EVER = (
    "The queue is empty, and your worker does not end. With a timeout of one second `reserve` "
    "gives None then: leave the loop."
)
NEVER_DONE = (
    "The same detection came again and again: a consumer that asks for the next one, and has not "
    "acknowledged, is given what it has in hand. `reserve` acknowledges at the end of its block."
)
STOPPED = (
    "One broken image ended the whole worker, and those behind it wait. Who calls `take` calls "
    "`fail` too; `reserve` does both for you, and the program goes on behind its block."
)
SWALLOWED = (
    "The broken image is nowhere: its exception never reached `reserve`, which took silence for "
    "success and acknowledged. Let the exception out of the block."
)
AT_ONCE = (
    "The broken image came back at once, failed again, and so on for ever. Leave it to `reserve`: "
    "it waits, counts, and gives up in the end."
)
GIVEN_UP = (
    "The broken image is among the dead letters too early. It is to be tried three times in all: "
    "`ReliableQueue` does so by itself, unless you tell it another number."
)
TOO_OFTEN = (
    "The broken image was tried three times, and is to be tried once more. Three are enough, and "
    "`ReliableQueue` counts so far by itself."
)
IN_HAND = (
    "Your worker has returned, and the broken image is still in its hand: nobody tries it again "
    "until its lease has run out. `reserve` has it tried again, and `async with ReliableQueue` "
    "gives back what is left."
)
NOT_LATER = (
    "The broken image waits in the queue as if it were new, so its tries are not counted, and it "
    "goes round for ever. `reserve` counts, and waits before the next try."
)
TOO_SOON = "It returned while a camera was only slow. Wait one second for the next detection."
TOO_LATE = "No detection had come for one second, and the worker had not returned."
ONE_NAME = (
    "Two workers had the same detection: each took the other for its own earlier self. A consumer "
    "needs a name that no other has; leave `consumer` out, and `ReliableQueue` makes one."
)
LOST = (
    "The detection is nowhere, and it was not handled. What you take has to stay in Redis until "
    "`handle` has returned: `reserve` acknowledges at the end of its block, and not when it raises."
)
SECOND_TYPE = (
    "An image that raises `KeyError` ended the worker, or is nowhere. Whatever `handle` raises "
    "about an image, `reserve` has it tried again; let it out of the block."
)
NOT_HANDLED = "Each detection is handled once, the first one in first."
TRIES = 3
"""How often a broken image is tried in all."""
MOST_TIMES = 5
"""How often an item comes before we call it for ever. `ReliableQueue` gives up after 3."""


class _End(BaseException):
    """Ends a worker from within its work, whatever it catches; carries the verdict."""


async def check(bench: Bench, work: Any) -> None:
    """Let it work; then with broken images, two at once, with a slow camera, and cut short."""
    logging.getLogger("backend").setLevel(logging.CRITICAL)  # that an item failed is no news here
    items: list[Any] = [{"id": number, "camera_id": "garage"} for number in (1, 2, 3)]
    handled = await _let_it_work(bench, work, items, "three detections wait", NO_JOB, NEVER_DONE)
    expect(handled, items, NOT_HANDLED)
    if not 0.9 <= bench.seconds <= 1.9:
        hint = TOO_SOON if bench.seconds < 1 else TOO_LATE
        came = f"after {bench.seconds:.1f} s"
        raise NotYet(hint, expected="it returns after about 1 s of quiet", came=came)
    await _with_broken_images(bench, work)
    await _two_at_once(bench, work)
    await _cut_short(bench, work)


async def _with_broken_images(bench: Bench, work: Any) -> None:
    items: list[Any] = [
        {"id": 1},
        {"id": 2, "broken": "ValueError"},
        {"id": 3, "broken": "KeyError"},
        {"id": 4},
    ]
    when = "four detections wait; the second raises ValueError, and the third KeyError"
    handled = await _let_it_work(bench, work, items, when, STOPPED, AT_ONCE)
    if not all(item in handled for item in items):
        raise NotYet(STOPPED, expected=repr(items), came=repr(handled))
    for item, gone in ((items[1], SWALLOWED), (items[2], SECOND_TYPE)):
        await _look_for(bench, item, gone, handled.count(item))
    await _until_they_are_given_up(bench, work, handled)
    await bench.redis.delete(*await bench.keys())


async def _until_they_are_given_up(bench: Bench, work: Any, handled: list[Any]) -> None:
    """Make the broken images due again, until each was tried three times in all.

    Args:
        bench: where.
        work: the answer.
        handled: what was handled so far.
    """
    retry = bench.redis.full_name("detection_queue:retry")
    when = "the broken images are due again"
    broken = [item for item in handled if "broken" in item]
    while waiting := await bench.redis.call("ZRANGE", retry, 0, -1):
        for member in waiting:
            await bench.redis.call("ZADD", retry, 0, member)
        broken += await _let_it_work(bench, work, [], when, STOPPED, AT_ONCE)
        if (most := max(map(broken.count, broken))) > TRIES:
            came = f"it was tried {most} times, and may be again"
            raise NotYet(TOO_OFTEN, expected=f"a dead letter after {TRIES} tries", came=came)
    for item in broken:
        await _look_for(bench, item, SWALLOWED, broken.count(item))


async def _look_for(bench: Bench, item: Any, gone: str, tried: int) -> None:
    """Make sure that an item which has failed waits for a further try.

    Args:
        bench: where.
        item: the item.
        gone: the hint if it is nowhere.
        tried: how often it was handled.
    """
    places = await contents(bench.redis, "detection_queue")
    place = next((name for name, there in places.items() if item in there), "nowhere")
    if place == "retrying" or (place == "dead_lettered" and tried == TRIES):
        return
    hints = {"dead_lettered": GIVEN_UP, "in_hand": IN_HAND, "waiting": NOT_LATER, "nowhere": gone}
    words = {"dead_lettered": "it is a dead letter", "in_hand": "it is in the worker's hand"}
    words |= {"waiting": "it waits as a new one", "nowhere": "it is gone"}
    came = f"{words[place]}, after {tried} tries"
    raise NotYet(hints[place], expected="the broken image waits to be tried again", came=came)


async def _two_at_once(bench: Bench, work: Any) -> None:
    """Have two processes work on six detections that each take a while."""
    for number in range(6):
        await bench.redis.add_to_queue("detection_queue", number)

    async def job(stage: Stage) -> None:
        async def handle(item: Any) -> None:
            await asyncio.sleep(0.1)
            await stage.redis.add_to_queue("handled", item)

        await work(stage.client, handle)

    await asyncio.gather(bench.apart(job), bench.apart(job))
    handled = sorted(await bench.redis.peek_queue("handled"))
    bench.situation = "Two workers, each a process, had six detections between them."
    if handled != [*range(6)]:
        hint = ONE_NAME if len(handled) > 6 else NOT_HANDLED
        raise NotYet(hint, expected=f"handled: {[*range(6)]}", came=f"handled: {handled}")


async def _cut_short(bench: Bench, work: Any) -> None:
    """Cut it at each command up to the acknowledgement, and within `handle`."""

    async def job(stage: Stage) -> None:
        async def handle(item: Any) -> None:
            await stage.moment("when `handle` begins")
            await stage.redis.set("handled", item)
            await stage.moment("when `handle` ends")

        await work(stage.client, handle)

    async def fill() -> None:
        await bench.redis.add_to_queue("detection_queue", {"id": 1})

    for way in ("killed", "cancelled"):
        async for _ in bench.interrupted(work, job, fill=fill, ways=[way]):
            if not await _comes_back(bench.redis):
                if await bench.redis.exists("handled"):
                    break  # and acknowledged: there is nothing more to lose
                raise NotYet(LOST, expected="it is still in Redis", came="it is nowhere")


async def _comes_back(redis: RedisClient) -> bool:
    """Let the leases run out, and return whether another worker is given the detection."""
    async with ReliableQueue(redis, "detection_queue") as queue:
        leases = await redis.call("KEYS", redis.full_name("detection_queue:lease:*"))
        await redis.call("DEL", *[key for key in leases if queue.consumer.encode() not in key], "-")
        await queue.return_lost()
        job = await queue.take(timeout=0.02)
        if job:
            await queue.acknowledge(job)
        return job is not None


async def _let_it_work(
    bench: Bench, work: Any, items: list[Any], when: str, raised: str, often: str
) -> list[Any]:
    """Add the items, and return what the worker gave to `handle`, in order.

    Args:
        bench: its `detection_queue` is used.
        work: the answer.
        items: detections; one with the key "broken" makes `handle` raise that.
        when: the situation, for the verdict.
        raised: the hint for a worker that raises.
        often: the hint for a worker that handles an item again and again.
    """
    handled: list[Any] = []

    async def handle(item: Any) -> None:
        if not isinstance(item, dict):
            raise _End(NotYet(WHOLE_JOB, expected="a detection, a dict", came=repr(item)))
        handled.append(item)
        if (times := handled.count(item)) > MOST_TIMES:
            came = f"it was handled {times} times"
            raise _End(NotYet(often, expected="each detection once", came=came))
        if item not in (await contents(bench.redis, "detection_queue"))["in_hand"]:
            expected = "while it is handled, it is in a processing list"
            hint = POPPED if bench.sent("POP") else TOO_EARLY
            raise _End(NotYet(hint, expected=expected, came="it is in none"))
        if "broken" in item:
            raise {"ValueError": ValueError, "KeyError": KeyError}[item["broken"]]("camera_id")

    for item in items:
        await bench.redis.add_to_queue("detection_queue", item)
    hints: dict[str, Any] = {"too_long": FOR_EVER, "raised": raised}
    try:
        await bench.run(work, bench.client, handle, when=when, within=5, **hints)
    except _End as end:
        raise end.args[0] from None
    return handled
