"""Empty a queue and lose nothing."""

from typing import Any

from exercises.writing import FORGOT_AWAIT, Bench, Exercise, NotYet, Wrong

LAST_ONE = "One item is missing, and it is the last one. When does your loop end?"
REVERSED = "All are there, the newest first. A queue is first in, first out: keep that order."
FOR_EVER = (
    "When the queue is empty, a timeout of 0 waits for an item that never comes. How would you "
    "learn that it is empty?"
)
LOST = (
    "A detection was added while you drained, and now it is neither in your list nor in the "
    "queue. Something removed more than it had read: looking and clearing are two commands, and "
    "much can happen between them."
)
STILL_THERE = "You looked at the items and left them where they were. Draining takes them out."
NOTHING = "The items are gone from the queue, and the caller did not get them. Return the list."
NONE_IN_LIST = "The None says that nothing came. It is not a detection: leave it out."
OTHER = "Return a list of all items, the first in first, and leave the queue empty."


async def check(bench: Bench, drain: Any) -> None:
    """Drain three items; an empty queue; and one that is added to at the wrong moment."""
    detections = ["0001.jpg", "0002.jpg", "0003.jpg"]
    for item in detections:
        await bench.redis.add_to_queue("detection_queue", item)
    came = await bench.run(drain, bench.client, when="three detections wait", too_long=FOR_EVER)
    left = await bench.redis.peek_queue("detection_queue")
    if came != detections or left:
        hint = OTHER
        if came is None:
            hint = NOTHING
        elif isinstance(came, list) and None in came:
            hint = NONE_IN_LIST
        elif came == detections:
            hint = STILL_THERE
        elif came == detections[:-1]:
            hint = LAST_ONE
        elif isinstance(came, list) and came[::-1] == detections:
            hint = REVERSED
        expected = f"{detections}, and nothing left"
        raise NotYet(hint, expected=expected, came=f"{came!r}, and {len(left)} left")

    came = await bench.run(drain, bench.client, when="no detection waits", too_long=FOR_EVER)
    if came != []:
        raise NotYet(OTHER, expected="[]", came=repr(came))

    async def another(_: str) -> None:
        bench.client.after_each = None
        await bench.redis.add_to_queue("detection_queue", "0003.jpg")

    for item in detections[:2]:
        await bench.redis.add_to_queue("detection_queue", item)
    bench.client.after_each = another
    when = "two detections wait, and a third is added right after your first command"
    came = await bench.run(drain, bench.client, when=when, too_long=FOR_EVER)
    left = await bench.redis.peek_queue("detection_queue")
    if sorted(came + left) != detections:
        expected = "every detection in your list, or still in the queue"
        raise NotYet(LOST, expected=expected, came=f"{came!r}, and in the queue {left}")


EXERCISE = Exercise(
    place=2,
    statement="""\
### Exercise: drain the queue, and lose nothing

Before a deployment the waiting detections are moved to a safe place. Write `drain`: it takes everything out of `detection_queue` and returns it as a list, the first one in first. Cameras go on writing meanwhile: what is added while you work may stay in the queue or be in your list, but it must not get lost.
""",  # noqa: E501
    stub="""\
async def drain(client):
    # Your code goes here.
    ...
""",
    answers=("drain",),
    check=check,
    hints=(
        "Take items one at a time, until there are none.",
        "With a short timeout, `get_from_queue` returns None when the queue is empty.",
        "`while (item := await client.get_from_queue(…, timeout=0.1)) is not None:` and append.",
    ),
    solution="""\
async def drain(client):
    items = []
    # Each pop takes one item and only that one, so nothing can slip in between.
    while (item := await client.get_from_queue("detection_queue", timeout=0.1)) is not None:
        items.append(item)
    return items
""",
    why="looking first and clearing afterwards loses what came in between, on a busy day only.",
    wrong=(
        Wrong(
            LAST_ONE,
            """\
async def drain(client):
    items = []
    while await client.get_queue_length("detection_queue") > 1:
        items.append(await client.get_from_queue("detection_queue", timeout=1))
    return items
""",
        ),
        Wrong(
            REVERSED,
            """\
async def drain(client):
    items = []
    while (item := await client.get_from_queue("detection_queue", timeout=0.1)) is not None:
        items.insert(0, item)
    return items
""",
        ),
        Wrong(
            FOR_EVER,
            """\
async def drain(client):
    items = []
    while (item := await client.get_from_queue("detection_queue")) is not None:
        items.append(item)
    return items
""",
        ),
        Wrong(
            LOST,
            """\
async def drain(client):
    items = await client.peek_queue("detection_queue")
    await client.clear_queue("detection_queue")
    return items
""",
        ),
        Wrong(
            STILL_THERE,
            """\
async def drain(client):
    return await client.peek_queue("detection_queue")
""",
        ),
        Wrong(
            NOTHING,
            """\
async def drain(client):
    items = []
    while (item := await client.get_from_queue("detection_queue", timeout=0.1)) is not None:
        items.append(item)
""",
        ),
        Wrong(
            NONE_IN_LIST,
            """\
async def drain(client):
    items = []
    while True:
        item = await client.get_from_queue("detection_queue", timeout=0.1)
        items.append(item)
        if item is None:
            return items
""",
        ),
        Wrong(
            FORGOT_AWAIT,
            """\
async def drain(client):
    length = await client.get_queue_length("detection_queue")
    return [client.get_from_queue("detection_queue", timeout=1) for _ in range(length)]
""",
        ),
    ),
)
