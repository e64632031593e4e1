"""Find the bug in a consumer that looks right."""

from typing import Any

from exercises.bench import Bench
from exercises.verdict import NotYet

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
        hint = OTHER_QUEUE if bench.sent("PUSH") else SWALLOWED
        raise NotYet(hint, expected=expected, came="none")
    if len(dead) > 1:
        raise NotYet(ALL_OF_THEM, expected=expected, came=f"{len(dead)} of them")
    entry = dead[0] if isinstance(dead[0], dict) else {}
    if entry.get("original_job") != images[2]:
        raise NotYet(WHICH, expected=f"`original_job` is {images[2]}", came=repr(dead[0]))
    if "truncated image" not in str(entry.get("error")):
        raise NotYet(WHY, expected="`error` says 'truncated image'", came=repr(dead[0]))
