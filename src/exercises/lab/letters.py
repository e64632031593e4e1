"""Sort dead letters: which go back, which are deleted, which wait for a person."""

from typing import Any

from exercises.bench import Bench
from exercises.clients import Onlooker
from exercises.verdict import NotYet, expect

QUEUE, DEAD = "detection_queue", "dlq:detection_queue"
AWAY = ("TimeoutError: no answer within 30 s", "ConnectionError: refused")
BROKEN = ("ValueError: TimeoutError.jpg cannot be decoded", "ValueError: 0 bytes")
RIDDLE = "KeyError: 'camera_id'"


async def check(bench: Bench) -> None:
    """Sort no letters, five, and pages of them; cut it short; and sort what is no letter."""
    came = await bench.ask(when="there are no dead letters", raised="EMPTY")
    _count(came, 0, 0)
    await _sort_five(bench)
    await _sort_pages(bench)
    await _cut_short(bench)
    await _sort_plain_text(bench)


def _count(came: Any, *right: int) -> None:
    expect(tuple(came) if isinstance(came, list) else came, right, "COUNTS", shown=repr(came))


def _letters(*errors: str) -> list[Any]:
    """Return a dead letter for each error, numbered from 0."""
    return [
        {"original_job": {"id": number}, "error": error, "attempt_count": 3}
        for number, error in enumerate(errors)
    ]


async def _numbers(bench: Bench) -> tuple[list[Any], list[Any]]:
    """Return the numbers that are back in the queue, and those among the dead letters.

    What is neither a detection nor a letter stands there as it is.
    """

    def number(item: Any, *path: str) -> Any:
        for field in path:
            item = item[field] if isinstance(item, dict) and field in item else item
        return item

    back = [number(item, "id") for item in await bench.redis.peek_queue(QUEUE)]
    dead = [number(item, "original_job", "id") for item in await bench.redis.peek_queue(DEAD)]
    return back, dead


async def _sort_five(bench: Bench) -> None:
    await bench.redis.add(DEAD, *_letters(AWAY[0], BROKEN[0], RIDDLE, AWAY[1], BROKEN[1]))
    await bench.redis.add(QUEUE, {"id": "waits"})
    when = "letters 0 and 3 say that the detector was away, 1 and 4 that the image is broken"
    came = await bench.ask(when=when, too_long="FOR_EVER")
    back, dead = await _numbers(bench)
    mistakes = {
        "WRAPPED": any(isinstance(item, dict) and "original_job" in item for item in back),
        "ALL_BACK": 4 in back,
        "LOOSE": 1 in back,
        "ALL_GONE": 2 not in back + dead,
        "LOST": "waits" not in back or any(number not in back + dead for number in (0, 3)),
        "AT_THE_END": sorted(map(str, back)) == ["0", "3", "waits"] and dead == [2],
        "HALF": back in (["waits", 0], ["waits", 3]),
        "OTHER": True,
    }
    expected = "0 and 3 back in the queue, behind one that waited; 2 left here, no other"
    shown = f"{back} in the queue, {dead} left here"
    expect((back, dead), (["waits", 0, 3], [2]), mistakes, expected=expected, shown=shown)
    _count(came, 2, 2)
    again = await bench.ask(when="it was just called, and one letter stays")
    expected, shown = "nothing changes", "something did"
    expect(await _numbers(bench), (back, dead), "NOT_AGAIN", expected=expected, shown=shown)
    _count(again, 0, 0)


async def _sort_pages(bench: Bench) -> None:
    await bench.redis.clear()
    await bench.redis.add(DEAD, *_letters(*(23 * [RIDDLE, *AWAY, BROKEN[0], *(6 * [AWAY[0]])])))
    when = "230 letters are there, of each ten one is a riddle and one a broken image"
    came = await bench.ask(when=when, within=8, too_long="FOR_EVER")
    back, dead = await _numbers(bench)
    if passed_over := [number for number in dead if number % 10]:
        mistakes = {"FIRST_PAGE": dead[-1] == 229, "SKIPPED": True}
        is_now = f"{len(passed_over)} others were left here"
        raise NotYet(mistakes, expected="the riddles stay, no other", came=is_now)
    expected, shown = "184 in the queue, 23 left here", f"{len(back)} in it, {len(dead)} left here"
    expect((len(back), len(dead)), (184, 23), "LOST", expected=expected, shown=shown)
    _count(came, 184, 23)


async def _cut_short(bench: Bench) -> None:
    async def fill(redis: Onlooker) -> None:
        await redis.add(DEAD, *_letters(AWAY[0], RIDDLE, BROKEN[0], AWAY[1]))

    async def look() -> dict[str, list[Any]]:
        back, dead = await _numbers(bench)
        return {"in the queue": sorted(back, key=str), "dead letters": dead}

    mistakes: dict[Any, str] = dict.fromkeys((0, 1, 3), "LOST_BETWEEN")
    mistakes |= {"twice": "TWICE_BETWEEN", "other": "OTHER"}
    await bench.loses_nothing(fill, look, mistakes, {"in the queue": [0, 3], "dead letters": [1]})


async def _sort_plain_text(bench: Bench) -> None:
    await bench.redis.clear()
    await bench.redis.add(DEAD, {"data": {"id": 7}, "reason": "queue_overflow"})
    await bench.redis.call("RPUSH", bench.redis.full_name(DEAD), "look at camera 3 please")
    before = await bench.redis.peek_queue(DEAD)
    await bench.redis.add(DEAD, *_letters(AWAY[0]))
    when = "there are an entry without `error`, plain text, and a letter to be requeued"
    came = await bench.ask(when=when, too_long="FOR_EVER", raised="PLAIN_TEXT")
    lists = [await bench.redis.peek_queue(name) for name in (QUEUE, DEAD)]
    expected = "the first two stay, the third goes back"
    shown = f"{lists[0]} back in the queue, {lists[1]} left here"
    expect(lists, [[{"id": 0}], before], "PLAIN_TEXT", expected=expected, shown=shown)
    _count(came, 1, 0)
