"""Tell from two queue-length lines which stage is in trouble."""

from exercises.bench import Bench, Mistake
from exercises.reading import Questions, read_off

STAGES = ("watcher", "detector", "aggregator", "analyzer")


def _stage(*before: str) -> Mistake:
    """What is wrong with a stage, where these stand before the right one."""
    return {
        "BEFORE": lambda it: it in before,
        "OTHER_STAGE": lambda it: it in STAGES,
        "WORD": True,
    }


TAKEN = {"NO_ARRIVALS": lambda it: it == 10, "NOT_TAKEN": True}
QUESTIONS: Questions = {
    "stage in trouble, minute 4 to 8": ("analyzer", _stage("aggregator", "detector")),
    "batches a minute that are taken, minute 8 to 12": (20, TAKEN),
    "stage in trouble, minute 14 to 18": ("detector", _stage("watcher")),
    "batches a minute that arrive, minute 14 to 18": (0, "ARRIVES"),
}


async def check(bench: Bench) -> None:
    """Compare the four answers, one after the other."""
    read_off(bench, QUESTIONS)
