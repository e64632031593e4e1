"""A wrong answer is told its own mistake, and what came is not what was expected.

Plain `pytest` tries a few wrong answers of each exercise; --thorough, all of them. In the notebooks
themselves they are tried by test_through_the_notebooks.py.
"""

from __future__ import annotations

import pytest
from tests.exercises.mutants import tried
from tests.exercises.test_catalogue import NAMES
from tests.exercises.wrong_answers import wrong_answers

from course.session import CourseRedis
from exercises import catalogue

A_FEW = 4

pytestmark = pytest.mark.timeout(240)


@pytest.mark.parametrize("name", NAMES)
async def test_a_wrong_answer_is_told_its_mistake(
    name: str, here: CourseRedis, request: pytest.FixtureRequest
) -> None:
    answers = wrong_answers(name)
    if not request.config.getoption("--thorough"):
        answers = answers[:: max(1, len(answers) // A_FEW)]
    for wrong in answers:
        verdict = await tried(catalogue.find(name), wrong.code, here)
        details = dict(verdict.details)
        assert verdict.mistake == wrong.mistake, f"{verdict}\n{wrong.code}"
        assert details["expected"] != details["came"], f"{verdict}\n{wrong.code}"
