"""Read a queue-length plot and say what happened."""

from collections.abc import Mapping
from typing import Any

from backend.core.redis import RedisClient
from course import plots
from exercises.bench import Bench
from exercises.verdict import NotYet

STOPPED_EARLIER = (
    "The highest point is where things began to get better. Where does the line leave the ground?"
)
SLOPE = (
    "While nobody takes, the line climbs by what comes in. How much higher is it one minute later?"
)
LEVEL = (
    "A level line does not mean that nothing happens. Images still come in, and the length stays: "
    "so what goes out?"
)
BOTH = (
    "While the line falls by 30 a minute, 30 a minute still come in. The detectors take both "
    "together."
)

NO_DICT = "Leave the dict as it was: four questions, each with a number in the place of its `...`."
QUESTIONS = "A question has been changed or is missing. Only the numbers behind them are yours."
NO_NUMBER = "Write a number, without quotation marks."

ANSWERS = {
    "detectors stopped at minute": (3, STOPPED_EARLIER),
    "images a minute that come in": (30, SLOPE),
    "images a minute that are taken, minute 8 to 10": (30, LEVEL),
    "images a minute that are taken, minute 10 to 15": (60, BOTH),
}
ARRIVING = 30
TAKEN = [30] * 3 + [0] * 5 + [30] * 2 + [60] * 5 + [30] * 2


async def incident(client: RedisClient) -> list[int]:
    """Play a bad quarter of an hour, and measure `detection_queue` once for each of its minutes."""
    async with plots.watch(client, ["detection_queue"], every=None) as lengths:
        for taken in TAKEN:
            for number in range(ARRIVING):
                await client.add_to_queue("detection_queue", number)
            for _ in range(taken):
                await client.get_from_queue("detection_queue", timeout=1)
            await lengths.sample()
    return lengths["detection_queue"]


async def check(bench: Bench, answers: Any) -> None:
    """Compare the four numbers, one after the other."""
    bench.situation = "`what_happened` was read."
    if not isinstance(answers, Mapping):
        raise NotYet(NO_DICT, expected="a dict", came=repr(answers))
    if missing := ANSWERS.keys() - answers.keys():
        raise NotYet(QUESTIONS, expected=f'"{min(missing)}"', came=f"{len(answers)} questions")
    for question, (right, hint) in ANSWERS.items():
        bench.situation = f"{question[0].upper()}{question[1:]}: look at the plot again."
        came = answers[question]
        if not isinstance(came, int | float):
            raise NotYet(NO_NUMBER, expected="a whole number", came=repr(came))
        if came != right:
            raise NotYet(hint, expected="another number", came=repr(came))
