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
    "One person was there and two were reported, and you called both true. Each thing that is "
    "there makes one report true, no more."
)
SETS = "Two cats were there, and a set has one of them. Keep the number of each type."
PERCENT = "A share is a number from 0 to 1."
IDS = (
    "Nothing fits, because the batch holds ids. What was seen stands in the record: "
    "`detection:<id>`, under `type`."
)
NOTHING = (
    "Nothing there, or nothing reported: then there is nothing to divide by. Nothing was missed, "
    "and nothing was made up: the share is 1."
)
TAKEN = "The batch is not as it was: the analyzer needs its ids. Look at them, and leave them."
RECORDS = "The records `detection:<id>` are not as they were. To read them is all that was asked."
BY_PLACE = (
    "You compared the first with the first, the second with the second. What was reported comes in "
    "no order: only the number of each type counts."
)
WHOLE = "A share is seldom a whole number: `//` cuts it off, `/` does not."
OTHER = "Return two numbers: recall, then precision."


async def check(bench: Bench, score: Any) -> None:
    """Ask about a batch with two true reports of three, and about two borderline cases."""
    truth = ["person", "cat", "cat", "car"]
    reported = ["cat", "person", "cat", "person", "person"]
    came = await _ask(bench, score, "5f0c9a", reported, truth, IDS)
    if not _is(came, 3 / 4, 3 / 5):
        mistakes = [
            (SWAPPED, 3 / 5, 3 / 4),
            (ONE_FOR_TWO, 5 / 4, 5 / 5),
            (ONE_FOR_TWO, 3 / 4, 5 / 5),
            (SETS, 2 / 3, 2 / 2),
            (SETS, 2 / 4, 2 / 5),
            (BY_PLACE, 1 / 4, 1 / 5),
            (PERCENT, 75, 60),
            (IDS, 0, 0),
            (WHOLE, 0, 0),
            (COUNTED, 5 / 4, 4 / 5),
            (COUNTED, 4 / 5, 5 / 4),
            (COUNTED, 4 / 4, 4 / 5),
        ]
        hint = next((hint for hint, *two in mistakes if _is(came, *two)), OTHER)
        if hint == IDS and _is_whole(came):
            hint = WHOLE
        raise NotYet(hint, expected="3 of 4, and 3 of 5", came=repr(came))

    came = await _ask(bench, score, "71d2e8", ["cat"], [], NOTHING)
    if not _is(came, 1.0, 0.0):
        raise NotYet(NOTHING, expected="(1.0, 0.0)", came=repr(came))
    came = await _ask(bench, score, "a8c410", [], ["car"], NOTHING)
    if not _is(came, 0.0, 1.0):
        raise NotYet(NOTHING, expected="(0.0, 1.0)", came=repr(came))


async def _ask(
    bench: Bench, score: Any, batch_id: str, reported: list[str], truth: list[str], raised: str
) -> Any:
    """Make a batch of what was reported, and call the answer with what was there."""
    aggregator = BatchAggregator(bench.redis, clock=Clock(), new_id=lambda: batch_id)
    for number, kind in enumerate(reported):
        detection = {"id": f"{batch_id}-{number}", "camera_id": batch_id}
        await aggregator.add_detection({**detection, "type": kind, "confidence": 0.8})
    when = f"{_list(truth)} there, and {_list(reported)} reported"
    before = await bench.stored()
    came = await bench.run(score, bench.client, batch_id, list(truth), when=when, raised=raised)
    after = await bench.stored()
    keys = sorted(before.keys() | after.keys())
    if changed := [key for key in keys if before.get(key) != after.get(key)]:
        hint = TAKEN if changed[0].startswith("batch:") else RECORDS
        raise NotYet(hint, expected="all as it was", came=f"`{changed[0]}` is changed or gone")
    return came


def _is_whole(came: Any) -> bool:
    """Whether both are whole numbers: what a division with // leaves."""
    return all(type(value) is int for value in came)


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
