"""Tell an empty queue from a slow one."""

import asyncio
from typing import Any

from exercises.bench import Bench
from exercises.verdict import NotYet, expect

FOR_EVER = "A timeout of 0 waits for ever. Hand on the `seconds` that your function is given."
GAVE_UP = (
    "The detection came 0.4 s later, well within the time. The queue was not empty, it was slow: "
    "let the server wait for you."
)
SLEPT = (
    "The detection was there after 0.4 s and you came for it when the whole time was over. A "
    "blocking pop returns at once."
)
OWN_TIME = "How long to wait is the caller's to say: it is in `seconds`."
NONE = 'When nothing came, `get_from_queue` returns None. Turn that into the text "quiet".'
NOT_TAKEN = "It was returned, and it is still in the queue: the next call would return it again."


async def check(bench: Bench, next_detection: Any) -> None:
    """Call it with an item there, with one that comes late, and with none at all."""

    async def ask(seconds: float, when: str, within: float = 3.0) -> Any:
        options: dict[str, Any] = {"when": when, "within": within, "too_long": FOR_EVER}
        return await bench.run(next_detection, bench.client, seconds, **options)

    async def late_camera() -> None:
        await asyncio.sleep(0.4)
        await bench.redis.add_to_queue("detection_queue", "0002.jpg")

    await bench.redis.add_to_queue("detection_queue", "0001.jpg")
    expect(await ask(1, "a detection waits"), "0001.jpg", GAVE_UP)
    if await bench.redis.get_queue_length("detection_queue"):
        raise NotYet(NOT_TAKEN, expected="an empty queue afterwards", came="1 item in it")

    camera = asyncio.create_task(late_camera())
    came = await ask(2, "a detection comes after 0.4 s, with `seconds=2`")
    after = f"after {bench.seconds:.1f} s"
    await camera
    if came != "0002.jpg":
        raise NotYet(GAVE_UP, expected="'0002.jpg'", came=f"{came!r} {after}")
    if bench.seconds > 1.5:
        raise NotYet(SLEPT, expected="it returns after 0.4 s", came=after)

    expect(await ask(0.5, "nothing comes, with `seconds=0.5`", within=2), "quiet", NONE)
    if bench.seconds > 0.9:
        came = f"after {bench.seconds:.1f} s"
        raise NotYet(OWN_TIME, expected="an end after 0.5 s", came=came)
