"""Tell from two queue-length lines which stage is in trouble."""

from collections.abc import Mapping
from typing import Any

from backend.core.redis import RedisClient
from course import plots
from exercises.bench import Bench
from exercises.verdict import NotYet

BEFORE = (
    "The stage that puts into this queue does its work, or nothing would arrive. A line that rises "
    "points at the stage that *takes* from it."
)
OTHER_STAGE = "Which line rises in these minutes, and who takes from that queue?"
NO_ARRIVALS = (
    "The line falls by 10 a minute while 10 a minute still come in. The analyzer takes both "
    "together."
)
NOT_TAKEN = (
    "By how much does `analysis_queue` fall in one minute? Add what comes in meanwhile: 30 images "
    "make 10 batches."
)
ARRIVES = (
    "Level at 0 can mean two things: all is taken at once, or nothing arrives. Where do batches "
    "come from, and what does that stage do in these minutes?"
)
WORD = 'The stages are "watcher", "detector", "aggregator" and "analyzer".'

NO_DICT = "Leave the dict as it was: four questions, each with an answer in the place of its `...`."
QUESTIONS = "A question has been changed or is missing. Only the answers behind them are yours."
NO_NUMBER = "Write a number, without quotation marks."

TROUBLE_1 = "stage in trouble, minute 4 to 8"
TAKES = "batches a minute that are taken, minute 8 to 12"
TROUBLE_2 = "stage in trouble, minute 14 to 18"
REACH = "batches a minute that arrive, minute 14 to 18"
ANSWERS: dict[str, Any] = {TROUBLE_1: "analyzer", TAKES: 20, TROUBLE_2: "detector", REACH: 0}
STAGES = ("watcher", "detector", "aggregator", "analyzer")

IMAGES = 30
"""Images a minute that the cameras write; three of them make a batch."""
DETECTED = [30] * 14 + [0] * 4 + [60] * 4 + [30] * 8
ANALYSED = [10] * 4 + [0] * 4 + [20] * 4 + [10] * 2 + [0] * 4 + [20] * 4 + [10] * 8


async def two_lines(client: RedisClient) -> dict[str, list[int]]:
    """Play a bad half hour, and measure two queues once for each of its minutes.

    Returns:
        The lengths of `detection_queue` and `analysis_queue`.
    """
    queues = ["detection_queue", "analysis_queue"]
    async with plots.watch(client, queues, every=None) as lengths:
        for detected, analysed in zip(DETECTED, ANALYSED, strict=True):
            for number in range(IMAGES):
                await client.add_to_queue("detection_queue", number)
            for number in range(detected):
                await client.get_from_queue("detection_queue", timeout=1)
                if number % 3 == 0:
                    await client.add_to_queue("analysis_queue", number)
            for _ in range(analysed):
                await client.get_from_queue("analysis_queue", timeout=1)
            await lengths.sample()
    return {name: lengths[name] for name in queues}


async def check(bench: Bench, answers: Any) -> None:
    """Compare the four answers, one after the other."""
    bench.situation = "`in_trouble` was read."
    if not isinstance(answers, Mapping):
        raise NotYet(NO_DICT, expected="a dict", came=repr(answers))
    if missing := ANSWERS.keys() - answers.keys():
        raise NotYet(QUESTIONS, expected=f'"{min(missing)}"', came=f"{len(answers)} questions")
    for question, right in ANSWERS.items():
        bench.situation = f"{question[0].upper()}{question[1:]}: look at the plot again."
        came = answers[question]
        if came == right:
            continue
        if isinstance(right, str):
            before = {"analyzer": ("aggregator", "detector"), "detector": ("watcher",)}[right]
            hint = BEFORE if came in before else OTHER_STAGE if came in STAGES else WORD
            raise NotYet(hint, expected="another stage", came=repr(came))
        if not isinstance(came, int | float):
            raise NotYet(NO_NUMBER, expected="a whole number", came=repr(came))
        hint = ARRIVES
        if question == TAKES:
            hint = NO_ARRIVALS if came == 10 else NOT_TAKEN
        raise NotYet(hint, expected="another number", came=repr(came))
