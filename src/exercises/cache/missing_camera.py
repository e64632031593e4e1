"""A cache-aside read that survives a camera that does not answer."""

from typing import Any

from exercises.bench import Bench
from exercises.verdict import NotYet

NOT_STORED = "The camera was asked for each read. Store its answer for the next reader."
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
NULL = (
    "The caller got None, and cannot tell a silent camera from a mistake. Return, and store, "
    'something that says what it means: `{"status": "unknown"}`.'
)

ONLINE, UNKNOWN = {"status": "online"}, {"status": "unknown"}


async def check(bench: Bench, camera_status: Any) -> None:
    """Read twice from a camera that answers, then twice from one that does not."""
    asked: list[str] = []

    async def ask_camera(camera_id: str) -> dict[str, str]:
        asked.append(camera_id)
        if camera_id == "garage":
            raise TimeoutError("the camera does not answer")
        return dict(ONLINE)

    async def read_twice(camera_id: str, when: str, **hints: Any) -> tuple[list[Any], int]:
        asked.clear()
        arguments = (bench.client, camera_id, ask_camera)
        reads = [await bench.run(camera_status, *arguments, when=when, **hints) for _ in range(2)]
        return reads, await bench.ttl(f"camera:{camera_id}:status")

    reads, ttl = await read_twice("roof", "the camera answers")
    if not asked:
        raise NotYet(NOT_ASKED, expected=f"{ONLINE}", came=f"{reads[0]!r}")
    if reads != [ONLINE, ONLINE] or len(asked) > 1:
        expected, came = f"{ONLINE} twice, asked once", f"{reads}, asked {len(asked)} times"
        raise NotYet(NOT_STORED, expected=expected, came=came)
    if ttl == -1:
        raise NotYet(NO_TTL, expected="300 seconds to live", came="no TTL")
    if not 298 <= ttl <= 300:
        raise NotYet(WRONG_TTL, expected="300 seconds to live", came=f"{ttl}")

    reads, ttl = await read_twice("garage", "the camera does not answer", raised=ESCAPES)
    if reads[0] is None:
        raise NotYet(NULL, expected=f"{UNKNOWN}", came="None")
    if reads != [UNKNOWN, UNKNOWN] or len(asked) > 1:
        expected, came = f"{UNKNOWN} twice, asked once", f"{reads}, asked {len(asked)} times"
        raise NotYet(ASKED_AGAIN, expected=expected, came=came)
    if ttl == -1 or ttl > 10:
        came = "no TTL" if ttl == -1 else f"{ttl}"
        raise NotYet(UNKNOWN_TOO_LONG, expected="10 seconds to live", came=came)
