"""Every exercise's file holds what a lesson needs, and adding one is easy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from tests.exercises.reader import NOTEBOOKS
from tests.notebooks import rerun

from exercises import catalogue, cells
from exercises.__main__ import main

NAMES = [name for lesson in catalogue.LESSONS for name in catalogue.names(lesson)]


@pytest.mark.parametrize("name", NAMES)
def test_it_tells_three_mistakes_apart_or_more(name: str) -> None:
    assert len({wrong.hint for wrong in catalogue.find(name).wrong}) >= 3


@pytest.mark.parametrize("name", NAMES)
def test_it_has_a_title_and_hints_that_fit_a_line(name: str) -> None:
    exercise = catalogue.find(name)
    assert exercise.title
    assert len(exercise.hints) == 3
    assert all("\n" not in text for text in (*exercise.hints, exercise.why))


@pytest.mark.parametrize("lesson", catalogue.LESSONS)
def test_the_places_in_a_lesson_are_counted_from_one(lesson: str) -> None:
    places = [catalogue.find(name).place for name in catalogue.names(lesson)]
    assert places == [*range(1, len(places) + 1)]


@pytest.mark.parametrize("lesson", catalogue.LESSONS)
def test_the_solution_is_not_in_the_notebook(lesson: str) -> None:
    text = (NOTEBOOKS / f"{catalogue.LESSONS[lesson]}.ipynb").read_text(encoding="utf-8")
    sources = "\n".join(cell.source for cell in nbformat.reads(text, as_version=4).cells)
    for name in catalogue.names(lesson):
        assert catalogue.find(name).solution.strip() not in sources


def test_answers_are_formatted_as_the_notebooks_are(tmp_path: Path) -> None:
    for name in NAMES:
        exercise = catalogue.find(name)
        codes = {"stub": exercise.stub, "solution": exercise.solution}
        codes |= {f"wrong{n}": wrong.code for n, wrong in enumerate(exercise.wrong)}
        for which, code in codes.items():
            (tmp_path / f"{name}.{which}.py").write_text(f"{code.strip()}\n", encoding="utf-8")
    settings = Path(__file__).parents[2] / "pyproject.toml"
    command = [sys.executable, "-m", "ruff", "format", "--diff", "--config", settings, tmp_path]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


def test_a_name_with_a_slip_of_the_pen_is_answered_with_the_right_one() -> None:
    with pytest.raises(LookupError, match=r"Did you mean queue\.drain\?"):
        catalogue.find("queue.drian")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a notebook without its exercises."""
    (tmp_path / "notebooks").mkdir()
    notebook = rerun.read(NOTEBOOKS / "02_queue.ipynb")
    notebook.cells = [cell for cell in notebook.cells if "queue-drain" not in cell.id]
    nbformat.write(notebook, tmp_path / "notebooks/02_queue.ipynb")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "notebooks/02_queue.ipynb"


def test_a_new_exercise_is_put_behind_the_cell_that_the_author_names(project: Path) -> None:
    assert main(["queue.drain", "--after", "share-read"]) == 0
    ids = [cell.id for cell in rerun.read(project).cells]
    first = ids.index("share-read") + 1
    new = ["queue-drain", "queue-drain-stub", "queue-drain-check", "queue-drain-help"]
    assert ids[first : first + 4] == new


def test_an_exercise_that_is_there_is_brought_up_to_date(project: Path) -> None:
    notebook = rerun.read(project)
    cells.put(notebook, "queue.drain", "share-read")
    before = len(notebook.cells)
    next(cell for cell in notebook.cells if cell.id == "queue-drain-stub").source = "old"
    nbformat.write(notebook, project)
    assert main(["queue.drain"]) == 0
    after = rerun.read(project).cells
    assert len(after) == before
    stub = next(cell for cell in after if cell.id == "queue-drain-stub")
    assert stub.source == catalogue.find("queue.drain").stub.strip()


def test_an_author_who_names_no_cell_is_told_which_there_are(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["queue.drain"])
    assert "share-read" in capsys.readouterr().err
