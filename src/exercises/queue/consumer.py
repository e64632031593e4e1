"""Find the bug in a consumer that looks right."""

import asyncio
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
SOME = "Some of the bad images are nowhere. An exception of any kind may come out of `handle`."
WHY = "The entry does not say what went wrong. Put the text of the exception under `error`."
ALL_OF_THEM = (
    "The good images are in the dead-letter queue too. Push there when handling failed, and not "
    "otherwise."
)
OTHER_QUEUE = "There is a dead-letter queue, under another name. It is `dlq:detection_queue`."
NOT_HANDLED = "Some images were never given to `handle`. Every item is handled once, in order."
TWICE = "An image was given to `handle` twice. Call it once for each, also for one that fails."
NO_JSON = (
    "The bad image could not be put away: an exception is no JSON, and so the push raised. Its "
    "text is `str(error)`."
)
OTHERS = (
    "Entries that were in the dead-letter queue before are gone or changed. Add to it, and leave "
    "the rest to the person who looks at it."
)
WAITED = (
    "The queue was empty for a moment only, and an image came half a second later. Wait for a "
    "second, as the function did before."
)
TOO_LATE = "It ends when the queue has been empty for one second, and no later."


NEVER_ENDS = (
    "All images were handled, and the function goes on waiting. It ends when the queue has been "
    "empty for a second: give `get_from_queue` that `timeout`."
)


class CameraError(Exception):
    """An error of the camera's own."""


IMAGES = [
    {"camera_id": camera, "file_path": f"/export/foscam/{camera}/{number:04}.jpg"}
    for number, camera in enumerate(["garage", "garage", "front_door", "garage", "kitchen"], 1)
]
BAD = {1: ValueError("truncated image"), 3: CameraError("no header"), 4: TimeoutError("too large")}
LATE = {"camera_id": "garage", "file_path": "/export/foscam/garage/0006.jpg"}
OLD = {"original_job": {"camera_id": "attic"}, "error": "an older one"}


async def check(bench: Bench, consume: Any) -> None:
    """Let it consume six images, of which three cannot be handled, and one comes late."""
    await bench.redis.add_to_queue("dlq:detection_queue", OLD)
    for image in IMAGES:
        await bench.redis.add_to_queue("detection_queue", image)
    handled: list[Any] = []
    cameras: list[asyncio.Task[None]] = []

    async def late_camera() -> None:
        await asyncio.sleep(0.5)
        await bench.redis.add_to_queue("detection_queue", LATE)

    async def handle(image: Any) -> None:
        bench.noticed(image)
        handled.append(image)
        if image == IMAGES[-1] and not cameras:
            cameras.append(asyncio.create_task(late_camera()))
        for number, error in BAD.items():
            if image == IMAGES[number]:
                raise error

    def too_long() -> str:
        return PUT_BACK if len(handled) > len(IMAGES) + 1 else NEVER_ENDS

    when = "five images wait, three of which cannot be handled, and another one comes 0.5 s later"
    try:
        await bench.run(
            consume, bench.client, handle, when=when, within=5, too_long=too_long, raised=STOPPED
        )
    except NotYet as verdict:
        no_json = verdict.hint == STOPPED and "JSON" in verdict.came
        raise NotYet(
            NO_JSON if no_json else verdict.hint, expected=verdict.expected, came=verdict.came
        ) from None
    if cameras:
        await cameras[0]
    _look_at_handled(bench, handled)
    await _look_at_letters(bench)


def _look_at_handled(bench: Bench, handled: list[Any]) -> None:
    right = [*IMAGES, LATE]
    came = f"{len(handled)} calls of it"
    if handled == IMAGES:
        raise NotYet(WAITED, expected="6 calls of `handle`", came=came)
    if handled == IMAGES[: min(BAD) + 1]:
        raise NotYet(STOPPED, expected="6 calls of `handle`", came=came)
    if any(handled.count(image) > 1 for image in right):
        raise NotYet(TWICE, expected="6 calls of `handle`", came=came)
    if handled != right:
        raise NotYet(NOT_HANDLED, expected="6 calls of `handle`, in order", came=came)
    if bench.seconds > 2.4:
        came = f"after {bench.seconds - 0.5:.1f} s"
        raise NotYet(TOO_LATE, expected="an end after 1 s of quiet", came=came)


async def _look_at_letters(bench: Bench) -> None:
    dead = await bench.redis.peek_queue("dlq:detection_queue")
    expected = "3 entries more in `dlq:detection_queue`"
    if OLD not in dead:
        raise NotYet(OTHERS, expected="the entry that was there stays", came=f"{dead}")
    dead.remove(OLD)
    if not dead:
        hint = OTHER_QUEUE if bench.sent("PUSH") else SWALLOWED
        raise NotYet(hint, expected=expected, came="none")
    if len(dead) > len(BAD):
        raise NotYet(ALL_OF_THEM, expected=expected, came=f"{len(dead)} of them")
    if len(dead) < len(BAD):
        raise NotYet(SOME, expected=expected, came=f"{len(dead)} of them")
    entries = [entry if isinstance(entry, dict) else {} for entry in dead]
    for number, error in BAD.items():
        found = [each for each in entries if each.get("original_job") == IMAGES[number]]
        if len(found) != 1:
            raise NotYet(WHICH, expected=f"`original_job` is {IMAGES[number]}", came=f"{dead}")
        text = found[0].get("error")
        if not isinstance(text, str) or str(error) not in text:
            raise NotYet(WHY, expected=f"`error` says '{error}'", came=f"{found[0]}")
