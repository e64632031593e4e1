"""Sort dead letters: which go back, which are deleted, which wait for a person."""

from typing import Any

from exercises.writing import FORGOT_AWAIT, Bench, Exercise, NotYet, Wrong

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

    async def fill(errors: list[str]) -> None:
        await bench.redis.clear_queue(QUEUE)
        await bench.redis.clear_queue(DEAD)
        for number, error in enumerate(errors):
            entry = {"original_job": {"id": number}, "error": error, "attempt_count": 3}
            await bench.redis.add_to_queue(DEAD, entry)

    async def numbers() -> tuple[list[Any], list[Any]]:
        back = [item.get("id", "letter") for item in await bench.redis.peek_queue(QUEUE)]
        return back, [entry["original_job"]["id"] for entry in await bench.redis.peek_queue(DEAD)]

    await fill([])
    when = "there are no dead letters"
    came = await bench.run(sort_out, bench.client, when=when, raised=EMPTY)
    if came not in ((0, 0), [0, 0]):
        raise NotYet(COUNTS, expected="(0, 0)", came=repr(came))

    between: list[str] = []

    async def look(_: str) -> None:
        back, dead = await numbers()
        for away in (0, 3):
            if (times := back.count(away) + dead.count(away)) != 1:
                between.append(TWICE_BETWEEN if times else LOST_BETWEEN)

    bench.client.after_each = look
    await fill([AWAY[0], BROKEN[0], UNKNOWN, AWAY[1], BROKEN[1]])
    when = "letters 0 and 3 say that the detector was away, 1 and 4 that the image is broken"
    came = await bench.run(sort_out, bench.client, when=when, too_long=FOR_EVER)
    bench.client.after_each = None
    back, dead = await numbers()
    if (sorted(map(str, back)), dead) != (["0", "3"], [2]) or between:
        hint = OTHER
        if "letter" in back:
            hint = WRAPPED
        elif 4 in back:
            hint = ALL_BACK
        elif 1 in back:
            hint = LOOSE
        elif 2 not in back + dead:
            hint = ALL_GONE
        elif between:
            hint = between[0]
        elif len(back) == 1:
            hint = HALF
        expected = "0 and 3 back in the queue, 2 left here, no other"
        raise NotYet(hint, expected=expected, came=f"{back} back in the queue, {dead} left here")
    if came not in ((2, 2), [2, 2]):
        raise NotYet(COUNTS, expected="(2, 2)", came=repr(came))

    await fill([UNKNOWN if number % 10 == 0 else AWAY[number % 2] for number in range(230)])
    when = "230 letters are there, and every tenth is a riddle"
    came = await bench.run(sort_out, bench.client, when=when, within=6, too_long=FOR_EVER)
    _, dead = await numbers()
    if passed_over := [number for number in dead if number % 10]:
        hint = FIRST_PAGE if dead[-1] == 229 else SKIPPED
        came = f"{len(passed_over)} others were left here"
        raise NotYet(hint, expected="the riddles stay, no other", came=came)


def _sort(
    go_through: str,
    stays: str = "",
    *,
    away: str = 'error.startswith(("TimeoutError", "ConnectionError"))',
    requeue: tuple[str, ...] = ("await letters.requeue(letter.id)",),
    delete: str = 'elif error.startswith("ValueError"):',
    start: str = "requeued = deleted = 0",
) -> str:
    """Return an answer with this loop, these tests and these steps."""
    deep = " " * (12 if "\n" in go_through else 8)
    body = ['error = letter.entry["error"]', f"if {away}:", *(f"    {line}" for line in requeue)]
    body += ["    requeued += 1", delete, "    await letters.delete(letter.id)", "    deleted += 1"]
    body += ["else:", *(f"    {line}" for line in stays.split("\n"))] if stays else []
    return "\n".join(
        [
            "async def sort_out(client):",
            '    letters = DeadLetters(client, "detection_queue")',
            f"    {start}",
            *(f"    {line}" for line in go_through.split("\n")),
            *(deep + line for line in body),
            "    return requeued, deleted",
            "",
        ]
    )


PAGES = "while page := await letters.page(start):\n    for letter in page:"
FIRST = "for letter in await letters.page():"
START = "requeued = deleted = start = 0"
STAYS = "start += 1  # it stays: the next page begins behind it"
PUT_BACK = 'await client.add_to_queue("detection_queue", {})'

EXERCISE = Exercise(
    place=3,
    statement="""\
### Exercise: sort the dead letters

The detector's model was away last night, and this morning `dlq:detection_queue` is full. Write `sort_out`. It looks at each letter's `error`:

- one that begins with `TimeoutError` or `ConnectionError`: the model was away, the image is fine. Back into the queue.
- one that begins with `ValueError`: the image is broken, and will be tomorrow. Delete it.
- any other: it stays, for a person to look at.

It returns two numbers: how many were requeued, and how many were deleted. No detection may get lost if it is killed on the way, and there can be hundreds of letters.
""",  # noqa: E501
    stub="""\
async def sort_out(client):
    # Your code goes here.
    ...
""",
    answers=("sort_out",),
    check=check,
    hints=(
        "Make `letters` of `DeadLetters` as above. `letters.page()` gives letters; each has "
        "an `id`, and its `entry` has the `error`.",
        "`letters.requeue(letter.id)` and `letters.delete(letter.id)` are one step each. `page` "
        "gives 100 letters at the most, from the index `start` on.",
        "`while page := await letters.page(start):`, where `start` is the number of letters that "
        "you have left where they are.",
    ),
    solution=_sort(PAGES, STAYS, start=START),
    why="an outage fills this list in minutes; requeue all of it, and the poison goes round again.",
    wrong=(
        Wrong(
            ALL_BACK,
            """\
async def sort_out(client):
    letters = DeadLetters(client, "detection_queue")
    return await letters.requeue_all(), 0
""",
        ),
        Wrong(ALL_GONE, _sort(FIRST, delete="else:")),
        Wrong(LOOSE, _sort(FIRST, away='"TimeoutError" in error or "ConnectionError" in error')),
        Wrong(
            WRAPPED,
            _sort(
                FIRST,
                requeue=(PUT_BACK.format("letter.entry"), "await letters.delete(letter.id)"),
            ),
        ),
        Wrong(
            LOST_BETWEEN,
            _sort(
                FIRST,
                requeue=(
                    "await letters.delete(letter.id)",
                    PUT_BACK.format('letter.entry["original_job"]'),
                ),
            ),
        ),
        Wrong(
            TWICE_BETWEEN,
            _sort(
                FIRST,
                requeue=(
                    PUT_BACK.format('letter.entry["original_job"]'),
                    "await letters.delete(letter.id)",
                ),
            ),
        ),
        Wrong(HALF, _sort(FIRST, away='error.startswith("TimeoutError")')),
        Wrong(FIRST_PAGE, _sort(FIRST)),
        Wrong(
            SKIPPED,
            _sort(PAGES, start=START).replace("return", "    start += len(page)\n    return"),
        ),
        Wrong(FOR_EVER, _sort(PAGES.replace("start", ""))),
        Wrong(EMPTY, _sort("for letter in await letters.page(count=await letters.length()):")),
        Wrong(
            COUNTS, _sort(PAGES, STAYS, start=START).replace("requeued, deleted\n", "requeued\n")
        ),
        Wrong(FORGOT_AWAIT, _sort(FIRST).replace("await letters.delete", "letters.delete")),
    ),
)
