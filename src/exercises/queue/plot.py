"""Read a queue-length plot and say what happened."""

from exercises.bench import Bench
from exercises.reading import read_off

RIGHT = {
    "detectors stopped at minute": 3,
    "images a minute that come in": 30,
    "images a minute that are taken, minute 8 to 10": 30,
    "images a minute that are taken, minute 10 to 15": 60,
}


async def check(bench: Bench) -> None:
    """Compare the four numbers, one after the other."""
    stopped = {"STOPPED_EARLIER": lambda minute: minute == 8, "GROUND": True}
    mistakes = (stopped, "SLOPE", "LEVEL", "BOTH")
    read_off(bench, RIGHT, dict(zip(RIGHT, mistakes, strict=True)))
