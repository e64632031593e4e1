"""Write a worker that loses nothing, with ReliableQueue."""

import logging
from typing import Any

from backend.core.reliable_queue import contents
from exercises.bench import Bench
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
    "`fail` too; `reserve` does both for you."
)
SWALLOWED = (
    "The broken image is nowhere: its exception never reached `reserve`, which took silence for "
    "success and acknowledged. Let the exception out of the block."
)
AT_ONCE = (
    "The broken image came back at once, failed again, and so on for ever. Leave it to `reserve`: "
    "it waits, counts, and gives up in the end."
)
NOT_HANDLED = "Each detection is handled once, the first one in first."
MOST_TIMES = 5
"""How often an item comes before we call it for ever. `ReliableQueue` gives up after 3."""


class _End(BaseException):
    """Ends a worker from within its work, whatever it catches; carries the verdict."""


async def check(bench: Bench, work: Any) -> None:
    """Let it work, and look into Redis while it does; then with an image that is broken."""
    logging.getLogger("backend").setLevel(logging.CRITICAL)  # that an item failed is no news here
    items: list[Any] = [{"id": number, "camera_id": "garage"} for number in (1, 2, 3)]
    handled = await _let_it_work(bench, work, items, "three detections wait", NO_JOB, NEVER_DONE)
    expect(handled, items, NOT_HANDLED)

    items[1]["broken"] = True
    when = "three detections wait, and the second is a broken image"
    handled = await _let_it_work(bench, work, items, when, STOPPED, AT_ONCE)
    if not all(item in handled for item in items):
        raise NotYet(NOT_HANDLED, expected=repr(items), came=repr(handled))
    if not any((await contents(bench.redis, "detection_queue")).values()):
        raise NotYet(SWALLOWED, expected="the broken image is to be tried again", came="it is gone")


async def _let_it_work(
    bench: Bench, work: Any, items: list[Any], when: str, raised: str, often: str
) -> list[Any]:
    """Add the items, and return what the worker gave to `handle`, in order.

    Args:
        bench: its `detection_queue` is used.
        work: the answer.
        items: detections; one with the key "broken" makes `handle` raise.
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
            raise ValueError("truncated image")

    for item in items:
        await bench.redis.add_to_queue("detection_queue", item)
    hints: dict[str, Any] = {"too_long": FOR_EVER, "raised": raised}
    try:
        await bench.run(work, bench.client, handle, when=when, within=4, **hints)
    except _End as end:
        raise end.args[0] from None
    return handled
