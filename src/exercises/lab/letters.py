"""Sort dead letters: which go back, which are deleted, which wait for a person."""

from typing import Any

from exercises.bench import Bench
from exercises.interruptions import Stage
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
PLAIN_TEXT = (
    "One entry is plain text, pushed by hand: it has no `error`, and no fields at all. It stays, "
    "and those behind it are sorted. Ask `isinstance(letter.entry, dict)` first."
)
NOT_AGAIN = (
    "It was called a second time, and something else happened than the first time. What stays, "
    "stays, however often you look at it."
)
LOST = (
    "A detection is gone that was among the dead letters, or waited in the queue before. What you "
    "do not requeue or delete stays where it is."
)
AT_THE_END = "What goes back goes to the end of the queue, behind what waits there, oldest first."
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

PLAIN, WAITING = "look at camera 3 please", {"id": "waits"}
QUEUE, DEAD = "detection_queue", "dlq:detection_queue"
AWAY = ("TimeoutError: no answer within 30 s", "ConnectionError: refused")
BROKEN = ("ValueError: TimeoutError.jpg cannot be decoded", "ValueError: 0 bytes")
UNKNOWN = "KeyError: 'camera_id'"


async def check(bench: Bench, sort_out: Any) -> None:
    """Sort no letters, five, and pages of them; cut it short; and sort what is no letter."""
    came = await bench.run(sort_out, bench.client, when="there are no dead letters", raised=EMPTY)
    _count(came, 0, 0)
    await _sort_five(bench, sort_out)
    await _sort_pages(bench, sort_out)
    await _cut_short(bench, sort_out)
    await _sort_plain_text(bench, sort_out)


def _count(came: Any, requeued: int, deleted: int) -> None:
    right = (requeued, deleted)
    if not isinstance(came, tuple | list) or tuple(came) != right:
        raise NotYet(COUNTS, expected=repr(right), came=repr(came))


async def _fill(bench: Bench, errors: list[str]) -> None:
    """Make the queue empty, and a dead letter for each error, numbered from 0."""
    await bench.redis.delete(QUEUE, DEAD)
    for number, error in enumerate(errors):
        entry = {"original_job": {"id": number}, "error": error, "attempt_count": 3}
        await bench.redis.add_to_queue(DEAD, entry)


async def _numbers(bench: Bench) -> tuple[list[Any], list[Any]]:
    """Return the numbers that are back in the queue, and those among the dead letters.

    What is neither a detection nor a letter stands there as it is.
    """

    def number(item: Any, *, is_letter: bool) -> Any:
        try:
            return item["original_job"]["id"] if is_letter else item["id"]
        except (KeyError, TypeError, IndexError):
            return "letter" if isinstance(item, dict) and "original_job" in item else item

    back = [number(item, is_letter=False) for item in await bench.redis.peek_queue(QUEUE)]
    return back, [number(item, is_letter=True) for item in await bench.redis.peek_queue(DEAD)]


async def _sort_five(bench: Bench, sort_out: Any) -> None:
    await _fill(bench, [AWAY[0], BROKEN[0], UNKNOWN, AWAY[1], BROKEN[1]])
    await bench.redis.add_to_queue(QUEUE, WAITING)
    when = "letters 0 and 3 say that the detector was away, 1 and 4 that the image is broken"
    came = await bench.run(sort_out, bench.client, when=when, too_long=FOR_EVER)
    back, dead = await _numbers(bench)
    if (back, dead) != (["waits", 0, 3], [2]):
        expected = "0 and 3 back in the queue, behind one that waited; 2 left here, no other"
        is_now = f"{back} in the queue, {dead} left here"
        raise NotYet(_mistake(back, dead), expected=expected, came=is_now)
    _count(came, 2, 2)
    again = await bench.run(sort_out, bench.client, when="it was just called, and one letter stays")
    if await _numbers(bench) != (back, dead):
        raise NotYet(NOT_AGAIN, expected="nothing changes", came="something did")
    _count(again, 0, 0)


async def _sort_plain_text(bench: Bench, sort_out: Any) -> None:
    await _fill(bench, [])
    await bench.redis.add_to_queue(DEAD, {"data": {"id": 7}, "reason": "queue_overflow"})
    await bench.redis.call("RPUSH", bench.redis.full_name(DEAD), PLAIN)
    entry = {"original_job": {"id": 0}, "error": AWAY[0], "attempt_count": 3}
    await bench.redis.add_to_queue(DEAD, entry)
    before = await bench.redis.peek_queue(DEAD)
    when = "there are an entry without `error`, plain text, and a letter to be requeued"
    hints: dict[str, Any] = {"too_long": FOR_EVER, "raised": PLAIN_TEXT}
    came = await bench.run(sort_out, bench.client, when=when, **hints)
    back, dead = await bench.redis.peek_queue(QUEUE), await bench.redis.peek_queue(DEAD)
    if (back, dead) != ([{"id": 0}], before[:2]):
        came = f"{back} back in the queue, {dead} left here"
        raise NotYet(PLAIN_TEXT, expected="the first two stay, the third goes back", came=came)
    _count(came, 1, 0)


async def _cut_short(bench: Bench, sort_out: Any) -> None:
    errors = [AWAY[0], UNKNOWN, BROKEN[0], AWAY[1]]

    async def job(stage: Stage) -> Any:
        return await sort_out(stage.client)

    async def fill() -> None:
        await _fill(bench, errors)

    async for _ in bench.interrupted(sort_out, job, fill=fill):
        await _look(bench)
        await bench.apart(job)  # it is called again
        await _look(bench)
        back, dead = await _numbers(bench)
        if (sorted(map(str, back)), dead) != (["0", "3"], [1]):
            came = f"{back} back in the queue, {dead} left here, after a second call"
            raise NotYet(OTHER, expected="0 and 3 back in the queue, 1 left here", came=came)


async def _look(bench: Bench) -> None:
    """Make sure that each detection which is fine is in one of the lists, once."""
    back, dead = await _numbers(bench)
    for number in (0, 1, 3):
        if (times := (back + dead).count(number)) != 1:
            hint = TWICE_BETWEEN if times else LOST_BETWEEN
            came = f"{back} in the queue, {dead} among the dead letters"
            raise NotYet(hint, expected=f"{number} is in one of the two, once", came=came)


def _mistake(back: list[Any], dead: list[Any]) -> str:
    if "letter" in back:
        return WRAPPED
    if 4 in back:
        return ALL_BACK
    if 1 in back:
        return LOOSE
    if 2 not in back + dead:
        return ALL_GONE
    if "waits" not in back or {0, 3} - {*back, *dead}:
        return LOST
    if sorted(map(str, back)) == ["0", "3", "waits"] and dead == [2]:
        return AT_THE_END
    return HALF if back in (["waits", 0], ["waits", 3]) else OTHER


async def _sort_pages(bench: Bench, sort_out: Any) -> None:
    kinds = [UNKNOWN, AWAY[0], AWAY[1], BROKEN[0], *(6 * [AWAY[0]])]
    await _fill(bench, [kinds[number % 10] for number in range(230)])
    when = "230 letters are there, of each ten one is a riddle and one a broken image"
    came = await bench.run(sort_out, bench.client, when=when, within=6, too_long=FOR_EVER)
    back, dead = await _numbers(bench)
    if passed_over := [number for number in dead if number % 10]:
        hint = FIRST_PAGE if dead[-1] == 229 else SKIPPED
        is_now = f"{len(passed_over)} others were left here"
        raise NotYet(hint, expected="the riddles stay, no other", came=is_now)
    if (len(back), len(dead)) != (184, 23):
        is_now = f"{len(back)} in the queue, {len(dead)} left here"
        raise NotYet(LOST, expected="184 in the queue, 23 left here", came=is_now)
    _count(came, 184, 23)
