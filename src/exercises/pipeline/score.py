"""Recall and precision of what the detector has put into a batch."""

from numbers import Real
from typing import Any

from backend.services.batch_aggregator import BatchAggregator
from course.pipeline_lab import Clock
from exercises.bench import Bench, NotYet, expect

TRUTH = ["person", "cat", "cat", "car", "dog"]
REPORTED = ["person"] * 4 + ["cat"] * 2 + ["bird"]
UNSURE, SURE = 3, 4
"""The number of a report with little confidence, and of one with much."""
BATCHES: tuple[tuple[str, list[str], list[str], float, float], ...] = (
    ("", REPORTED, TRUTH, 3 / 5, 3 / 7),
    ("ANOTHER_BATCH", ["dog", "car"], ["car", "bird", "car", "cat", "cat"], 1 / 5, 1 / 2),
    ("NOTHING", ["cat"], [], 1, 0),
    ("NOTHING", [], ["car"], 0, 1),
    ("NOTHING", [], [], 1, 1),
    ("LOST", ["person", "car", "cat"], ["cat", "person"], 1 / 2, 1 / 2),
    ("LOST", ["cat"], ["cat"], 0, 1),
    ("PART", ["cat"] * 100 + ["dog"] * 20, ["dog"] * 20, 1, 1 / 6),
)
"""A mistake, what was reported, what was there, and the right numbers; LOST: a record is gone."""
MISTAKES: dict[str, list[tuple[float, float]]] = {
    "SWAPPED": [(3 / 7, 3 / 5)],
    "ONE_FOR_TWO": [(6 / 5, 6 / 7), (1, 6 / 7), (3 / 5, 6 / 7), (6 / 5, 3 / 7)],
    "SETS": [(2 / 4, 2 / 3), (2 / 5, 2 / 7), (2 / 4, 2 / 7), (2 / 5, 2 / 3)],
    "BY_PLACE": [(1 / 5, 1 / 7)],
    "PERCENT": [(60, 300 / 7)],
    "ALTERED": [(3 / 2, 3 / 7)],
    "CONFIDENCE": [(3 / 5, 3 / 6), (1 / 5, 1)],
    "COUNTED": [(7 / 5, 5 / 7), (5 / 7, 7 / 5), (1, 5 / 7), (5 / 7, 1)],
}
"""What comes of a mistake, for the first batch."""
SECOND = {"ONE_FOR_ALL": (2 / 5, 1), "REMEMBERED": (4 / 5, 4 / 9)}
"""The same for the second one."""


async def check(bench: Bench) -> None:
    """Ask about batches in which some reports are true, none, or there is nothing to report."""
    for number, (mistake, reported, truth, recall, precision) in enumerate(BATCHES):
        came = await _ask(bench, f"c3b17{number}", reported, truth, mistake)
        if not _is(came, recall, precision):
            expected = f"({recall:.3g}, {precision:.3g})"
            told = next((name for name, pair in SECOND.items() if _is(came, *pair)), mistake)
            told = told if number == 1 else mistake or _mistake(bench, came)
            raise NotYet(told, expected=expected, came=repr(came))


def _mistake(bench: Bench, came: Any) -> str:
    if not _are_two(came):
        return "OTHER"
    if _is(came, 0, 1):
        return "NONE_FOUND"
    cut_off = [value for value in came if type(value) is int]
    if 0 in cut_off or cut_off == [1, 1]:
        return "WHOLE"
    if _is(came, 0, 0):
        return "NONE_TRUE" if "detection:" in repr(bench.client.commands) else "IDS"
    fitting = (name for name, pairs in MISTAKES.items() if any(_is(came, *pair) for pair in pairs))
    return next(fitting, "DIVISION")


async def _ask(
    bench: Bench, batch_id: str, reported: list[str], truth: list[str], mistake: str
) -> Any:
    """Make a batch of what was reported, and call the answer with what was there."""
    aggregator = BatchAggregator(bench.redis, clock=Clock(), new_id=lambda: batch_id)
    for number, kind in enumerate(reported):
        detection = {"id": f"{batch_id}-{number}", "camera_id": batch_id}
        confidence = {UNSURE: 0.1, SURE: 0.95}.get(number, 0.8)
        await aggregator.add_detection({**detection, "type": kind, "confidence": confidence})
    when = f"{_list(truth)} there, and {_list(reported)} reported"
    if mistake == "LOST":
        await bench.redis.delete(f"detection:{batch_id}-0")
        when = f"{when}, and the record of the {reported[0]} is gone"
    # "NoneType": of a record that is not there.
    raised = {"ZeroDivisionError": mistake or "NOTHING", "NoneType": mistake or "IDS"}
    given = list(truth)
    few = len(reported) < 10  # to look at all that is stored takes its time
    came = await bench.ask(batch_id, given, when=when, watch=few, raised=raised)
    mistakes = {"ADDED": lambda it: it[1] == "new", "TAKEN": lambda it: it[0].startswith("batch:")}
    bench.watch.nothing_changed({**mistakes, "RECORDS": True})
    if _are_two(came):
        expect(given, truth, "ALTERED", expected="`truth` as it was")
    return came


def _list(types: list[str]) -> str:
    if len(types) > 10:
        return f"{len(types)} things were"
    return f"{', '.join(types) or 'nothing'} {'were' if len(types) > 1 else 'was'}"


def _are_two(came: Any) -> bool:
    numbers = came if isinstance(came, tuple | list) else ()
    return len(numbers) == 2 and all(isinstance(value, Real) for value in numbers)


def _is(came: Any, *right: float) -> bool:
    """Whether these two numbers came, give or take a rounding."""
    return _are_two(came) and all(
        abs(value - each) < 0.01 for value, each in zip(came, right, strict=True)
    )
