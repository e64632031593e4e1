"""Set a queue aside and lose nothing."""

from typing import Any

from exercises.bench import Bench
from exercises.interruptions import Stage
from exercises.verdict import NotYet

QUEUE, HELD = "detection_queue", "detection_queue:held"

LAST_ONE = "One item still waits, and it is the last one. When does your loop end?"
SOME_STAY = "Some items still wait. Move as many as there were when you began, however many."
REVERSED = "All are there, the newest first. Take from the left, and add on the right."
FOR_EVER = (
    "The queue was never empty for long, since a camera went on writing, or it was empty and you "
    "waited for an item. How many items do you have to move, and how can you know beforehand?"
)
LOST = (
    "A detection was added while you worked, and now it is in neither list. Something removed more "
    "than it had read: looking and clearing are two commands, and much can happen between them."
)
LOST_WITH_YOU = (
    "A detection was in neither list at that moment: you had it in a variable, and a variable ends "
    "with its process. `LMOVE` moves an item in one step."
)
TWICE = (
    "A detection was in both lists at that moment, so the next call sets it aside a second time. "
    "Adding there and removing here has to be one step, as in `LMOVE`."
)
OVERWRITTEN = (
    "What an earlier call had set aside is gone, or no longer in front. `RENAME`, for one, removes "
    "what was there under the new name."
)
STILL_THERE = "The items still wait in `detection_queue`, where a detector takes them."
NOWHERE = (
    "The items have left the queue, and they are not in `detection_queue:held`. With `call`, names "
    "are sent as they are: `client.full_name(…)` puts the namespace in front."
)
NO_LIST = "`set` stores one value under a key. What waits, and what is held, is a list of items."
CHANGED = (
    "What was set aside is no longer what the camera had written. `add_to_queue` writes JSON, so "
    "bytes or text that are JSON already become JSON once more."
)
COUNT = "Return how many items this call has moved, 0 if none waited."
OTHER = "Move every item to the end of `detection_queue:held`, the first one in first."


async def check(bench: Bench, drain: Any) -> None:
    """Set aside 120 detections, then none, then behind others; with a camera; and cut short."""
    await _everything(bench, drain)
    await _behind_others(bench, drain)
    await _while_cameras_write(bench, drain)
    await _cut_short(bench, drain)


async def _lists(bench: Bench) -> tuple[list[Any], list[Any]]:
    """Return what waits and what is held."""
    for name in (QUEUE, HELD):
        kind = (await bench.redis.call("TYPE", bench.redis.full_name(name))).decode()
        if kind not in ("list", "none"):
            raise NotYet(NO_LIST, expected=f"`{name}` is a list", came=f"it is a {kind}")
    return await bench.redis.peek_queue(QUEUE), await bench.redis.peek_queue(HELD)


async def _add(bench: Bench, *items: Any) -> None:
    for item in items:
        await bench.redis.add_to_queue(QUEUE, item)


async def _everything(bench: Bench, drain: Any) -> None:
    detections: list[Any] = [{"file_path": f"/images/{number:04}.jpg"} for number in range(120)]
    await _add(bench, *detections)
    count = await bench.run(drain, bench.client, when="120 detections wait", too_long=FOR_EVER)
    waiting, held = await _lists(bench)
    if (waiting, held) != ([], detections):
        came = f"{len(waiting)} wait, and {len(held)} are held"
        hint = _mistake(waiting, held, detections)
        raise NotYet(hint, expected="0 wait, and 120 are held, in their order", came=came)
    if type(count) is not int or count != 120:
        raise NotYet(COUNT, expected="120", came=repr(count))
    count = await bench.run(drain, bench.client, when="no detection waits", too_long=FOR_EVER)
    if await _lists(bench) != ([], detections):
        raise NotYet(OVERWRITTEN, expected="120 held, as before", came="they are not")
    if type(count) is not int or count != 0:
        raise NotYet(COUNT, expected="0", came=repr(count))


async def _behind_others(bench: Bench, drain: Any) -> None:
    _, before = await _lists(bench)
    await _add(bench, "one", "two")
    when = "two detections wait, and others are held from before"
    count = await bench.run(drain, bench.client, when=when, too_long=FOR_EVER)
    _, held = await _lists(bench)
    if held != [*before, "one", "two"]:
        hint = OVERWRITTEN if held[: len(before)] != before else OTHER
        came = f"{len(held)} are held, at the end {held[-2:]}"
        expected = f"{len(before) + 2} are held, at the end ['one', 'two']"
        raise NotYet(hint, expected=expected, came=came)
    if count != 2:
        raise NotYet(COUNT, expected="2", came=repr(count))


async def _while_cameras_write(bench: Bench, drain: Any) -> None:
    await bench.redis.delete(QUEUE, HELD)
    added = ["early 1", "early 2"]
    await _add(bench, *added)

    async def camera() -> None:
        added.append(f"late {len(added)}")
        await _add(bench, added[-1])

    when = "two detections wait, and a camera adds another after each of your commands"
    await bench.run(drain, bench.client, when=when, between=camera, too_long=FOR_EVER)
    waiting, held = await _lists(bench)
    if missing := set(added) - {*waiting, *held}:
        came = f"missing: {sorted(missing)[0]}, and {len(missing) - 1} more"
        raise NotYet(LOST, expected="every detection in one of the lists", came=came)
    if held[:2] != added[:2]:
        raise NotYet(OTHER, expected=f"held: {added[:2]}, then later ones", came=f"{held[:3]}")
    if len(waiting) + len(held) != len(added):
        raise NotYet(TWICE, expected="every detection once", came="one is in both lists")


async def _cut_short(bench: Bench, drain: Any) -> None:
    items = ["one", "two", "three"]

    async def job(stage: Stage) -> Any:
        return await drain(stage.client)

    async def fill() -> None:
        await bench.redis.add_to_queue(HELD, "zero")
        await _add(bench, *items)

    await _while_another_comes(bench, drain, fill)
    async for _ in bench.interrupted(drain, job, fill=fill):
        await _look(bench)
        await bench.apart(job)  # it is called again
        await _look(bench)
        if await _lists(bench) != ([], ["zero", *items]):
            came = f"held, after a second call: {(await _lists(bench))[1]}"
            raise NotYet(OTHER, expected=f"held: {['zero', *items]}", came=came)


async def _while_another_comes(bench: Bench, drain: Any, fill: Any) -> None:
    """Have a camera write between any two commands of the answer."""

    async def job(stage: Stage) -> Any:
        stage.overtaking = lambda: stage.redis.add_to_queue(QUEUE, "late")
        return await drain(stage.client)

    async for cut in bench.interrupted(drain, job, fill=fill, ways=["overtaken"]):
        bench.situation = f"A detection was added {cut['cut'].replace('its', 'your')}."
        waiting, held = await _lists(bench)
        if "late" not in waiting + held:
            expected = "it waits, or is held"
            raise NotYet(LOST, expected=expected, came=f"{waiting} wait, {held} are held")


async def _look(bench: Bench) -> None:
    """Make sure that each detection is in one of the lists, once."""
    waiting, held = await _lists(bench)
    came = f"{waiting} wait, {held} are held"
    everywhere = waiting + held
    for item in ("zero", "one", "two", "three"):
        if (times := everywhere.count(item)) != 1:
            hint = TWICE if times else OVERWRITTEN if item == "zero" else LOST_WITH_YOU
            raise NotYet(hint, expected="each detection in one of the lists, once", came=came)


def _mistake(waiting: list[Any], held: list[Any], detections: list[Any]) -> str:
    if waiting == detections:
        return STILL_THERE if not held else TWICE
    if waiting == detections[-1:]:
        return LAST_ONE
    if waiting:
        return SOME_STAY
    if not held:
        return NOWHERE
    if held == detections[::-1]:
        return REVERSED
    return CHANGED if all(isinstance(item, str | bytes) for item in held) else OTHER
