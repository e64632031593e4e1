"""Find the bug in a consumer that looks right."""

from typing import Any

from exercises.writing import FORGOT_AWAIT, Bench, Exercise, NotYet, Wrong

STOPPED = (
    "One bad image stopped the whole consumer, and the good ones behind it wait. What is wrong "
    "with one item must not end the loop."
)
SWALLOWED = (
    "The bad image is in no queue: popped, failed, forgotten. Whoever catches an exception has to "
    "put the item somewhere."
)
PUT_BACK = (
    "The bad image went back into `detection_queue`, came round, failed again, and so on for ever. "
    "It needs a queue of its own."
)
WHICH = (
    "The entry does not say which detection failed. Put the item itself under `original_job`, so "
    "that somebody can look at it and send it again."
)
WHY = "The entry does not say what went wrong. Put the text of the exception under `error`."
ALL_OF_THEM = (
    "The good images are in the dead-letter queue too. Push there when handling failed, and not "
    "otherwise."
)
OTHER_QUEUE = "There is a dead-letter queue, under another name. It is `dlq:detection_queue`."
NOT_HANDLED = "Some images were never given to `handle`. Every item is handled once, in order."


async def check(bench: Bench, consume: Any) -> None:
    """Let it consume five images, of which the third cannot be handled."""
    images = [{"file_path": f"/export/foscam/garage/{n:04}.jpg"} for n in range(1, 6)]
    for image in images:
        await bench.redis.add_to_queue("detection_queue", image)
    handled: list[Any] = []

    async def handle(image: Any) -> None:
        handled.append(image)
        if image == images[2]:
            raise ValueError("truncated image")

    when = "five images wait, and the third cannot be handled"
    await bench.run(consume, bench.client, handle, when=when, too_long=PUT_BACK, raised=STOPPED)
    if handled != images:
        hint = PUT_BACK if len(handled) > len(images) else NOT_HANDLED
        raise NotYet(hint, expected="5 calls of `handle`", came=f"{len(handled)} calls of it")
    dead = await bench.redis.peek_queue("dlq:detection_queue")
    expected = "1 entry in `dlq:detection_queue`"
    if not dead:
        pushed = any(command[0] == "RPUSH" for command in bench.client.sent)
        hint = OTHER_QUEUE if pushed else SWALLOWED
        raise NotYet(hint, expected=expected, came="none")
    if len(dead) > 1:
        raise NotYet(ALL_OF_THEM, expected=expected, came=f"{len(dead)} of them")
    entry = dead[0] if isinstance(dead[0], dict) else {}
    if entry.get("original_job") != images[2]:
        raise NotYet(WHICH, expected=f"`original_job` is {images[2]}", came=repr(dead[0]))
    if "truncated image" not in str(entry.get("error")):
        raise NotYet(WHY, expected="`error` says 'truncated image'", came=repr(dead[0]))


EXERCISE = Exercise(
    place=4,
    statement="""\
### Exercise: find the bug in a consumer

This consumer ran for months. Then somebody asked for one image of the garage. It had been written and queued, it had never been handled, and no log mentions it. Find out how that can be, and repair it: an image that `handle` cannot handle goes to `dlq:detection_queue` as a dict with the item under `"original_job"` and the text of the exception under `"error"`. The others are handled as before.
""",  # noqa: E501
    stub="""\
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
        except Exception:
            continue
""",
    answers=("consume",),
    check=check,
    hints=(
        "What happens to an image for which `handle` raises? Where is it afterwards?",
        "It was popped, so it is in no queue. The `except` is the last place that has it.",
        '`except Exception as error:` and then `add_to_queue("dlq:detection_queue", …)` with a '
        "dict of `image` and `str(error)`.",
    ),
    solution="""\
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
        except Exception as error:
            # The pop has removed it: if we do not keep it now, nobody does.
            entry = {"original_job": image, "error": str(error)}
            await client.add_to_queue("dlq:detection_queue", entry)
""",
    why="what no consumer can handle waits in `dlq:detection_queue` for a person, instead of "
    "vanishing or going round for ever.",
    wrong=(
        Wrong(
            STOPPED,
            """\
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        await handle(image)
""",
        ),
        Wrong(
            SWALLOWED,
            """\
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
        except Exception as error:
            print("could not handle", image["file_path"], error)
""",
        ),
        Wrong(
            PUT_BACK,
            """\
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
        except Exception:
            await client.add_to_queue("detection_queue", image)
""",
        ),
        Wrong(
            WHICH,
            """\
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
        except Exception as error:
            await client.add_to_queue("dlq:detection_queue", str(error))
""",
        ),
        Wrong(
            WHY,
            """\
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
        except Exception:
            entry = {"original_job": image, "error": "failed"}
            await client.add_to_queue("dlq:detection_queue", entry)
""",
        ),
        Wrong(
            ALL_OF_THEM,
            """\
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        error = ""
        try:
            await handle(image)
        except Exception as reason:
            error = str(reason)
        entry = {"original_job": image, "error": error}
        await client.add_to_queue("dlq:detection_queue", entry)
""",
        ),
        Wrong(
            OTHER_QUEUE,
            """\
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
        except Exception as error:
            entry = {"original_job": image, "error": str(error)}
            await client.add_to_queue("detection_dlq", entry)
""",
        ),
        Wrong(
            NOT_HANDLED,
            """\
async def consume(client, handle):
    for _ in range(await client.get_queue_length("detection_queue") - 1):
        image = await client.get_from_queue("detection_queue", timeout=1)
        try:
            await handle(image)
        except Exception as error:
            entry = {"original_job": image, "error": str(error)}
            await client.add_to_queue("dlq:detection_queue", entry)
""",
        ),
        Wrong(
            FORGOT_AWAIT,
            """\
async def consume(client, handle):
    while (image := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        try:
            await handle(image)
        except Exception as error:
            entry = {"original_job": image, "error": str(error)}
            client.add_to_queue("dlq:detection_queue", entry)
""",
        ),
    ),
)
