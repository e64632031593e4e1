"""A mistake in one place of a solution is noticed by its check, and drawn a hint that it knows.

Plain `pytest` tries none, but a wrong answer to each exercise: test_wrong_answers.py.
"""

from __future__ import annotations

import pytest
from tests.exercises.mutants import EQUIVALENT, equivalent, mutants, try_all
from tests.exercises.test_catalogue import NAMES
from tests.support import THOROUGH

from course.session import CourseRedis
from exercises import catalogue

pytestmark = pytest.mark.timeout(240)


@THOROUGH
@pytest.mark.parametrize("name", NAMES)
async def test_every_mutant_of_the_solution_draws_a_hint(name: str, here: CourseRedis) -> None:
    came = await try_all(name, here)
    wrong = [each for each in came if each.kind in ("right", "broken", "not attempted")]
    assert came
    assert not wrong, "\n".join(f"{each.kind}: {each.mutant}\n{each.verdict}" for each in wrong)


@pytest.mark.parametrize("name", NAMES)
def test_no_equivalent_mutant_is_listed_that_there_is_not(name: str) -> None:
    assert equivalent(name).keys() <= mutants(catalogue.find(name).solution).keys()


def test_there_is_a_list_of_equivalent_mutants_for_each_lesson() -> None:
    assert {file.stem for file in EQUIVALENT.glob("*.toml")} == set(catalogue.LESSONS)


def test_a_mutant_is_the_code_with_a_mistake_in_one_place() -> None:
    made = mutants("async def f(client):\n    return await client.get('a', timeout=2)")
    assert (
        made["'a' -> 'ax'"] == "async def f(client):\n    return await client.get('ax', timeout=2)"
    )
    assert "client.get('a', timeout=2) -> client.get('a')" in made
    assert "await client.get('a', timeout=2) -> client.get('a', timeout=2)" in made
    assert {"2 -> 3", "2 -> 1", "2 -> 2000"} <= made.keys()
