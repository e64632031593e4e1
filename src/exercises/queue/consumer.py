"""Find the bug in a consumer that looks right."""

import asyncio
from typing import Any

from exercises.bench import Bench
from exercises.verdict import NotYet, expect

QUEUE, DEAD = "detection_queue", "dlq:detection_queue"
CAMERAS = ["garage", "garage", "front_door", "garage", "kitchen", "garage"]
IMAGES = [
    {"camera_id": camera, "file_path": f"/export/foscam/{camera}/{number:04}.jpg"}
    for number, camera in enumerate(CAMERAS, 1)
]
*THERE, LATE = IMAGES
OLD = {"original_job": {"camera_id": "attic"}, "error": "an older one"}


class CameraError(Exception):
    """An error of the camera's own."""


BAD = {1: ValueError("truncated image"), 3: CameraError("no header"), 4: TimeoutError("too large")}


async def check(bench: Bench) -> None:
    """Let it consume six images, of which three cannot be handled, and one comes late."""
    await bench.redis.add(DEAD, OLD)
    await bench.redis.add(QUEUE, *THERE)
    _look_at_handled(bench, await _consume(bench))
    await _look_at_letters(bench)


async def _consume(bench: Bench) -> list[Any]:
    """Let it work, and return what it gave to `handle`, in order."""
    handled: list[Any] = []
    cameras: list[asyncio.Task[None]] = []

    async def late_camera() -> None:
        await asyncio.sleep(0.5)
        await bench.redis.add(QUEUE, LATE)

    async def handle(image: Any) -> None:
        bench.mishaps.noticed(image)
        handled.append(image)
        if image == THERE[-1] and not cameras:
            cameras.append(asyncio.create_task(late_camera()))
        for number, error in BAD.items():
            if image == IMAGES[number]:
                raise error

    await bench.ask(
        handle,
        when="five images wait, three of which cannot be handled, and one comes 0.5 s later",
        within=5,
        too_long=lambda: "PUT_BACK" if len(handled) > len(IMAGES) else "NEVER_ENDS",
        raised={"JSON": "NO_JSON", "": "STOPPED"},
    )
    for camera in cameras:
        await camera
    return handled


def _look_at_handled(bench: Bench, handled: list[Any]) -> None:
    mistakes = {
        "WAITED": handled == THERE,
        "STOPPED": handled == THERE[: min(BAD) + 1],
        "TWICE": any(handled.count(image) > 1 for image in IMAGES),
        "NOT_HANDLED": True,
    }
    expected, shown = "6 calls of `handle`, in order", f"{len(handled)} calls of it"
    if len(handled) == len(IMAGES):
        shown = f"in another order, or not with the items as they were: {handled}"
    expect(handled, IMAGES, mistakes, expected=expected, shown=shown)
    bench.ended(0, 2.4, "TOO_LATE", "TOO_LATE", expected="an end 1 s after the late image")


async def _look_at_letters(bench: Bench) -> None:
    dead = await bench.redis.peek_queue(DEAD)
    if OLD not in dead:
        raise NotYet("OTHERS", expected="the entry that was there stays", came=f"{dead}")
    dead.remove(OLD)
    mistakes = {
        "OTHER_QUEUE": not dead and bench.client.sent("PUSH"),
        "SWALLOWED": not dead,
        "ALL_OF_THEM": len(dead) > len(BAD),
        "SOME": True,
    }
    expected = f"{len(BAD)} entries more in `{DEAD}`"
    expect(len(dead), len(BAD), mistakes, expected=expected, shown=f"{len(dead)} more")
    for number, error in BAD.items():
        letters = [letter for letter in dead if isinstance(letter, dict)]
        found = [each for each in letters if each.get("original_job") == IMAGES[number]]
        if len(found) != 1:
            raise NotYet("WHICH", expected=f"`original_job` is {IMAGES[number]}", came=f"{dead}")
        if str(error) not in str(found[0].get("error")) or not isinstance(found[0]["error"], str):
            raise NotYet("WHY", expected=f"`error` says '{error}'", came=f"{found[0]}")
