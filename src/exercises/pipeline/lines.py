"""Tell from two queue-length lines which stage is in trouble."""

from exercises.bench import Bench, Mistake
from exercises.reading import read_off

STAGES = ("watcher", "detector", "aggregator", "analyzer")
RIGHT = {
    "stage in trouble, minute 4 to 8": "analyzer",
    "batches a minute that are taken, minute 8 to 12": 20,
    "stage in trouble, minute 14 to 18": "detector",
    "batches a minute that arrive, minute 14 to 18": 0,
}


def _stage(*before: str) -> Mistake:
    """What is wrong with a stage, where these stand before the right one."""
    return {
        "BEFORE": lambda it: it in before,
        "OTHER_STAGE": lambda it: it in STAGES,
        "WORD": True,
    }


async def check(bench: Bench) -> None:
    """Compare the four answers, one after the other."""
    taken: Mistake = {"NO_ARRIVALS": lambda it: it == 10, "NOT_TAKEN": True}
    analyzer, detector = _stage("aggregator", "detector"), _stage("watcher")
    read_off(bench, RIGHT, dict(zip(RIGHT, (analyzer, taken, detector, "ARRIVES"), strict=True)))
