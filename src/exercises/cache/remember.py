"""Store a camera's status for five minutes."""

from typing import Any

from exercises.bench import Bench
from exercises.verdict import NotYet

NO_TTL = (
    "It is stored for good. When this camera is unplugged, its last status stays on the dashboard "
    "for ever: name a TTL."
)
MILLISECONDS = "`expire` counts seconds, not milliseconds."
TWO_STEPS = (
    "For a moment the key was there without a TTL. A program that is killed in that moment leaves "
    "it for ever: value and TTL belong into one command."
)
OTHER_KEY = "The dashboard looks under `camera:<camera_id>:status`. Compare, letter for letter."
TEXT = "The client turns the value into JSON by itself. Give it the dict, not a text of your own."

STATUS = {"camera_id": "garage", "status": "online"}


async def check(bench: Bench, remember: Any) -> None:
    """Store one status, and look at its key after each command."""
    key = "camera:garage:status"
    ttls: list[int] = []

    async def look() -> None:
        ttls.append(await bench.ttl(key))

    when = "the garage reports"
    await bench.run(remember, bench.client, "garage", STATUS, when=when, between=look)
    stored = await bench.redis.get(key)
    if stored is None:
        raise NotYet(OTHER_KEY, expected=f"a value under `{key}`", came="none")
    if stored != STATUS:
        raise NotYet(TEXT, expected=f"{STATUS}", came=f"a {type(stored).__name__}: {stored!r}")
    if ttls[-1] == -1:
        raise NotYet(NO_TTL, expected="300 seconds to live", came="no TTL")
    if ttls[-1] > 300:
        raise NotYet(MILLISECONDS, expected="300 seconds to live", came=f"{ttls[-1]}")
    if -1 in ttls:
        raise NotYet(TWO_STEPS, expected="a TTL from the first moment on", came="a TTL later")
    if ttls[-1] < 298:
        raise NotYet(NO_TTL, expected="300 seconds to live", came=f"{ttls[-1]}")
