"""Tell an empty queue from a slow one."""

import asyncio
import time
from typing import Any

from exercises.writing import FORGOT_AWAIT, Bench, Exercise, NotYet, Wrong

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
    run, ours = bench.run, bench.redis
    await ours.add_to_queue("detection_queue", "0001.jpg")
    came = await run(next_detection, bench.client, 1, when="a detection waits", too_long=FOR_EVER)
    if came != "0001.jpg":
        raise NotYet(GAVE_UP, expected="'0001.jpg'", came=repr(came))
    if await ours.get_queue_length("detection_queue"):
        raise NotYet(NOT_TAKEN, expected="an empty queue afterwards", came="1 item in it")

    async def late_camera() -> None:
        await asyncio.sleep(0.4)
        await ours.add_to_queue("detection_queue", "0002.jpg")

    started = time.monotonic()
    camera = asyncio.create_task(late_camera())
    when = "a detection comes after 0.4 s, with `seconds=2`"
    came = await run(next_detection, bench.client, 2, when=when, too_long=FOR_EVER)
    seconds = time.monotonic() - started
    await camera
    if came != "0002.jpg":
        raise NotYet(GAVE_UP, expected="'0002.jpg'", came=f"{came!r} after {seconds:.1f} s")
    if seconds > 1.5:
        raise NotYet(SLEPT, expected="it returns after 0.4 s", came=f"after {seconds:.1f} s")

    started = time.monotonic()
    when = "nothing comes, with `seconds=0.5`"
    came = await run(next_detection, bench.client, 0.5, when=when, too_long=FOR_EVER, within=2)
    seconds = time.monotonic() - started
    if came != "quiet":
        raise NotYet(NONE, expected="'quiet'", came=repr(came))
    if seconds > 0.9:
        raise NotYet(OWN_TIME, expected="an end after 0.5 s", came=f"after {seconds:.1f} s")


EXERCISE = Exercise(
    place=1,
    statement="""\
### Exercise: empty, or slow?

A detector wants to tell a quiet night from a camera that takes its time. Write `next_detection`: it returns the next detection as soon as there is one. If none came within `seconds` seconds, it returns the text `"quiet"`.
""",  # noqa: E501
    stub="""\
async def next_detection(client, seconds):
    # Your code goes here.
    ...
""",
    answers=("next_detection",),
    check=check,
    hints=(
        "Which call waits for an item, and ends by itself when none comes?",
        "`get_from_queue` has a `timeout`. What does it return when the time is over?",
        'Take the item with `timeout=seconds`, and return "quiet" if it is None.',
    ),
    solution="""\
async def next_detection(client, seconds):
    # The server does the waiting, and answers at the moment of the push.
    item = await client.get_from_queue("detection_queue", timeout=seconds)
    return "quiet" if item is None else item
""",
    why="a consumer that can tell quiet from slow neither spins nor misses what comes late.",
    wrong=(
        Wrong(
            FOR_EVER,
            """\
async def next_detection(client, seconds):
    item = await client.get_from_queue("detection_queue", timeout=0)
    return "quiet" if item is None else item
""",
        ),
        Wrong(
            GAVE_UP,
            """\
async def next_detection(client, seconds):
    if await client.get_queue_length("detection_queue") == 0:
        return "quiet"
    return await client.get_from_queue("detection_queue", timeout=seconds)
""",
        ),
        Wrong(
            SLEPT,
            """\
async def next_detection(client, seconds):
    await asyncio.sleep(seconds)
    item = await client.get_from_queue("detection_queue", timeout=0.1)
    return "quiet" if item is None else item
""",
        ),
        Wrong(
            OWN_TIME,
            """\
async def next_detection(client, seconds):
    item = await client.get_from_queue("detection_queue", timeout=1)
    return "quiet" if item is None else item
""",
        ),
        Wrong(
            NONE,
            """\
async def next_detection(client, seconds):
    return await client.get_from_queue("detection_queue", timeout=seconds)
""",
        ),
        Wrong(
            FORGOT_AWAIT,
            """\
async def next_detection(client, seconds):
    item = client.get_from_queue("detection_queue", timeout=seconds)
    return "quiet" if item is None else item
""",
        ),
        Wrong(
            NOT_TAKEN,
            """\
async def next_detection(client, seconds):
    items = await client.peek_queue("detection_queue", 0, 0)
    return items[0] if items else "quiet"
""",
        ),
    ),
)
