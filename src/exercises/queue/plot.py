"""Read a queue-length plot and say what happened."""

from exercises.bench import Bench
from exercises.reading import Questions, read_off

STOPPED = {"STOPPED_EARLIER": lambda minute: minute == 8, "GROUND": True}
QUESTIONS: Questions = {
    "detectors stopped at minute": (3, STOPPED),
    "images a minute that come in": (30, "SLOPE"),
    "images a minute that are taken, minute 8 to 10": (30, "LEVEL"),
    "images a minute that are taken, minute 10 to 15": (60, "BOTH"),
}


async def check(bench: Bench) -> None:
    """Compare the four numbers, one after the other."""
    read_off(bench, QUESTIONS)
