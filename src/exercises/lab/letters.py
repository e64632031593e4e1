"""Sort dead letters: which go back, which are deleted, which wait for a person."""

from typing import Any

from exercises.bench import Bench
from exercises.verdict import NotYet

ALL_BACK = (
    "The broken images are in the queue again: they will fail three times more and come back here. "
    "Look at each letter's `error` first."
)
ALL_GONE = (
    "A letter that nobody had understood yet is gone. Only what you know to be hopeless is deleted."
)
LOOSE = (
    "The image `TimeoutError.jpg` is broken, and went back: you searched the whole text. What "
    "kind of error it was stands at its beginning."
)
WRAPPED = (
    "What is in the queue now is the dead letter, wrapped around the detection. No detector "
    "understands that. `requeue` puts back what the producer had added."
)
LOST_BETWEEN = (
    "For a moment a detection was in neither list: deleted here, not yet added there. Who dies in "
    "that moment loses it. `requeue` does both in one step."
)
TWICE_BETWEEN = (
    "For a moment a detection was in both lists: added there, not yet deleted here. Who dies in "
    "that moment leaves it twice. `requeue` does both in one step."
)
HALF = "Two kinds of error say that the detector was away: `TimeoutError` and `ConnectionError`."
FIRST_PAGE = "`page()` gives 100 letters at the most. Ask for the next page until there is none."
SKIPPED = (
    "Some letters were passed over. What you requeue or delete leaves the list, and the others "
    "move up: the next page begins behind those that *stay*."
)
FOR_EVER = (
    "What nobody understands stays, so the first page is never empty, and your loop does not end. "
    "Begin the next page behind those that stay."
)
EMPTY = "No letter at all is the best case of all, and no error. Return (0, 0)."
COUNTS = "Return two numbers: how many were requeued, and how many were deleted."
OTHER = "Look again at the three kinds: which go back, which are deleted, and which stay."

QUEUE, DEAD = "detection_queue", "dlq:detection_queue"
AWAY = ("TimeoutError: no answer within 30 s", "ConnectionError: refused")
BROKEN = ("ValueError: TimeoutError.jpg cannot be decoded", "ValueError: 0 bytes")
UNKNOWN = "KeyError: 'camera_id'"


async def check(bench: Bench, sort_out: Any) -> None:
    """Sort no letters, five, and more than a page of them."""
    came = await bench.run(sort_out, bench.client, when="there are no dead letters", raised=EMPTY)
    if came not in ((0, 0), [0, 0]):
        raise NotYet(COUNTS, expected="(0, 0)", came=repr(came))
    await _sort_five(bench, sort_out)
    await _sort_pages(bench, sort_out)


async def _fill(bench: Bench, errors: list[str]) -> None:
    """Make the queue empty, and a dead letter for each error, numbered from 0."""
    await bench.redis.clear_queue(QUEUE)
    await bench.redis.clear_queue(DEAD)
    for number, error in enumerate(errors):
        entry = {"original_job": {"id": number}, "error": error, "attempt_count": 3}
        await bench.redis.add_to_queue(DEAD, entry)


async def _numbers(bench: Bench) -> tuple[list[Any], list[Any]]:
    """Return the numbers that are back in the queue, and those among the dead letters."""
    back = [item.get("id", "letter") for item in await bench.redis.peek_queue(QUEUE)]
    return back, [entry["original_job"]["id"] for entry in await bench.redis.peek_queue(DEAD)]


async def _sort_five(bench: Bench, sort_out: Any) -> None:
    between: list[str] = []

    async def look() -> None:
        back, dead = await _numbers(bench)
        for away in (0, 3):
            if (times := back.count(away) + dead.count(away)) != 1:
                between.append(TWICE_BETWEEN if times else LOST_BETWEEN)

    await _fill(bench, [AWAY[0], BROKEN[0], UNKNOWN, AWAY[1], BROKEN[1]])
    when = "letters 0 and 3 say that the detector was away, 1 and 4 that the image is broken"
    came = await bench.run(sort_out, bench.client, when=when, between=look, too_long=FOR_EVER)
    back, dead = await _numbers(bench)
    if (sorted(map(str, back)), dead) != (["0", "3"], [2]) or between:
        expected = "0 and 3 back in the queue, 2 left here, no other"
        is_now = f"{back} back in the queue, {dead} left here"
        raise NotYet(_mistake(back, dead, between), expected=expected, came=is_now)
    if came not in ((2, 2), [2, 2]):
        raise NotYet(COUNTS, expected="(2, 2)", came=repr(came))


def _mistake(back: list[Any], dead: list[Any], between: list[str]) -> str:
    if "letter" in back:
        return WRAPPED
    if 4 in back:
        return ALL_BACK
    if 1 in back:
        return LOOSE
    if 2 not in back + dead:
        return ALL_GONE
    if between:
        return between[0]
    return HALF if len(back) == 1 else OTHER


async def _sort_pages(bench: Bench, sort_out: Any) -> None:
    await _fill(bench, [AWAY[number % 2] if number % 10 else UNKNOWN for number in range(230)])
    when = "230 letters are there, and every tenth is a riddle"
    await bench.run(sort_out, bench.client, when=when, within=6, too_long=FOR_EVER)
    _, dead = await _numbers(bench)
    if passed_over := [number for number in dead if number % 10]:
        hint = FIRST_PAGE if dead[-1] == 229 else SKIPPED
        came = f"{len(passed_over)} others were left here"
        raise NotYet(hint, expected="the riddles stay, no other", came=came)
