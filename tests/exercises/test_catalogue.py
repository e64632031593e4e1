"""Every exercise is found, complete and formatted; hints and wrong answers fit together."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import nbformat
import pytest
from tests.exercises.reader import NOTEBOOKS
from tests.exercises.wrong_answers import FOLDER, wrong_answers

import exercises
from exercises import catalogue, reading
from exercises.exercise import COMMON

NAMES = [each.name for lesson in catalogue.LESSONS for each in catalogue.in_lesson(lesson)]


def test_no_wrong_answers_are_left_of_an_exercise_that_is_gone() -> None:
    files = {
        ".".join(file.relative_to(FOLDER).with_suffix("").parts) for file in FOLDER.rglob("*.py")
    }
    assert files == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_tells_three_mistakes_apart_or_more(name: str) -> None:
    assert len({wrong.mistake for wrong in wrong_answers(name)}) >= 3


@pytest.mark.parametrize("name", NAMES)
def test_every_mistake_that_it_lists_is_drawn_by_a_wrong_answer(name: str) -> None:
    drawn = {wrong.mistake for wrong in wrong_answers(name)}
    never = sorted(catalogue.find(name).mistakes.keys() - drawn)
    assert not never, f"No answer in {FOLDER.name}/{name.replace('.', '/')}.py draws {never}."


@pytest.mark.parametrize("name", NAMES)
def test_its_check_tells_each_mistake_that_it_lists(name: str) -> None:
    exercise = catalogue.find(name)
    code = inspect.getsource(sys.modules[exercise.check.__module__]) + inspect.getsource(reading)
    assert [mistake for mistake in exercise.mistakes if f'"{mistake}"' not in code] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_two_wrong_answers_are_the_same(name: str) -> None:
    codes = Counter(wrong.code for wrong in wrong_answers(name))
    assert [code for code, times in codes.items() if times > 1] == []


@pytest.mark.parametrize("name", NAMES)
def test_of_no_two_mistakes_the_same_is_said(name: str) -> None:
    texts = Counter([*catalogue.find(name).mistakes.values(), *COMMON.values()])
    assert [text for text, times in texts.items() if times > 1] == []


@pytest.mark.parametrize("lesson", catalogue.LESSONS)
def test_the_places_in_a_lesson_are_counted_from_one(lesson: str) -> None:
    places = [exercise.place for exercise in catalogue.in_lesson(lesson)]
    assert places == [*range(1, len(places) + 1)]


@pytest.mark.parametrize("lesson", catalogue.LESSONS)
def test_the_places_in_a_lesson_are_those_of_its_notebook(lesson: str) -> None:
    text = (NOTEBOOKS / f"{catalogue.LESSONS[lesson]}.ipynb").read_text()
    checked = re.findall(r'await exercises\.check\(\\"([\w.]+)\\"', text)
    assert checked == [exercise.name for exercise in catalogue.in_lesson(lesson)]


@pytest.mark.parametrize("lesson", catalogue.LESSONS)
def test_the_solution_is_not_in_the_notebook(lesson: str) -> None:
    text = (NOTEBOOKS / f"{catalogue.LESSONS[lesson]}.ipynb").read_text(encoding="utf-8")
    sources = "\n".join(cell.source for cell in nbformat.reads(text, as_version=4).cells)
    for exercise in catalogue.in_lesson(lesson):
        assert exercise.solution not in sources


def test_code_is_formatted_as_the_notebooks_are(tmp_path: Path) -> None:
    for name in NAMES:
        exercise = catalogue.find(name)
        codes = {"stub": exercise.stub, "solution": exercise.solution}
        codes |= {f"wrong{n}": wrong.code for n, wrong in enumerate(wrong_answers(name))}
        for which, code in codes.items():
            (tmp_path / f"{name}.{which}.py").write_text(f"{code}\n", encoding="utf-8")
    settings = Path(__file__).parents[2] / "pyproject.toml"
    command = [sys.executable, "-m", "ruff", "format", "--diff", "--config", settings, tmp_path]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


def test_a_name_with_a_slip_of_the_pen_is_answered_with_the_right_one() -> None:
    with pytest.raises(LookupError, match=r"Did you mean queue\.drain\?"):
        catalogue.find("queue.drian")


def test_a_lesson_that_there_is_not_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(LookupError, match=r"no lesson '02_queue'\. Did you mean queue\?"):
        exercises.progress("02_queue")
