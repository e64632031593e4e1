"""Putting an exercise into its notebook is one command."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from tests.exercises import cells
from tests.exercises.cells import main
from tests.exercises.reader import NOTEBOOKS
from tests.notebooks import rerun

from exercises import catalogue


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
    cells.put(notebook, catalogue.find("queue.drain"), "share-read")
    before = len(notebook.cells)
    next(cell for cell in notebook.cells if cell.id == "queue-drain-stub").source = "old"
    nbformat.write(notebook, project)
    assert main(["queue.drain"]) == 0
    after = rerun.read(project).cells
    assert len(after) == before
    stub = next(cell for cell in after if cell.id == "queue-drain-stub")
    assert stub.source == catalogue.find("queue.drain").stub


def test_an_exercise_that_is_there_is_not_put_elsewhere(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["queue.drain", "--after", "share-read"]) == 0
    with_it = project.read_bytes()
    with pytest.raises(SystemExit):
        main(["queue.drain", "--after", "fifo"])
    assert "queue.drain is in the notebook" in capsys.readouterr().err
    assert project.read_bytes() == with_it


def test_an_author_who_names_no_cell_is_told_which_there_are(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["queue.drain"])
    assert "share-read" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["queue.drian", "nowhere.drain"])
def test_an_author_who_misspells_a_name_is_told_so(
    project: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    with pytest.raises(SystemExit):
        main([name])
    assert "Did you mean queue.drain?" in capsys.readouterr().err
