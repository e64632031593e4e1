"""Tell an empty queue from a slow one."""

import asyncio
from typing import Any

from exercises.bench import Bench
from exercises.verdict import NotYet, expect

FOR_EVER = "A timeout of 0 waits for ever. Hand on the `seconds` that your function is given."
GAVE_UP = (
    "The detection came 1.2 s later, well within the time. The queue was not empty, it was slow: "
    "let the server wait for you."
)
SLEPT = (
    "The detection was there after 1.2 s and you came for it when the whole time was over. A "
    "blocking pop returns at once."
)
GAVE_UP_AT_ONCE = "A detection is waiting. Take it, and return it as it is."
OTHER_ITEM = 'Return the detection as it is, or the text "quiet": nothing else.'
SLEPT_FIRST = (
    "A detection was there already, and you kept it waiting. A blocking pop returns at once."
)
OWN_TIME = "How long to wait is the caller's to say: it is in `seconds`."
NONE = 'When nothing came, `get_from_queue` returns None. Turn that into the text "quiet".'
NOT_TAKEN = "It was returned, and it is still in the queue: the next call would return it again."
NEWEST = "Two wait, and you took the one that came last. A queue is first in, first out."
TOO_MANY = "One call returns one detection. The others wait for the next call."
TOO_EARLY = (
    "Nobody came, and you said so before the time was over. A detection that came then would have "
    "been late for no reason: wait for the whole of `seconds`, fractions included."
)
CANCELLED = (
    "A pop was under way when you stopped waiting for it. The server may have taken an item for it "
    "at that moment, and then the item is lost. Say how long to wait in the call, as `timeout`."
)


async def check(bench: Bench, next_detection: Any) -> None:
    """Call it with two items there, with one that comes late, and with none at all."""
    for item in ("0001.jpg", "0002.jpg"):
        await bench.redis.add_to_queue("detection_queue", item)
    for item, left in (("0001.jpg", ["0002.jpg"]), ("0002.jpg", [])):
        when = f"{len(left) + 1} detections wait"
        came = await bench.run(next_detection, bench.client, 2, when=when, too_long=FOR_EVER)
        await _look(bench, came, item, left)
    await _late(bench, next_detection, {"file_path": "/export/foscam/garage/0003.jpg"})
    await _quiet(bench, next_detection)


async def _look(bench: Bench, came: Any, item: str, left: list[str]) -> None:
    """Look at what was returned, and at what is left in the queue."""
    stays = await bench.redis.peek_queue("detection_queue")
    if came == "0002.jpg" != item:
        raise NotYet(NEWEST, expected=repr(item), came=repr(came))
    expect(came, item, OTHER_ITEM if came else GAVE_UP_AT_ONCE)
    if item in stays:
        raise NotYet(NOT_TAKEN, expected=f"{left} is left", came=f"{stays} is left")
    if stays != left:
        raise NotYet(TOO_MANY, expected=f"{left} is left", came=f"{stays} is left")
    if bench.seconds > 0.9:
        came = f"after {bench.seconds:.1f} s"
        raise NotYet(SLEPT_FIRST, expected="it returns at once", came=came)


async def _late(bench: Bench, next_detection: Any, detection: dict[str, str]) -> None:
    """Let a detection come after 1.2 s of 2.6."""

    async def late_camera() -> None:
        await asyncio.sleep(1.2)
        await bench.redis.add_to_queue("detection_queue", detection)

    camera = asyncio.create_task(late_camera())
    when = "a detection comes after 1.2 s, with `seconds=2.6`"
    came = await bench.run(
        next_detection, bench.client, 2.6, when=when, within=5, too_long=FOR_EVER
    )
    after = f"after {bench.seconds:.1f} s"
    await camera
    if came != detection:
        hint = GAVE_UP if came in ("quiet", None) else OTHER_ITEM
        raise NotYet(hint, expected=f"{detection}", came=f"{came!r} {after}")
    if bench.seconds > 1.75:
        raise NotYet(SLEPT, expected="it returns after 1.2 s", came=after)


async def _quiet(bench: Bench, next_detection: Any) -> None:
    """Let nothing come for 0.5 s, and something afterwards."""
    when = "nothing comes, with `seconds=0.5`"
    came = await bench.run(
        next_detection, bench.client, 0.5, when=when, within=3, too_long=FOR_EVER
    )
    after = f"after {bench.seconds:.1f} s"
    expect(came, "quiet", NONE if came is None else OTHER_ITEM)
    if bench.client.cancelled:
        name = bench.client.cancelled[0]
        raise NotYet(CANCELLED, expected="no pop is cancelled", came=f"{name} was cancelled")
    if bench.seconds < 0.45:
        raise NotYet(TOO_EARLY, expected="an end after 0.5 s", came=after)
    if bench.seconds > 0.9:
        raise NotYet(OWN_TIME, expected="an end after 0.5 s", came=after)
    await bench.redis.add_to_queue("detection_queue", "0004.jpg")
    await asyncio.sleep(0.2)
    if await bench.redis.get_queue_length("detection_queue") != 1:
        came = "it was taken, and nobody has it"
        raise NotYet(CANCELLED, expected="what comes later stays in the queue", came=came)
