"""Exercises in which a plot is read: how its minutes are played, and how the answers are judged."""

from collections.abc import Mapping
from numbers import Real

from backend.core.redis import RedisClient
from course import plots
from exercises.bench import Bench
from exercises.verdict import Mistake, NotYet, which

IMAGES = 30
"""Images a minute that the cameras write; three of them make a batch."""
INCIDENT = [30] * 3 + [0] * 5 + [30] * 2 + [60] * 5 + [30] * 2
DETECTED = [30] * 14 + [0] * 4 + [60] * 4 + [30] * 8
ANALYSED = [10] * 4 + [0] * 4 + [20] * 4 + [10] * 2 + [0] * 4 + [20] * 4 + [10] * 8

Questions = Mapping[str, tuple[int | str, Mistake]]
"""What is right for each question, and what another answer to it shows."""


async def incident(client: RedisClient) -> list[int]:
    """Play 17 bad minutes, and measure `detection_queue` once for each of them."""
    return (await _play(client, {"detection_queue": INCIDENT}))["detection_queue"]


async def two_lines(client: RedisClient) -> dict[str, list[int]]:
    """Play a bad half hour, and measure two queues once for each of its minutes.

    Returns:
        The lengths of `detection_queue` and `analysis_queue`.
    """
    return await _play(client, {"detection_queue": DETECTED, "analysis_queue": ANALYSED})


async def _play(client: RedisClient, taken: dict[str, list[int]]) -> dict[str, list[int]]:
    """Take so many from each queue in each minute; a third of the first goes into the second."""
    first, *others = taken
    async with plots.watch(client, [*taken], every=None) as lengths:
        for minute in range(len(taken[first])):
            for number in range(IMAGES):
                await client.add_to_queue(first, number)
            for queue, counts in taken.items():
                for number in range(counts[minute]):
                    await client.get_from_queue(queue, timeout=1)
                    if queue == first and number % 3 == 0:
                        for other in others:
                            await client.add_to_queue(other, number)
            await lengths.sample()
    return {queue: lengths[queue] for queue in taken}


def read_off(bench: Bench, questions: Questions) -> None:
    """Compare the answer, a dict, question by question: numbers, or words.

    Raises:
        NotYet: one is wrong; which would be right is not said.
    """
    answers = bench.answers[0]
    bench.situation = "The answers were read."
    if not isinstance(answers, Mapping):
        raise NotYet("NO_DICT", expected="a dict", came=repr(answers))
    if missing := questions.keys() - answers.keys():
        came = f"{len(answers)} questions"
        raise NotYet("QUESTIONS", expected=f'"{min(missing)}"', came=came)
    for question, (value, mistakes) in questions.items():
        bench.situation = f"{question[0].upper()}{question[1:]}: look at the plot again."
        came = answers[question]
        if not isinstance(value, str) and not isinstance(came, Real):  # numpy's, too
            raise NotYet("NO_NUMBER", expected="a whole number", came=repr(came))
        if came != value:
            expected = "another word" if isinstance(value, str) else "another number"
            raise NotYet(which(mistakes, came), expected=expected, came=repr(came))
