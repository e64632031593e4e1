"""Write a worker that loses nothing, with ReliableQueue."""

import asyncio
import logging
from typing import Any

from backend.core.reliable_queue import ReliableQueue, contents
from exercises.bench import Bench, NotYet, Stage, expect
from exercises.mishaps import Raised

QUEUE = "detection_queue"
TRIES, MOST = 3, 5
"""How often a broken image is tried in all; and how often an item comes before it is for ever."""
ITEMS: list[Any] = [{"id": number, "camera_id": "garage"} for number in (1, 2, 3)]
BROKEN: dict[str, tuple[Any, Exception]] = {
    "SWALLOWED": ({"id": 5}, ValueError("truncated image")),
    "SECOND_TYPE": ({"id": 6}, KeyError("camera_id")),
}
"""What `handle` raises for an image, by the mistake of a worker that loses it then."""
PLACES = {"retrying": "TOO_OFTEN", "dead_lettered": "GIVEN_UP"}
PLACES |= {"in_hand": "IN_HAND", "waiting": "NOT_LATER"}
"""Where a broken image is found, and is not to be."""
FIRST = {"NoneType": "NO_JOB", "context manager": "BLOCK", "ContextManager": "BLOCK"}
FIRST |= {"before you take": "BLOCK"}
"""What is said of a worker that raises at once."""


async def check(bench: Bench) -> None:
    """Let it work; then with broken images, two at once, with a slow camera, and cut short."""
    failed: list[BaseException] = []

    def note(record: logging.LogRecord) -> bool:
        failed.extend([record.exc_info[1]] if record.exc_info and record.exc_info[1] else [])
        return False  # that an item failed is no news here

    logging.getLogger("backend.core.reliable_queue").addFilter(note)
    handled = await _work(bench, ITEMS, "three jobs wait", FIRST, "NEVER_DONE")
    if failed and not handled:  # the block is not right: `reserve` has caught what it raised
        raise bench.mishaps.raised(failed[0], "RAISED", bench.client)
    expect(handled, ITEMS, "NOT_HANDLED")
    bench.ended(0.9, 1.9, "TOO_SOON", "TOO_LATE", expected="an end after about 1 s of quiet")
    await _with_broken_images(bench)
    await _two_at_once(bench)
    await _cut_short(bench)
    await _ends_when_cancelled(bench)


async def _work(
    bench: Bench, items: list[Any], when: str, raised: Raised = "STOPPED", often: str = "AT_ONCE"
) -> list[Any]:
    """Add the items, and return what it gave to `handle`; `often`: if it does so for ever."""
    handled: list[Any] = []

    async def handle(item: Any) -> None:
        if not isinstance(item, dict):
            raise NotYet("WHOLE_JOB", expected="a detection, a dict", came=repr(item))
        handled.append(item)
        if (times := handled.count(item)) > MOST:
            raise NotYet(often, expected="each once", came=f"it was handled {times} times")
        if item not in (await contents(bench.redis, QUEUE))["in_hand"]:
            mistakes = {"POPPED": bench.client.sent("POP"), "TOO_EARLY": True}
            expected = "while it is handled, it is in a processing list"
            raise NotYet(mistakes, expected=expected, came="it is in none")
        for image, error in BROKEN.values():
            if item == image:
                raise error

    await bench.redis.add(QUEUE, *items)
    await bench.ask(handle, when=when, within=5, too_long="FOR_EVER", raised=raised)
    return handled


async def _with_broken_images(bench: Bench) -> None:
    """Have two of four fail, and make them due again until each was tried three times in all."""
    items = [ITEMS[0], *(image for image, _ in BROKEN.values()), ITEMS[1]]
    when = "four jobs wait; the second raises ValueError, and the third KeyError"
    handled = await _work(bench, items, when)
    if not all(item in handled for item in items):
        raise NotYet("STOPPED", expected=repr(items), came=repr(handled))
    retry = bench.redis.full_name(f"{QUEUE}:retry")
    while True:
        places = await contents(bench.redis, QUEUE)
        for gone, (image, _) in BROKEN.items():
            place = next((name for name, there in places.items() if image in there), "gone")
            tries = handled.count(image)
            if place != ("dead_lettered" if tries == TRIES else "retrying"):
                mistake = PLACES.get(place, gone)
                expected, came = "it is tried again later, 3 times in all", f"{place} after {tries}"
                raise NotYet(mistake, expected=expected, came=came)
        if not places["retrying"]:
            return await bench.redis.clear()
        for member in await bench.redis.call("ZRANGE", retry, 0, -1):
            await bench.redis.call("ZADD", retry, 0, member)  # due now
        again = await _work(bench, [], "the broken images are due again")
        if not again:
            raise NotYet("NOT_RETRIED", expected="they are tried again", came="none was handled")
        handled += again


async def _two_at_once(bench: Bench) -> None:
    """Have two processes work on six jobs that each take a while."""

    async def job(stage: Stage) -> None:
        await bench.answers[0](stage.client, stage.redis.taking_note("handle", takes=0.1))

    await bench.redis.add(QUEUE, *range(6))
    await asyncio.gather(bench.again(job), bench.again(job))
    handled = sorted(await bench.redis.peek_queue("handle"))
    mistakes = {"ONE_NAME": len(handled) > 6, "NOT_HANDLED": True}
    when = "Two workers, each a process, had six jobs between them."
    expect(handled, [*range(6)], mistakes, expected="each is handled once", when=when)


async def _cut_short(bench: Bench) -> None:
    """Cut it at each command up to the acknowledgement, and within `handle`."""
    for way in ("killed", "cancelled"):
        cuts = bench.interrupted(lend="handle", fill=lambda it: it.add(QUEUE, ITEMS[0]), ways=[way])
        async for report in cuts:
            went_on = "begins" in report["cut"] and await bench.redis.exists("handle")
            if went_on or (await contents(bench.redis, QUEUE))["retrying"]:
                expected = "it ends, and the job waits or is in hand"
                raise NotYet("WENT_ON", expected=expected, came="the job was to be tried again")
            await bench.redis.let_time_pass(24 * 3600)  # then every lease has run out
            async with ReliableQueue(bench.redis, QUEUE) as queue:  # another worker
                await queue.return_lost()
                if await queue.take(timeout=0.02):
                    continue
            if await bench.redis.exists("handle"):
                break  # and acknowledged: there is nothing more to lose
            raise NotYet("LOST", expected="it is still in Redis", came="it is nowhere")


async def _ends_when_cancelled(bench: Bench) -> None:
    """Cancel it up to and in the first `handle`: it takes no other job then."""
    cuts = bench.interrupted(
        lend="handle", fill=lambda it: it.add(QUEUE, *ITEMS), ways=["cancelled"]
    )
    async for report in cuts:
        if await bench.redis.get_queue_length("handle") == len(ITEMS):
            raise NotYet("GOES_ON", expected="it ends, cancelled", came="it took the next job")
        if "handle" in report["cut"]:
            return
