"""Find the bug in a consumer that looks right."""

import asyncio
from copy import deepcopy
from typing import Any

from exercises.bench import Bench, NotYet, expect

QUEUE, DEAD = "detection_queue", "dlq:detection_queue"
IMAGES = [{"camera_id": "garage", "file_path": f"/images/{number:04}.jpg"} for number in range(6)]
del IMAGES[2]["camera_id"]
*THERE, LATE = IMAGES
OLD = {"original_job": {"camera_id": "attic"}, "error": "an older one"}


class CameraError(Exception):
    """An error of the camera's own."""


BAD = {1: ValueError("truncated image"), 3: CameraError("no header"), 4: TimeoutError()}


async def check(bench: Bench) -> None:
    """Let it consume six images, of which three cannot be handled, and one comes late."""
    await bench.redis.add(DEAD, OLD)
    await bench.redis.add(QUEUE, *THERE)
    handled, letters_by_then = await _consume(bench)
    name, sent = bench.client.full_name(QUEUE), bench.client.commands
    went_back = any("PUSH" in str(each[0]) and each[1] == name for each in sent)
    mistakes = {
        "PUT_BACK": went_back and len(handled) > len(IMAGES),
        "WAITED": handled == THERE,
        "STOPPED": handled == THERE[: min(BAD) + 1],
        "TWICE": any(handled.count(image) > 1 for image in IMAGES),
        "NOT_HANDLED": True,
    }
    expect(handled, IMAGES, mistakes, expected="6 calls of `handle`, in order")
    bench.ended(0, 2.4, "TOO_LATE", "TOO_LATE", expected="an end 1 s after the late image")
    await _look_at_letters(bench)
    letters, expected = await bench.redis.peek_queue(DEAD), "all letters when the late image came"
    expect(letters_by_then, letters, "HELD_BACK", expected=expected)
    await bench.redis.stays(DEAD)
    await bench.ends_when_cancelled(lend="handle", fill=lambda redis: redis.add(QUEUE, *IMAGES[4:]))
    waits, expected = await bench.redis.peek_queue(QUEUE), f"{LATE} still waits in `{QUEUE}`"
    expect(LATE in waits, True, "TAKEN_AHEAD", expected=expected, shown=f"{waits}")


async def _consume(bench: Bench) -> tuple[list[Any], list[Any]]:
    """Let it work; return what it gave to `handle`, and the letters when the late image came."""
    handled: list[Any] = []
    at_work = asyncio.Lock()
    letters: list[Any] = []
    late_camera: list[asyncio.Task[None]] = []

    async def handle(image: Any) -> None:
        bench.mishaps.noticed(image)
        if at_work.locked():
            raise NotYet("AT_ONCE", expected="one image at a time", came="two at once")
        handled.append(deepcopy(image))  # what becomes of it afterwards is not asked
        if len(handled) > 3 * len(IMAGES):
            raise NotYet("PUT_BACK", expected="6 calls of `handle`", came="it is called for ever")
        if image == THERE[-1] and not late_camera:
            late_camera.append(asyncio.create_task(bench.redis.add(QUEUE, LATE, after=0.5)))
        if image == LATE:
            letters.extend(await bench.redis.peek_queue(DEAD))
        async with at_work:
            await asyncio.sleep(0.1 if image == IMAGES[0] else 0)
        if image in IMAGES and (error := BAD.get(IMAGES.index(image))):
            raise error

    when = "five images wait, three of which cannot be handled, and one comes 0.5 s later"
    raised = {"JSON": "NO_JSON", "": "STOPPED"}
    await bench.ask(handle, when=when, within=5, too_long="NEVER_ENDS", raised=raised)
    await asyncio.gather(*late_camera)
    return handled, letters


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
    expected, shown = f"{len(BAD)} entries more in `{DEAD}`", f"{len(dead)} more"
    expect(len(dead), len(BAD), mistakes, expected=expected, shown=shown)
    for number, error in BAD.items():
        job, letters = IMAGES[number], [each for each in dead if isinstance(each, dict)]
        said = [each.get("error") for each in letters if each.get("original_job") == job]
        if len(said) != 1:
            raise NotYet("WHICH", expected=f"`original_job` is {job}", came=f"{dead}")
        if not isinstance(said[0], str) or str(error) not in said[0]:
            raise NotYet("WHY", expected=f"`error` says '{error}'", came=f"{said[0]!r}")
