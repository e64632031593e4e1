"""Recall and precision of what the detector has put into a batch."""

from typing import Any

from backend.services.batch_aggregator import BatchAggregator
from course.pipeline_lab.clock import Clock
from exercises.writing import FORGOT_AWAIT, Bench, Exercise, NotYet, Wrong

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
TAKEN = "The batch is empty now: you took the ids out, and the analyser finds none. Look at them."
OTHER = "Return two numbers: recall, then precision."

BATCH = "5f0c9a"


async def check(bench: Bench, score: Any) -> None:
    """Ask about a batch with two true reports of three, and about two borderline cases."""

    async def ask(batch_id: str, reported: list[str], truth: list[str], raised: str) -> Any:
        aggregator = BatchAggregator(bench.redis, clock=Clock(), new_id=lambda: batch_id)
        for number, kind in enumerate(reported):
            await aggregator.add_detection(
                {
                    "id": f"{batch_id}-{number}",
                    "camera_id": batch_id,
                    "type": kind,
                    "confidence": 0.8,
                }
            )
        when = f"{_list(truth)} there, and {_list(reported)} reported"
        came = await bench.run(score, bench.client, batch_id, truth, when=when, raised=raised)
        if await bench.redis.get_queue_length(f"batch:{batch_id}:detections") != len(reported):
            raise NotYet(TAKEN, expected="a batch as it was", came="a batch without detections")
        return came

    truth = ["person", "cat", "cat", "car"]
    came = await ask(BATCH, ["person", "cat", "person"], truth, IDS)
    if not _is(came, 2 / 4, 2 / 3):
        hint = OTHER
        for mistake, values in {
            SWAPPED: (2 / 3, 2 / 4),
            ONE_FOR_TWO: (3 / 4, 3 / 3),
            SETS: (2 / 3, 2 / 2),
            PERCENT: (50, 200 / 3),
            IDS: (0, 0),
            COUNTED: (3 / 4, 4 / 3),
        }.items():
            hint = mistake if _is(came, *values) else hint
        raise NotYet(hint, expected="2 of 4, and 2 of 3", came=repr(came))
    for batch_id, reported, things, right in (
        ("71d2e8", ["cat"], [], (1.0, 0.0)),
        ("a8c410", [], ["car"], (0.0, 1.0)),
    ):
        came = await ask(batch_id, list(reported), list(things), NOTHING)
        if not _is(came, *right):
            raise NotYet(NOTHING, expected=repr(right), came=repr(came))


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


REPORTED = """\
    ids = await client.peek_queue(f"batch:{batch_id}:detections")
    reported = [(await client.get(f"detection:{id}"))["type"] for id in ids]
"""
RIGHT = """\
    left, right = list(truth), 0
    for kind in reported:
        if kind in left:
            left.remove(kind)  # each thing makes one report true
            right += 1
"""
RECALL = "right / len(truth) if truth else 1.0"
PRECISION = "right / len(reported) if reported else 1.0"


def _score(
    right: str = RIGHT, *, reported: str = REPORTED, result: tuple[str, ...] = (RECALL, PRECISION)
) -> str:
    """Return an answer that reads, counts what is right, and divides in this way."""
    recall, precision = result
    return (
        f"async def score(client, batch_id, truth):\n{reported}{right}"
        f"    recall = {recall}\n    precision = {precision}\n    return recall, precision\n"
    )


EXERCISE = Exercise(
    place=1,
    statement="""\
### Exercise: how good was this batch?

Somebody has looked at the images of a batch and written down what truly is there, as a list of types: `truth = ["person", "cat", "cat"]`. Write `score`: it reads from Redis what the detector has reported for that batch, and returns two numbers, recall and precision.

- `batch:<batch_id>:detections` is a list of ids, and `detection:<id>` what was seen. Leave both as they are.
- A report is true if its type is right (boxes do not matter here), and each thing makes one report true.
- If nothing is there, recall is 1; if nothing was reported, precision is 1.
""",  # noqa: E501
    stub="""\
async def score(client, batch_id, truth):
    # Your code goes here.
    ...
""",
    answers=("score",),
    check=check,
    hints=(
        "First the types that were reported, as a list; then how many of them are true; then two "
        "divisions.",
        "`peek_queue` reads a list and leaves it. For each report: is its type still among the "
        "things that no other report has claimed?",
        "Copy `truth`; for each report whose type is in the copy, remove it there and count one. "
        "That number by `len(truth)`, and by the number of reports.",
    ),
    solution=_score(),
    why="before you make a detector more careful, know whether it misses things or makes them up.",
    wrong=(
        Wrong(SWAPPED, _score(result=(PRECISION, RECALL))),
        Wrong(
            COUNTED,
            _score("", result=("len(reported) / len(truth)", "len(truth) / len(reported)")),
        ),
        Wrong(ONE_FOR_TWO, _score("    right = sum(kind in truth for kind in reported)\n")),
        Wrong(
            SETS,
            _score(
                "    truth, reported = set(truth), set(reported)\n"
                "    right = len(truth & reported)\n"
            ),
        ),
        Wrong(
            PERCENT,
            _score(result=("100 * right / len(truth)", "100 * right / len(reported)")),
        ),
        Wrong(
            IDS,
            _score(
                reported='    reported = await client.peek_queue(f"batch:{batch_id}:detections")\n'
            ),
        ),
        Wrong(NOTHING, _score(result=("right / len(truth)", "right / len(reported)"))),
        Wrong(
            TAKEN,
            _score(
                reported="""\
    reported, ids = [], f"batch:{batch_id}:detections"
    while (id := await client.get_from_queue(ids, timeout=0.1)) is not None:
        reported.append((await client.get(f"detection:{id}"))["type"])
"""
            ),
        ),
        Wrong(FORGOT_AWAIT, _score(reported=REPORTED.replace("(await client", "(client"))),
        Wrong(
            OTHER,
            _score().replace("return recall, precision", 'return {"recall": recall}'),
        ),
    ),
)
