"""A wrong answer is told its own mistake, and what came is not what was expected.

Plain `pytest` tries all of two lessons and a few of each other exercise; --thorough, all of them,
and for each exercise answers that do not end. test_through_the_notebooks.py tries a few in the
notebooks themselves.
"""

from __future__ import annotations

import pytest
from tests.exercises.mutants import tried
from tests.exercises.reader import MISBEHAVIOUR, SLOW, misbehaving
from tests.exercises.test_catalogue import NAMES
from tests.exercises.wrong_answers import Wrong, a_few, wrong_answers

from course.session import CourseRedis
from exercises import catalogue

ALL = ("start.", "cache.")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    everything = metafunc.config.getoption("--thorough")
    if "wrong" in metafunc.fixturenames:
        answers = [
            pytest.param(name, wrong, id=f"{name}-{wrong.mistake}")
            for name in NAMES
            for wrong in (wrong_answers if everything or name.startswith(ALL) else a_few)(name)
        ]
        metafunc.parametrize(("name", "wrong"), answers)
    if "what" in metafunc.fixturenames:
        functions = [name for name in NAMES if "def " in catalogue.find(name).stub]
        endless = [(name, what) for name in functions for what in SLOW]
        metafunc.parametrize(("name", "what"), endless if everything else endless[:1])


async def test_a_wrong_answer_is_told_its_mistake(
    name: str, wrong: Wrong, here: CourseRedis
) -> None:
    verdict = await tried(catalogue.find(name), wrong.code, here)
    details = dict(verdict.details)
    assert verdict.mistake == wrong.mistake, f"{verdict}\n{wrong.code}"
    assert details["expected"] != details["came"], f"{verdict}\n{wrong.code}"


async def test_an_answer_that_does_not_end_is_stopped(
    name: str, what: str, here: CourseRedis
) -> None:
    exercise = catalogue.find(name)
    body, said = MISBEHAVIOUR[what]
    assert said in repr(await tried(exercise, misbehaving(exercise.stub, body), here))
