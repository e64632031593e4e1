"""Store a camera's status for five minutes."""

from typing import Any

from exercises.bench import Bench
from exercises.verdict import NotYet

NOTHING = (
    "Your function has stored nothing. One call puts a value under a key, and takes its time to "
    "live too: which?"
)
OTHER_KEY = (
    "The dashboard looks under `camera:<camera_id>:status`. Compare, letter for letter; which "
    "camera it is, your function is told by `camera_id`."
)
NOT_IN_STATUS = (
    "A status need not hold the name of its camera. It is `camera_id` that makes the key, and the "
    "value is the whole `status`, whatever is in it."
)
TEXT = "The client turns the value into JSON by itself. Give it the dict, not a text of your own."
ANOTHER_VALUE = (
    "The value is the whole `status`, as it was given: no part of it, and nothing added."
)
OLD_VALUE = (
    "The camera has reported something else by now. A report takes the place of the last one."
)
OTHERS = "One camera reported, and the status of another one is not as it was."
NO_TTL = (
    "It is stored for good. When this camera is unplugged, its last status stays on the dashboard "
    "for ever: name a TTL."
)
OTHER_TTL = (
    "`expire` counts seconds, neither minutes nor milliseconds. Five minutes are 300 of them."
)
NOT_RENEWED = (
    "The camera has reported again, and what it reported would be gone with the time of its last "
    "report. Each report lives for 300 seconds of its own, also if it says the same."
)
TWO_STEPS = (
    "For a moment the key was there without a TTL. A program that is killed in that moment leaves "
    "it for ever: value and TTL belong into one command."
)

WELL, SILENT = {"camera_id": "garage", "status": "online"}, {"status": "offline", "since": 21}
REPORTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("the garage reports", "garage", WELL),
    ("another camera reports", "roof_2", SILENT),
    ("the garage reports something else, 200 seconds later", "garage", {**WELL, "battery": 7}),
    ("the garage reports the same as 100 seconds before", "garage", {**WELL, "battery": 7}),
)


async def check(bench: Bench, remember: Any) -> None:
    """Let two cameras report, and one of them again; look at the key after each command."""
    for when, camera_id, status in REPORTS:
        before = await bench.stored()
        await _report(bench, remember, when, camera_id, status)
        after = await bench.stored()
        key = f"camera:{camera_id}:status"
        if lost := [each for each in before if each != key and before[each] != after.get(each)]:
            raise NotYet(OTHERS, expected=f"`{lost[0]}` as it was", came="it is changed or gone")
        await bench.let_time_pass(100)


async def _report(
    bench: Bench, remember: Any, when: str, camera_id: str, status: dict[str, Any]
) -> None:
    key, ttls = f"camera:{camera_id}:status", []
    before = await bench.redis.get(key)

    async def look() -> None:
        ttls.append(await bench.ttl(key))

    def raised(error: BaseException) -> str | None:
        return NOT_IN_STATUS if isinstance(error, KeyError) else None

    arguments = (bench.client, camera_id, dict(status))
    await bench.run(remember, *arguments, when=when, between=look, raised=raised)
    stored = await bench.redis.get(key)
    if stored != status:
        came = f"a {type(stored).__name__}: {stored!r}"
        if stored is None:
            came = ", ".join(f"`{each}`" for each in await bench.keys()) or "no key"
        hint = await _mistake(bench, status, stored, before)
        raise NotYet(hint, expected=f"{status} under `{key}`", came=came)
    await _lives(bench, key, ttls, again=before is not None)


async def _mistake(bench: Bench, status: dict[str, Any], stored: Any, before: Any) -> str:
    if stored is None:
        return OTHER_KEY if await bench.keys() else NOTHING
    if stored == before:
        return OLD_VALUE
    return TEXT if isinstance(stored, str) and stored not in status.values() else ANOTHER_VALUE


async def _lives(bench: Bench, key: str, ttls: list[int], *, again: bool) -> None:
    ttl = await bench.ttl(key)
    expected = "300 seconds to live"
    if ttl == -1:
        raise NotYet(NO_TTL, expected=expected, came="no TTL")
    if not await bench.given(key, 300):
        hint = NOT_RENEWED if again and ttl <= 200 else OTHER_TTL
        raise NotYet(hint, expected=expected, came=f"{ttl}")
    if -1 in ttls:
        raise NotYet(TWO_STEPS, expected="a TTL from the first moment on", came="a TTL later")
