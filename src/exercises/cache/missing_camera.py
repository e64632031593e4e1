"""A cache-aside read that survives a camera that does not answer."""

from typing import Any

from exercises.bench import Bench
from exercises.verdict import NotYet

NOT_STORED = (
    "Two reads, and the camera is to be asked once and both get its answer. Store the answer for "
    "the next reader, and return it."
)
NO_TTL = "The answer is stored for good: this camera would stay online for ever. Name a TTL."
WRONG_TTL = "An answer is kept for 300 seconds, `expire` counts seconds."
NOT_ASKED = "The cache was empty, and the camera was not asked. What does a miss look like?"
ESCAPES = (
    "A camera that does not answer is an everyday thing, and now it breaks the whole dashboard. "
    "Catch the TimeoutError and return the unknown status."
)
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
OTHER_WORD = 'A camera that does not answer has the status `{"status": "unknown"}`, as a dict.'
NULL = (
    "The caller got None, and cannot tell a silent camera from a mistake. Return, and store, "
    'something that says what it means: `{"status": "unknown"}`.'
)

IGNORES_CACHE = (
    "A status was stored, and your function asked the camera all the same, or gave something else. "
    "Look in the cache first, under `camera:<camera_id>:status`."
)
OTHER_PLACE = (
    "The next reader may be another program: what you remember has to be in Redis, under "
    "`camera:<camera_id>:status`."
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
        if self.status is None:
            raise TimeoutError("the camera does not answer")
        return dict(self.status)


async def check(bench: Bench, camera_status: Any) -> None:
    """Read from cameras that answer, from the cache, and from one that is silent for a while."""
    roof = Camera({"status": "online", "battery": 81})
    await _read_twice(bench, camera_status, "roof", roof, "the camera answers")
    porch = Camera({"status": "offline"})
    await _read_twice(bench, camera_status, "porch", porch, "another camera answers")

    kept = {"status": "online", "from": "the cache"}
    await bench.redis.set("camera:attic:status", kept, expire=77)
    attic = Camera({"status": "offline"})
    when = "its status is stored already"
    came = await bench.run(camera_status, bench.client, "attic", attic, when=when)
    if came != kept or attic.asked or await bench.ttl("camera:attic:status") > 77:
        came = f"{came!r}, asked {len(attic.asked)} times"
        raise NotYet(IGNORES_CACHE, expected=f"{kept}, not asked, kept as it was", came=came)

    garage = Camera(None)
    await _read_silent(bench, camera_status, garage)
    await bench.redis.delete("camera:garage:status")  # as if the 10 seconds were over
    garage.status, garage.asked = {"status": "online", "battery": 5}, []
    when = "it answers again, 10 seconds later"
    await _read_twice(bench, camera_status, "garage", garage, when)


async def _read_twice(
    bench: Bench, camera_status: Any, camera_id: str, camera: Camera, when: str
) -> None:
    arguments = (bench.client, camera_id, camera)
    reads = [await bench.run(camera_status, *arguments, when=when) for _ in range(2)]
    if not camera.asked:
        raise NotYet(NOT_ASKED, expected=f"{camera.status}", came=f"{reads[0]!r}")
    if reads != [camera.status] * 2 or len(camera.asked) > 1:
        expected = f"{camera.status} twice, asked once"
        came = f"{reads}, asked {len(camera.asked)} times"
        raise NotYet(NOT_STORED, expected=expected, came=came)
    await _is_remembered(bench, camera_id, camera.status)
    ttl = await bench.ttl(f"camera:{camera_id}:status")
    if ttl == -1:
        raise NotYet(NO_TTL, expected="300 seconds to live", came="no TTL")
    if not 298 <= ttl <= 300:
        raise NotYet(WRONG_TTL, expected="300 seconds to live", came=f"{ttl}")


async def _read_silent(bench: Bench, camera_status: Any, camera: Camera) -> None:
    arguments, when = (bench.client, "garage", camera), "the camera does not answer"
    reads = [
        await bench.run(camera_status, *arguments, when=when, raised=ESCAPES) for _ in range(2)
    ]
    if reads[0] is None:
        raise NotYet(NULL, expected=f"{UNKNOWN}", came="None")
    if reads[0] != UNKNOWN:
        raise NotYet(OTHER_WORD, expected=f"{UNKNOWN}", came=repr(reads[0]))
    if reads != [UNKNOWN, UNKNOWN] or len(camera.asked) > 1:
        expected, came = f"{UNKNOWN} twice, asked once", f"{reads}, asked {len(camera.asked)} times"
        raise NotYet(ASKED_AGAIN, expected=expected, came=came)
    await _is_remembered(bench, "garage", UNKNOWN)
    ttl = await bench.ttl("camera:garage:status")
    if ttl == -1 or ttl > 10:
        came = "no TTL" if ttl == -1 else f"{ttl}"
        raise NotYet(UNKNOWN_TOO_LONG, expected="10 seconds to live", came=came)
    if ttl < 8:
        raise NotYet(UNKNOWN_TOO_SHORT, expected="10 seconds to live", came=f"{ttl}")


async def _is_remembered(bench: Bench, camera_id: str, status: Any) -> None:
    key = f"camera:{camera_id}:status"
    stored = await bench.redis.get(key)
    if stored != status:
        raise NotYet(OTHER_PLACE, expected=f"{status} under `{key}`", came=repr(stored))
