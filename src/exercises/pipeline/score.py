"""Recall and precision of what the detector has put into a batch."""

from typing import Any

from backend.services.batch_aggregator import BatchAggregator
from course.pipeline_lab.clock import Clock
from exercises.bench import Bench
from exercises.verdict import NotYet

SWAPPED = (
    "The two are swapped. Recall asks of what is *there*: how much was found? Precision asks of "
    "what was *reported*: how much is true?"
)
COUNTED = (
    "You compared two lengths. A detector that reports three cars where three cats are would be "
    "perfect. Count those reports that are true."
)
ONE_FOR_TWO = (
    "One person was there and three were reported, and you called all of them true. Each thing "
    "that is there makes one report true, no more."
)
SETS = "Two cats were there, and a set has one of them. Keep the number of each type."
BY_PLACE = (
    "You compared the first with the first, the second with the second. What was reported comes in "
    "no order: only the number of each type counts."
)
PERCENT = "A share is a number from 0 to 1."
IDS = (
    "Nothing fits, because the batch holds ids. What was seen stands in the record: "
    "`detection:<id>`, under `type`."
)
NONE_TRUE = (
    "You have read the records, and no report counts as true. Which types were reported, and which "
    "of them are in `truth`? Count one for each that is."
)
NONE_FOUND = (
    "You found no report at all. The ids stand in the list `batch:<batch_id>:detections`, and each "
    "record under `detection:<id>`."
)
ALTERED = (
    "You take from `truth`, and divide by what is left of it. Take from a copy: the number of "
    "things that were there stays the same."
)
WHOLE = "A share is seldom a whole number: `//`, `int` and `round` cut it off, `/` does not."
NOTHING = (
    "Nothing there, or nothing reported: then there is nothing to divide by. Nothing was missed, "
    "or nothing was made up: the share is 1. The other one is what it always is."
)
ANOTHER_BATCH = "Another batch was asked about, by its `batch_id`, with a `truth` of its own."
LOST = (
    "A record is gone, and `get` gives None for it. Nobody can say any more what was reported "
    "there: leave it out, and do not count it."
)
TAKEN = "The batch is not as it was: the analyzer needs its ids. Look at them, and leave them."
RECORDS = "The records `detection:<id>` are not as they were. To read them is all that was asked."
ADDED = "There is a key that was not there before. To read is all that was asked."
DIVISION = (
    "Recall is the number of true reports, divided by how many things were there. Precision is the "
    "same number, divided by how many were reported."
)
OTHER = "Return two numbers: recall, then precision."

TRUTH = ["person", "cat", "cat", "car", "dog"]
REPORTED = ["person"] * 4 + ["cat"] * 2 + ["bird"]
MISTAKES = (
    (SWAPPED, 3 / 7, 3 / 5),
    (ONE_FOR_TWO, 6 / 5, 6 / 7),
    (ONE_FOR_TWO, 1, 6 / 7),
    (ONE_FOR_TWO, 3 / 5, 6 / 7),
    (ONE_FOR_TWO, 6 / 5, 3 / 7),
    (SETS, 2 / 4, 2 / 3),
    (SETS, 2 / 5, 2 / 7),
    (SETS, 2 / 4, 2 / 7),
    (SETS, 2 / 5, 2 / 3),
    (BY_PLACE, 1 / 5, 1 / 7),
    (PERCENT, 60, 300 / 7),
    (NONE_FOUND, 0, 1),
    (ALTERED, 3 / 2, 3 / 7),
    (COUNTED, 7 / 5, 5 / 7),
    (COUNTED, 5 / 7, 7 / 5),
    (COUNTED, 1, 5 / 7),
    (COUNTED, 5 / 7, 1),
)
"""What comes of a mistake, for the truth and the reports above."""

OTHER_BATCHES: tuple[tuple[str, list[str], list[str], float, float, str], ...] = (
    ("c3b17d", ["dog", "car"], ["car", "bird", "car", "cat", "cat"], 1 / 5, 1 / 2, ANOTHER_BATCH),
    ("71d2e8", ["cat"], [], 1.0, 0.0, NOTHING),
    ("a8c410", [], ["car"], 0.0, 1.0, NOTHING),
    ("e0e0e0", [], [], 1.0, 1.0, NOTHING),
)


async def check(bench: Bench, score: Any) -> None:
    """Ask about batches in which some reports are true, none, or there is nothing to report."""
    came = await _ask(bench, score, "5f0c9a", REPORTED, TRUTH, IDS)
    if not _is(came, 3 / 5, 3 / 7):
        raise NotYet(_mistake(bench, came), expected="3 of 5, and 3 of 7", came=repr(came))
    for batch_id, reported, truth, recall, precision, hint in OTHER_BATCHES:
        came = await _ask(bench, score, batch_id, reported, truth, hint)
        if not _is(came, recall, precision):
            raise NotYet(hint, expected=f"({recall}, {precision})", came=repr(came))
    truth = ["cat", "person"]
    came = await _ask(bench, score, "09aa41", ["cat", "car", "person"], truth, LOST, gone=2)
    if not _is(came, 1 / 2, 1 / 2):
        raise NotYet(LOST, expected="1 of 2, and 1 of 2", came=repr(came))


def _mistake(bench: Bench, came: Any) -> str:
    numbers = came if isinstance(came, tuple | list) else ()
    if len(numbers) != 2 or not all(isinstance(value, int | float) for value in numbers):
        return OTHER
    cut_off = [value for value in numbers if type(value) is int]
    if 0 in cut_off or cut_off == [1, 1]:
        return WHOLE
    if _is(came, 0, 0):
        sent = [str(part) for command in bench.client.sent for part in command]
        return NONE_TRUE if any("detection:" in part for part in sent) else IDS
    return next((hint for hint, *two in MISTAKES if _is(came, *two)), DIVISION)


async def _ask(
    bench: Bench,
    score: Any,
    batch_id: str,
    reported: list[str],
    truth: list[str],
    hint: str,
    gone: int | None = None,
) -> Any:
    """Make a batch of what was reported, and call the answer with what was there.

    Args:
        bench: the bench.
        score: the answer.
        batch_id: names the batch.
        reported: the types that the detector has reported.
        truth: what was there.
        hint: for an answer that raises what this situation makes it raise.
        gone: which of the records is gone.
    """
    aggregator = BatchAggregator(bench.redis, clock=Clock(), new_id=lambda: batch_id)
    for number, kind in enumerate(reported):
        detection = {"id": f"{batch_id}-{number}", "camera_id": batch_id}
        await aggregator.add_detection({**detection, "type": kind, "confidence": 0.8})
    when = f"{_list(truth)} there, and {_list(reported)} reported"
    if gone is not None:
        await bench.redis.delete(f"detection:{batch_id}-{gone}")
        when = f"{when}, and the record of the {reported[gone]} is gone"
    keys = await bench.left_alone()

    def raised(error: BaseException) -> str | None:
        if isinstance(error, ZeroDivisionError):
            return NOTHING
        return hint if "NoneType" in str(error) else None  # of a record that is not there

    arguments = (bench.client, batch_id, list(truth))
    came = await bench.run(score, *arguments, when=when, between=keys.look, raised=raised)
    await keys.look()
    for key, what in keys.changed.items():
        hint = TAKEN if key.startswith("batch:") else RECORDS
        raise NotYet(
            ADDED if what == "new" else hint, expected="all as it was", came=f"`{key}` is {what}"
        )
    return came


def _list(types: list[str]) -> str:
    return f"{', '.join(types) or 'nothing'} {'were' if len(types) > 1 else 'was'}"


def _is(came: Any, recall: float, precision: float) -> bool:
    """Whether these two numbers came, give or take a rounding."""
    if not isinstance(came, tuple | list) or len(came) != 2:
        return False
    return all(
        isinstance(value, int | float) and abs(value - right) < 0.01
        for value, right in zip(came, (recall, precision), strict=True)
    )
