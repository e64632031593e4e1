"""Right answers that people wrote from the statements alone: every one is accepted.

Plain `pytest` tries one of each lesson; --thorough, all of them.

The files in `right/` are Python in cells, as those in `wrong/`; a cell's name says what it is.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tests.support import THOROUGH

from course.session import CourseRedis
from exercises import catalogue
from exercises.judge import judge

FOLDER = Path(__file__).parent / "right"
IMPORTS = """
import asyncio, json, time
import redis.asyncio
from backend.core.dead_letters import DeadLetters
from backend.core.push import add_to_queue_safe
from backend.core.redis import RedisClient
from backend.core.reliable_queue import ReliableQueue
from backend.core.scripts import Script
"""


def cells() -> list[Any]:
    """Return the name of the exercise and the code of each right answer."""
    found = []
    lessons = set[str]()
    for file in sorted(FOLDER.glob("*/*.py")):
        name = f"{file.parent.name}.{file.stem}"
        _, *parts = re.split(r"^# %% (\w+)\n", file.read_text(encoding="utf-8"), flags=re.M)
        for title, code in zip(parts[::2], parts[1::2], strict=True):
            marks = THOROUGH if file.parent.name in lessons else ()
            lessons.add(file.parent.name)
            found.append(pytest.param(name, code, id=f"{name}-{title}", marks=marks))
    return found


@pytest.mark.parametrize(("name", "code"), cells())
async def test_a_right_answer_of_another_kind_is_accepted(
    name: str, code: str, here: CourseRedis
) -> None:
    exercise = catalogue.find(name)
    scope: dict[str, Any] = {}
    exec(IMPORTS + code, scope)
    verdict = await judge(exercise, tuple(scope[answer] for answer in exercise.answers), here)
    assert verdict.kind == "right", verdict
