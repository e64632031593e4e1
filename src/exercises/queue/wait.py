"""Tell an empty queue from a slow one."""

import asyncio
import time
from functools import partial
from typing import Any

from exercises.bench import AnswersClient, Bench, NotYet, expect

QUEUE, LATE = "detection_queue", {"file_path": "/export/foscam/garage/0003.jpg"}
MOST = 5
"""Commands that may be sent while nothing comes for a second."""


async def check(bench: Bench) -> None:
    """Call it with two items there, with one that comes late, with none, and with a text."""
    await _there(bench)
    await bench.lend(partial(AnswersClient, timeout=1.0))
    await _late(bench)
    await _quiet(bench)
    await bench.redis.clear()
    await bench.redis.set(QUEUE, "no list")
    options: dict[str, Any] = {"allowed": Exception, "swallowed": "SWALLOWED"}
    await bench.ask(1, when=f"`{QUEUE}` holds a text", **options)


async def _there(bench: Bench) -> None:
    await bench.redis.add(QUEUE, "0001.jpg", "0002.jpg")
    came = await _next(bench, 2, when="two jobs wait")
    mistakes = {
        "NEWEST": came == "0002.jpg",
        "NOT_SEEN": came == "quiet",
        "OTHER_ITEM": bool(came),
        "GAVE_UP_AT_ONCE": True,
    }
    expect(came, "0001.jpg", mistakes)
    left = await bench.redis.peek_queue(QUEUE)
    mistakes = {"NOT_TAKEN": "0001.jpg" in left, "TOO_MANY": True}
    expect(left, ["0002.jpg"], mistakes, expected="['0002.jpg'] is left")
    bench.ended(0, 0.9, "SLEPT_FIRST", "SLEPT_FIRST", expected="it returns at once")


async def _late(bench: Bench) -> None:
    async def camera() -> float:
        await bench.redis.add(QUEUE, LATE, after=1.1)
        return time.monotonic()

    writing = asyncio.create_task(camera())
    came = await _next(bench, 2.6, when="a job comes after 1.1 s, with `seconds=2.6`")
    written = await writing - bench.started
    expect(came, LATE, {"GAVE_UP": came in ("quiet", None), "OTHER_ITEM": True})
    bench.ended(0, written + 0.3, "SLEPT", "SLEPT", expected=f"an end after {written:.2f} s")
    expected, came = f"{MOST} commands at the most", f"{len(bench.client.commands)} commands"
    expect(len(bench.client.commands) <= MOST, True, "BUSY", expected=expected, shown=came)


async def _quiet(bench: Bench) -> None:
    came = await _next(bench, 0.5, when="nothing comes, with `seconds=0.5`")
    expect(came, "quiet", {"NONE": came is None, "OTHER_ITEM": True})
    bench.ended(0.45, 0.9, "TOO_EARLY", "OWN_TIME", expected="an end after 0.5 s")
    await bench.redis.add(QUEUE, "0004.jpg")
    await asyncio.sleep(0.2)
    if await bench.redis.get_queue_length(QUEUE) != 1:  # taken by a pop that nobody awaits
        expected = "what comes later stays in the queue"
        raise NotYet("CANCELLED", expected=expected, came="it was taken, and nobody has it")


async def _next(bench: Bench, seconds: float, when: str) -> Any:
    options: dict[str, Any] = {"too_long": "FOR_EVER", "allowed": TimeoutError}
    options["raised"] = {"TimeoutError": "NO_WAIT"}  # of redis-py: Python's own is allowed
    came = await bench.ask(seconds, when=when, within=5, **options)
    expect(bench.client.cancelled, [], "CANCELLED", expected="no pop is cancelled")
    if isinstance(came, TimeoutError):  # of its own making
        raise bench.mishaps.raised(came, "RAISED", bench.client)
    return came
