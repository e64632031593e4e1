"""Find the bug that fills a Redis over months."""

from typing import Any

from exercises.bench import Bench
from exercises.interruptions import Stage
from exercises.verdict import NotYet

STILL_FOR_EVER = (
    "The list has no TTL. If you did set one: a name in a command or a script is sent as it is, so "
    "it needs `client.full_name(…)`. `EXPIRE` of a key that is not there answers 0, and no error."
)
GAP = (
    "At that moment the list had no TTL, and nobody will give it one. `RPUSH` and `EXPIRE` have to "
    "be one step: a transaction or a script."
)
FIRST_ONLY = (
    "The hour began with the first detection and was not renewed by this one. A batch that is "
    "still in use would lose its list."
)
UNIT = "`EXPIRE` counts seconds; `PEXPIRE` counts milliseconds. 3600 seconds are an hour."
NOT_ADDED = "The list has to hold every detection of the batch, in order, each once."
NO_LIST = (
    "`batch:<batch_id>:detections` has to stay a list under this name, in our namespace, to which "
    "each detection is pushed."
)
AS_JSON = (
    "`add_to_queue` writes JSON. What you send by another way is written as it is: "
    "`json.dumps(detection_id)` makes JSON of it."
)
ACTIVITY = "The other key, `batch:<batch_id>:last_activity`, was right. Leave it as it was."
OTHER_KEYS = "Only the two keys of this batch are written, or touched. What are the others for?"


async def check(bench: Bench, add_detection: Any) -> None:
    """Add two detections, with most of an hour between them; to another batch; and cut short."""
    await _add_two(bench, add_detection)
    await _another_batch(bench, add_detection)
    await _cut_short(bench, add_detection)


async def _list(bench: Bench, batch_id: str) -> Any:
    name = f"batch:{batch_id}:detections"
    kind = (await bench.redis.call("TYPE", bench.redis.full_name(name))).decode()
    if kind != "list":
        came = "there is no such key" if kind == "none" else f"it is a {kind}"
        raise NotYet(NO_LIST, expected=f"`{name}` is a list", came=came)
    return await bench.redis.peek_queue(name)


async def _add_two(bench: Bench, add_detection: Any) -> None:
    key, activity = "batch:5f0c9a:detections", "batch:5f0c9a:last_activity"

    async def add(number: int, when: str) -> tuple[Any, int]:
        await bench.run(add_detection, bench.client, "5f0c9a", number, 1000 + number, when=when)
        return await _list(bench, "5f0c9a"), await bench.ttl(key)

    _, first = await add(101, "a batch gets its first detection")
    if first == -1:
        raise NotYet(STILL_FOR_EVER, expected="3600 seconds to live", came="no TTL on the list")
    if not 3590 <= first <= 3600:
        raise NotYet(UNIT, expected="3600 seconds to live", came=f"{first}")
    await bench.let_time_pass(3500)
    items, second = await add(102, "most of an hour has passed, and another detection comes")
    if items != [101, 102]:
        raise NotYet(NOT_ADDED, expected="[101, 102] in the list", came=repr(items))
    if second < 3590:
        raise NotYet(FIRST_ONLY, expected="3600 seconds to live", came=f"{second}")
    value, ttl = await bench.redis.get(activity), await bench.ttl(activity)
    if value != 1102 or not 3590 <= ttl <= 3600:
        came = f"{value!r}, {ttl} seconds to live"
        raise NotYet(ACTIVITY, expected="1102, 3600 seconds to live", came=came)


async def _another_batch(bench: Bench, add_detection: Any) -> None:
    arguments = (bench.client, "71d2e8", "42", 2000.5)
    when = "another batch gets a detection, whose id is the text '42'"
    await bench.run(add_detection, *arguments, when=when)
    items = await _list(bench, "71d2e8")
    if items != ["42"]:
        hint = AS_JSON if len(items) == 1 else NOT_ADDED
        raise NotYet(hint, expected="['42'] in the list", came=repr(items))
    if (first := await _list(bench, "5f0c9a")) != [101, 102]:
        raise NotYet(NOT_ADDED, expected="[101, 102] in the first list", came=repr(first))
    names = {
        f"batch:{batch}:{what}"
        for batch in ("5f0c9a", "71d2e8")
        for what in ("detections", "last_activity")
    }
    if others := sorted({*await bench.keys()} ^ names):
        raise NotYet(OTHER_KEYS, expected=f"the keys {sorted(names)}", came=f"also {others}")


async def _cut_short(bench: Bench, add_detection: Any) -> None:
    async def job(stage: Stage) -> Any:
        return await add_detection(stage.client, "5f0c9a", 101, 1101)

    async def fill() -> None:
        """Begin with nothing: it is the first push that makes the list."""

    async for _ in bench.interrupted(add_detection, job, fill=fill):
        for key in await bench.keys():
            if await bench.ttl(key) == -1:
                raise NotYet(GAP, expected="each key has a TTL", came=f"`{key}` lives for ever")
