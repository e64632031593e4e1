"""A wrong answer is told its own mistake, and what came is not what was expected.

Plain `pytest` tries one of each exercise; --thorough, all of them, and for each exercise answers
that do not end. test_through_the_notebooks.py tries a few in the notebooks themselves.
"""

from __future__ import annotations

import pytest
from tests.exercises.mutants import tried
from tests.exercises.reader import MISBEHAVIOUR, SLOW, misbehaving
from tests.exercises.test_catalogue import NAMES
from tests.exercises.wrong_answers import Wrong, wrong_answers
from tests.support import THOROUGH, a_part

from course.session import CourseRedis
from exercises import catalogue
from exercises.bench import Bench

FUNCTIONS = [name for name in NAMES if "def " in catalogue.find(name).stub]
ANSWERS = [
    pytest.param(name, wrong, id=f"{name}-{wrong.mistake}", marks=THOROUGH if number else ())
    for name in NAMES
    for number, wrong in enumerate(wrong_answers(name))
]


@pytest.mark.parametrize(("name", "wrong"), ANSWERS)
async def test_a_wrong_answer_is_told_its_mistake(
    name: str, wrong: Wrong, here: CourseRedis
) -> None:
    verdict = await tried(catalogue.find(name), wrong.code, here)
    details = dict(verdict.details)
    assert verdict.mistake == wrong.mistake, f"{verdict}\n{wrong.code}"
    assert details["expected"] != details["came"], f"{verdict}\n{wrong.code}"


@pytest.mark.parametrize("what", a_part(SLOW[:1], of=SLOW))
@pytest.mark.parametrize("name", a_part(FUNCTIONS[:1], of=FUNCTIONS))
async def test_an_answer_that_does_not_end_is_stopped(
    name: str, what: str, here: CourseRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Sooner than in a notebook: one that spins keeps a core busy all that time.
    monkeypatch.setitem(Bench.run.__kwdefaults__, "within", 0.5)
    exercise = catalogue.find(name)
    body, said = MISBEHAVIOUR[what]
    assert said in repr(await tried(exercise, misbehaving(exercise.stub, body), here))
