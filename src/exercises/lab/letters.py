"""Sort dead letters: which go back, which are deleted, which wait for a person."""

from typing import Any

from exercises.bench import Bench, expect

QUEUE, DEAD = "detection_queue", "dlq:detection_queue"
AWAY = ("TimeoutError: no answer within 30 s", "ConnectionError: refused")
BROKEN = ("ValueError: TimeoutError.jpg cannot be decoded", "ValueError: 0 bytes")
RIDDLE = "KeyError: 'camera_id'"
NONE_THERE = {"count 1 or more": "EMPTY", "IndexError": "EMPTY"}
"""What is said of an answer that raises where there are no letters; else RAISED."""
FIELDS = {"KeyError": "NO_ERROR", "NoneType": "NO_ERROR", "": "PLAIN_TEXT"}
"""The same where an entry is no letter."""


async def check(bench: Bench) -> None:
    """Sort no letters, five, and pages of them; cut it short; and sort what is no letter."""
    _count(await bench.ask(when="there are no dead letters", raised=NONE_THERE), 0, 0)
    await _sort_five(bench)
    await _sort_pages(bench)
    await _cut_short(bench)
    await _sort_plain_text(bench)


def _count(came: Any, *right: int) -> None:
    expect(tuple(came) if isinstance(came, list) else came, right, "COUNTS", shown=repr(came))


def _letters(*errors: str) -> list[Any]:
    """Return a dead letter for each error, numbered from 0."""
    numbered = enumerate(errors)
    return [{"original_job": {"id": n}, "error": e, "attempt_count": 3} for n, e in numbered]


async def _numbers(bench: Bench) -> dict[str, list[Any]]:
    """Return the numbers of the jobs that are back, and of the letters; of no letter, itself."""

    def number(item: Any, *path: str) -> Any:
        for field in path:
            item = item[field] if isinstance(item, dict) and field in item else item
        return item

    back = [number(item, "id") for item in await bench.redis.peek_queue(QUEUE)]
    dead = [number(item, "original_job", "id") for item in await bench.redis.peek_queue(DEAD)]
    return {"back": back, "left here": dead}


async def _sort_five(bench: Bench) -> None:
    await bench.redis.add(DEAD, *_letters(AWAY[0], BROKEN[0], RIDDLE, AWAY[1], BROKEN[1]))
    await bench.redis.add(QUEUE, {"id": "waits"})
    when = "letters 0 and 3 say that the detector was away, 1 and 4 that the image is broken"
    came = await bench.ask(when=when, too_long="FOR_EVER")
    there = await _numbers(bench)
    back, dead = there.values()
    mistakes = {
        "OVERFLOW": "dlq:overflow:" in repr(bench.client.commands),
        "WRAPPED": any(isinstance(item, dict) and "original_job" in item for item in back),
        "ALL_BACK": 4 in back,
        "LOOSE": 1 in back,
        "ALL_GONE": 2 not in back + dead,
        "LOST": "waits" not in back or any(number not in back + dead for number in (0, 3)),
        "AT_THE_END": sorted(map(str, back)) == ["0", "3", "waits"] and dead == [2],
        "HALF": back in (["waits", 0], ["waits", 3]),
        "OTHER": True,
    }
    expect(there, {"back": ["waits", 0, 3], "left here": [2]}, mistakes)
    _count(came, 2, 2)
    came = await bench.ask(when="it was just called, and one letter stays")
    expect(await _numbers(bench), there, "NOT_AGAIN")
    _count(came, 0, 0)


async def _sort_pages(bench: Bench) -> None:
    await bench.redis.clear()
    await bench.redis.add(DEAD, *_letters(*(23 * [RIDDLE, *AWAY, BROKEN[0], *(6 * [AWAY[0]])])))
    when = "230 letters are there, of each ten one is a riddle and one a broken image"
    came = await bench.ask(when=when, within=8, too_long="FOR_EVER")
    back, dead = (await _numbers(bench)).values()
    mistakes = {"FIRST_PAGE": 229 in dead, "SKIPPED": any(n % 10 for n in dead), "LOST": True}
    expect(f"{len(back)} go back, {len(dead)} stay", "184 go back, 23 stay", mistakes)
    expect(back, sorted(back), "AT_THE_END", expected="oldest first", shown="another order")
    _count(came, 184, 23)


async def _cut_short(bench: Bench) -> None:
    async def look() -> dict[str, list[Any]]:
        there = await _numbers(bench)
        return {**there, "back": sorted(there["back"], key=str)}

    letters = _letters(AWAY[0], RIDDLE, BROKEN[0], AWAY[1])
    right: dict[str, list[Any]] = {"back": [0, 3], "left here": [1]}
    mistakes = {"lost": "LOST_BETWEEN", "twice": "TWICE_BETWEEN", "other": "OTHER"}
    await bench.loses_nothing(lambda redis: redis.add(DEAD, *letters), look, right, mistakes)


async def _sort_plain_text(bench: Bench) -> None:
    await bench.redis.clear()
    await bench.redis.add(DEAD, {"data": {"id": 7}, "reason": "queue_overflow"})
    await bench.redis.call("RPUSH", bench.redis.full_name(DEAD), "ValueError? no error at camera 3")
    before = await bench.redis.peek_queue(DEAD)
    await bench.redis.add(DEAD, *_letters(AWAY[0]))
    when = "there are an entry without `error`, plain text, and a letter to be requeued"
    came = await bench.ask(when=when, too_long="FOR_EVER", raised=FIELDS)
    expect(await _numbers(bench), {"back": [0], "left here": before}, "PLAIN_TEXT")
    _count(came, 1, 0)
