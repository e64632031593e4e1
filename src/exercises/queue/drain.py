"""Set a queue aside and lose nothing."""

from functools import partial
from typing import Any

from exercises.bench import Bench, NotYet, Onlooker, Stage, expect

QUEUE, HELD = "detection_queue", "detection_queue:held"


async def check(bench: Bench) -> None:
    """Set aside 1,200 jobs, then none, then two; with a camera at work; and cut short."""
    jobs: list[Any] = [{"file_path": f"/images/{number:04}.jpg"} for number in range(1200)]
    await _drain(bench, jobs, held=[], when="1,200 jobs wait")
    await _drain(bench, [], held=jobs, when="no job waits")
    when = "two jobs wait, and others are held from before"
    await _drain(bench, ["one", "two"], held=jobs, when=when)
    await bench.redis.stays(HELD)
    await _while_others_work(bench)
    await _while_another_comes(bench)
    right = {"waiting": [], "held": ["zero", "one", "two", "three"]}
    cut = {"lost": "LOST_WITH_YOU", "zero": "OVERWRITTEN", "twice": "TWICE", "other": "OTHER"}
    await bench.loses_nothing(_fill, partial(_lists, bench), right, cut)


async def _lists(bench: Bench) -> dict[str, list[Any]]:
    """Return what waits and what is held."""
    waits, held = [await bench.redis.items(name, "NO_LIST") for name in (QUEUE, HELD)]
    return {"waiting": waits, "held": held}


async def _drain(bench: Bench, items: list[Any], *, held: list[Any], when: str) -> None:
    await bench.redis.add(QUEUE, *items)
    count = await bench.ask(when=when, within=12, too_long="FOR_EVER")
    waits, held_now = (await _lists(bench)).values()
    mistakes = {
        "OVERWRITTEN": held_now[: len(held)] != held,
        "TWICE": waits == items and len(held_now) > len(held),
        "STILL_THERE": bool(items) and waits == items,
        "LAST_ONE": len(waits) == 1,
        "SOME_STAY": bool(waits),
        "NOWHERE": bool(items) and held_now == held,
        "REVERSED": held_now == [*held, *items[::-1]],
        "CHANGED": all(isinstance(each, str | bytes) for each in held_now),
        "OTHER": True,
    }
    expected = f"0 wait, and {len(held) + len(items)} are held, in their order"
    shown = f"{len(waits)} wait, and {len(held_now)} are held, at the end {held_now[-2:]}"
    expect([waits, held_now], [[], [*held, *items]], mistakes, expected=expected, shown=shown)
    expect(count, len(items), "COUNT")


async def _while_others_work(bench: Bench) -> None:
    camera = partial(bench.redis.add, QUEUE, "another")
    detector = partial(bench.redis.call, "LPOP", bench.redis.full_name(QUEUE))
    for what, between in (("a camera adds another", camera), ("a detector takes one", detector)):
        await bench.redis.clear()
        await bench.redis.add(QUEUE, "one", "two")
        when = f"two jobs wait, and {what} after each of your commands"
        count = await bench.ask(when=when, between=between, too_long="FOR_EVER")
        expect(count, len(await bench.redis.peek_queue(HELD)), "COUNT")


async def _while_another_comes(bench: Bench) -> None:
    async def camera(stage: Stage) -> None:
        await stage.redis.add(QUEUE, "late")

    async for cut in bench.interrupted(fill=_fill, overtaking=camera):
        there = await _lists(bench)
        if "late" not in there["waiting"] + there["held"]:
            when = f"A job was added {cut['cut'].replace('its', 'your')}."
            raise NotYet("LOST", expected="it waits, or is held", came=f"{there}", when=when)


async def _fill(redis: Onlooker) -> None:
    await redis.add(HELD, "zero")
    await redis.add(QUEUE, "one", "two", "three")
