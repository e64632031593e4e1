"""Store a camera's status for five minutes."""

from typing import Any

from exercises.bench import Bench
from exercises.verdict import NotYet

NO_TTL = (
    "It is stored for good. When this camera is unplugged, its last status stays on the dashboard "
    "for ever: name a TTL."
)
MILLISECONDS = "`expire` counts seconds, not milliseconds."
OTHER_TTL = "It has a TTL, and another one than the task names. `expire` counts seconds."
TWO_STEPS = (
    "For a moment the key was there without a TTL. A program that is killed in that moment leaves "
    "it for ever: value and TTL belong into one command."
)
OTHER_KEY = "The dashboard looks under `camera:<camera_id>:status`. Compare, letter for letter."
TEXT = "The client turns the value into JSON by itself. Give it the dict, not a text of your own."

OTHER_CAMERA = (
    "Another camera reports, and its status does not stand under its key. Which camera it is, your "
    "function is told by `camera_id`."
)
NOT_RENEWED = (
    "The camera has reported again, and what is stored is older than that. Each report is stored, "
    "in place of the last one, and lives for its own 300 seconds."
)

STATUS = {"camera_id": "garage", "status": "online"}


async def check(bench: Bench, remember: Any) -> None:
    """Let two cameras report, and one of them again, late; look at the key after each command."""
    await _report(bench, remember, "garage", STATUS, "the garage reports", OTHER_KEY)
    roof = {"camera_id": "unnamed", "status": "offline", "battery": 7}
    await _report(bench, remember, "roof_2", roof, "another camera reports", OTHER_CAMERA)
    await bench.redis.call("EXPIRE", bench.redis.full_name("camera:garage:status"), 100)
    again = {"camera_id": "garage", "status": "offline"}
    when = "the garage reports again, 200 seconds later"
    await _report(bench, remember, "garage", again, when, NOT_RENEWED)


async def _report(
    bench: Bench, remember: Any, camera_id: str, status: dict[str, Any], when: str, missing: str
) -> None:
    key, ttls = f"camera:{camera_id}:status", []

    async def look() -> None:
        ttls.append(await bench.ttl(key))

    await bench.run(remember, bench.client, camera_id, dict(status), when=when, between=look)
    stored = await bench.redis.get(key)
    if stored is None or (missing == NOT_RENEWED and stored == STATUS):
        raise NotYet(missing, expected=f"{status} under `{key}`", came=repr(stored))
    if stored != status:
        raise NotYet(TEXT, expected=f"{status}", came=f"a {type(stored).__name__}: {stored!r}")
    ttl = await bench.ttl(key)
    if ttl == -1:
        raise NotYet(NO_TTL, expected="300 seconds to live", came="no TTL")
    if ttl > 300:
        raise NotYet(MILLISECONDS, expected="300 seconds to live", came=f"{ttl}")
    if -1 in ttls:
        raise NotYet(TWO_STEPS, expected="a TTL from the first moment on", came="a TTL later")
    if ttl < 298:
        hint = NOT_RENEWED if missing == NOT_RENEWED else OTHER_TTL
        raise NotYet(hint, expected="300 seconds to live", came=f"{ttl}")
