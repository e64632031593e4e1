"""A cache-aside read that survives a camera that does not answer."""

import asyncio
from typing import Any

from exercises.bench import Bench
from exercises.verdict import NotYet

IGNORES_CACHE = (
    "A status was stored, and your function asked the camera all the same, or gave something else. "
    "Look in the cache first, under `camera:<camera_id>:status`."
)
TOUCHED = (
    "Reading has changed what was stored, or its TTL. A status that lives longer with each read "
    "stays for ever on a dashboard that is looked at."
)
NOT_ASKED = "The cache was empty, and the camera was not asked. What does a miss look like?"
OTHER_ID = "The camera is asked by its id: await `ask_camera(camera_id)`, once."
NOT_RETURNED = "The camera was asked, and the caller did not get its answer. Return what it said."
NOT_STORED = "The camera was asked for each read. Store its answer for the next reader."
OTHER_PLACE = (
    "The next reader may be another program: what you remember has to be in Redis, under "
    "`camera:<camera_id>:status`, as it was returned."
)
REMEMBERED = (
    "The key had expired, and the camera was not asked again. What is remembered anywhere else "
    "than in Redis has no time to live."
)
NO_TTL = "The answer is stored for good: this camera would stay online for ever. Name a TTL."
WRONG_TTL = (
    "Whatever a camera answers is kept for 300 seconds, also if it says that it is offline. "
    "`expire` counts seconds."
)
TWO_STEPS = (
    "For a moment the key was there without a TTL. A program that is killed in that moment leaves "
    "it for ever: value and TTL belong into one command."
)
ESCAPES = (
    "A camera that does not answer is an everyday thing, and now it breaks the whole dashboard. "
    "Catch the TimeoutError and return the unknown status."
)
NULL = (
    "The caller got None, and cannot tell a silent camera from a mistake. Return, and store, "
    'something that says what it means: `{"status": "unknown"}`.'
)
OTHER_WORD = 'A camera that does not answer has the status `{"status": "unknown"}`, as a dict.'
ASKED_AGAIN = (
    "The silent camera was asked again at once, and each question takes half a second. Remember "
    "for 10 seconds that it did not answer."
)
UNKNOWN_TOO_LONG = (
    "The camera is back after a second, and is shown as unknown for minutes. Keep what you do not "
    "know for 10 seconds only."
)
UNKNOWN_TOO_SHORT = (
    "What you do not know is forgotten too soon: each browser would ask the silent camera again. "
    "Keep it for 10 seconds."
)

UNKNOWN = {"status": "unknown"}


class Camera:
    """What an answer asks; it counts."""

    def __init__(self, status: dict[str, Any] | None) -> None:
        self.status = status
        """None: the camera does not answer."""
        self.asked: list[str] = []

    async def __call__(self, camera_id: str) -> dict[str, Any]:
        """Answer, or not."""
        self.asked.append(camera_id)
        await asyncio.sleep(0.01)
        if self.status is None:
            raise TimeoutError("the camera does not answer")
        return dict(self.status)


async def check(bench: Bench, camera_status: Any) -> None:
    """Read from cameras that answer, from the cache, and from one that is silent for a while."""
    roof = Camera({"status": "online", "battery": 81})
    await _answers(bench, camera_status, "roof", roof, "the camera answers")
    porch = Camera({"status": "offline"})
    await _answers(bench, camera_status, "porch", porch, "another camera answers")
    await _is_stored(bench, camera_status)
    garage = Camera(None)
    await _is_silent(bench, camera_status, garage)
    await bench.redis.delete("camera:garage:status", "camera:roof:status")  # as if time was over
    garage.status, garage.asked = {"status": "online", "battery": 5}, []
    await _answers(
        bench, camera_status, "garage", garage, "it answers again, 10 seconds later", REMEMBERED
    )
    roof.status, roof.asked = {"status": "offline", "battery": 3}, []
    when = "the 300 seconds of another camera are over"
    await _answers(bench, camera_status, "roof", roof, when, REMEMBERED)


async def _read(bench: Bench, answer: Any, camera_id: str, camera: Camera, when: str) -> Any:
    """Call the answer, and watch the key that it makes after each command."""
    key, ttls = f"camera:{camera_id}:status", []

    async def look() -> None:
        ttls.append(await bench.ttl(key))

    def raised(error: BaseException) -> str | None:
        return ESCAPES if isinstance(error, TimeoutError) else None

    asked_before = list(camera.asked)
    came = await bench.run(
        answer, bench.client, camera_id, camera, when=when, between=look, raised=raised
    )
    if camera.asked not in ([], [camera_id], [*asked_before, camera_id]):
        raise NotYet(OTHER_ID, expected=f"`{camera_id}` is asked once", came=f"{camera.asked}")
    if -1 in ttls and await bench.ttl(key) != -1:
        raise NotYet(TWO_STEPS, expected="a TTL from the first moment on", came="a TTL later")
    return came


async def _answers(
    bench: Bench, answer: Any, camera_id: str, camera: Camera, when: str, silent: str = NOT_ASKED
) -> None:
    """Read from a camera that answers, look at what is stored, and read once more."""
    key = f"camera:{camera_id}:status"
    first = await _read(bench, answer, camera_id, camera, when)
    if not camera.asked:
        raise NotYet(silent, expected=f"{camera.status}, asked once", came=f"{first!r}, not asked")
    if first != camera.status:
        raise NotYet(NOT_RETURNED, expected=f"{camera.status}", came=repr(first))
    in_time = await bench.given(key, 300)
    stored, ttl = await bench.redis.get(key), await bench.ttl(key)
    again = await _read(bench, answer, camera_id, camera, f"{when}, and it is read once more")
    if again != camera.status or len(camera.asked) > 1:
        expected = f"{camera.status} again, asked once in all"
        came = f"{again!r}, asked {len(camera.asked)} times"
        hint = NOT_STORED if len(camera.asked) > 1 else OTHER_PLACE
        raise NotYet(hint, expected=expected, came=came)
    if stored != camera.status:
        raise NotYet(OTHER_PLACE, expected=f"{camera.status} under `{key}`", came=repr(stored))
    if ttl == -1:
        raise NotYet(NO_TTL, expected="300 seconds to live", came="no TTL")
    if not in_time:
        raise NotYet(WRONG_TTL, expected="300 seconds to live", came=f"{ttl}")


async def _is_stored(bench: Bench, answer: Any) -> None:
    """Read what is in the cache already, with most of its time over."""
    key, camera = "camera:attic:status", Camera({"status": "offline"})
    kept = {"status": "online", "from": "the cache"}
    await bench.redis.set(key, kept, expire=77)
    before = await bench.stored()
    came = await _read(bench, answer, "attic", camera, "its status is stored already")
    if came != kept or camera.asked:
        came = f"{came!r}, asked {len(camera.asked)} times"
        raise NotYet(IGNORES_CACHE, expected=f"{kept}, not asked", came=came)
    if await bench.stored() != before:
        came = f"{await bench.redis.get(key)}, {await bench.ttl(key)} seconds"
        raise NotYet(TOUCHED, expected=f"{kept}, 77 seconds to live, as before", came=came)


async def _is_silent(bench: Bench, answer: Any, camera: Camera) -> None:
    """Read twice from a camera that does not answer."""
    key, when = "camera:garage:status", "the camera does not answer"
    first = await _read(bench, answer, "garage", camera, when)
    if first is None:
        raise NotYet(NULL, expected=f"{UNKNOWN}", came="None")
    if first != UNKNOWN:
        raise NotYet(OTHER_WORD, expected=f"{UNKNOWN}", came=repr(first))
    in_time = await bench.given(key, 10)
    stored, ttl = await bench.redis.get(key), await bench.ttl(key)
    if not camera.asked:
        raise NotYet(NOT_ASKED, expected=f"{UNKNOWN}, asked once", came=f"{first!r}, not asked")
    again = await _read(bench, answer, "garage", camera, f"{when}, and it is read once more")
    if again != UNKNOWN or len(camera.asked) != 1:
        expected, came = f"{UNKNOWN} again, asked once", f"{again}, asked {len(camera.asked)} times"
        hint = ASKED_AGAIN if len(camera.asked) > 1 else OTHER_PLACE
        raise NotYet(hint, expected=expected, came=came)
    if stored != UNKNOWN:
        raise NotYet(OTHER_PLACE, expected=f"{UNKNOWN} under `{key}`", came=repr(stored))
    if not in_time:
        hint = UNKNOWN_TOO_SHORT if 0 < ttl <= 10 else UNKNOWN_TOO_LONG
        came = "no TTL" if ttl == -1 else f"{ttl}"
        raise NotYet(hint, expected="10 seconds to live", came=came)
