"""Read a queue-length plot and say what happened."""

from collections.abc import Mapping
from typing import Any

from backend.core.redis import RedisClient
from course import plots
from exercises.writing import Bench, Exercise, NotYet, Wrong

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


async def check(bench: Bench, answers: Mapping[str, Any]) -> None:
    """Compare the four numbers, one after the other."""
    for question, (right, hint) in ANSWERS.items():
        bench.situation = f"{question[0].upper()}{question[1:]}: look at the plot again."
        came = answers.get(question)
        if came != right:
            where = "another number" if isinstance(came, int) else "a whole number"
            raise NotYet(hint, expected=where, came=repr(came))


def _with(*values: int) -> str:
    lines = [f'    "{question}": {value},' for question, value in zip(ANSWERS, values, strict=True)]
    return "\n".join(["what_happened = {", *lines, "}"])


EXERCISE = Exercise(
    place=3,
    statement="""\
### Exercise: say what happened

The plot shows the length of `detection_queue`, measured once a minute, on the morning after a deployment. Images came in at the same rate all the time. Replace each `...` by a whole number that you read from the line.
""",  # noqa: E501
    stub="""\
what_happened = {
    "detectors stopped at minute": ...,
    "images a minute that come in": ...,
    "images a minute that are taken, minute 8 to 10": ...,
    "images a minute that are taken, minute 10 to 15": ...,
}
""",
    answers=("what_happened",),
    check=check,
    hints=(
        "The slope is what comes in minus what goes out. Go from left to right.",
        "From minute 3 to 8 nobody takes, and the line climbs from 0 to 150.",
        "Level means in equals out. Falling by 30 a minute means that 30 more go out than come in.",
    ),
    solution=f"""\
# The slope is inflow minus outflow.
# 3 to 8: it climbs by 30 a minute and nobody takes, so 30 a minute come in.
# 8 to 10: level, so as many are taken as come in: one detector is back.
# 10 to 15: it falls by 30 a minute while 30 come in, so 60 are taken: the second one is back.
{_with(3, 30, 30, 60)}
""",
    why="a level line at 150 looks calm, and every image waits five minutes: read the slope and "
    "the height.",
    wrong=(
        Wrong(STOPPED_EARLIER, _with(8, 30, 30, 60)),
        Wrong(SLOPE, _with(3, 150, 30, 60)),
        Wrong(LEVEL, _with(3, 30, 0, 60)),
        Wrong(BOTH, _with(3, 30, 30, 30)),
    ),
)
