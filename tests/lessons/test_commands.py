"""A reader's answers survive a reset and a newer course, in every lesson."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from course.__main__ import main
from exercises import catalogue, record
from lessons import cells, files

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
EXERCISES = [one for lesson in catalogue.LESSONS for one in catalogue.in_lesson(lesson)]
MINE = "async def mine(client):\n    return 'my answer'"


def run(*words: str) -> int:
    """Run a command as a terminal does; return its exit status."""
    return main([*words])


def git(folder: Path, *arguments: str) -> str:
    author = ["-c", "user.name=author", "-c", "user.email=author@localhost"]
    done = subprocess.run(
        ["git", *author, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture
def upstream(tmp_path: Path) -> Path:
    """The course, as it is published."""
    folder = tmp_path / "upstream"
    (folder / "notebooks").mkdir(parents=True)
    for lesson in LESSONS:
        (folder / "notebooks" / lesson.name).write_bytes(lesson.read_bytes())
    (folder / ".gitignore").write_text("/answers/\n")
    git(folder, "init", "--quiet", "--initial-branch=main")
    publish(folder)
    return folder


def publish(folder: Path) -> None:
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message=a version")


@pytest.fixture
def clone(upstream: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The reader's clone of it, and a state folder of their own."""
    folder = tmp_path / "the course"
    git(tmp_path, "clone", "--quiet", str(upstream), str(folder))
    monkeypatch.setattr(files.Course.__init__, "__defaults__", (folder,))
    monkeypatch.setattr(record, "user_state_path", lambda *_, **__: tmp_path / "state")
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("COURSE_PROGRESS")
    return folder


def edit(lesson: Path, old: str, new: str) -> None:
    """Change every text that holds this; there must be one."""
    notebook = cells.read(lesson.read_bytes())
    found = [cell for cell in notebook.cells if cell.cell_type == "markdown" and old in cell.source]
    assert found
    for cell in found:
        cell.source = cell.source.replace(old, new)
    lesson.write_bytes(cells.write(notebook))


def answer_everything(clone: Path) -> dict[str, str]:
    """Write an answer into the stub of every exercise; return them by the ids of their cells."""
    written = {}
    for lesson in sorted((clone / "notebooks").glob("*.ipynb")):
        notebook = cells.read(lesson.read_bytes())
        for cell in notebook.cells:
            if cell.id.endswith("-stub"):
                cell.source = written[cell.id] = f"{MINE}  # {cell.id}"
        notebook.cells[0].source += "\n\nA note of mine."
        lesson.write_bytes(cells.write(notebook))
    return written


def everything(clone: Path) -> dict[str, str]:
    """Return what stands in the stubs' cells of all lessons."""
    found = {}
    for lesson in (clone / "notebooks").glob("*.ipynb"):
        found |= cells.stubs(lesson.read_bytes())
    return found


def aside(clone: Path) -> list[Path]:
    return sorted((clone / "answers").glob("*.ipynb"))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_is_written_as_it_is_stored(lesson: Path) -> None:
    content = lesson.read_bytes()
    assert cells.write(cells.read(content)) == content


def test_every_exercise_has_a_cell_for_its_answer() -> None:
    found: dict[str, str] = {}
    for lesson in LESSONS:
        found |= cells.stubs(lesson.read_bytes())
    assert found == {f"{one.slug}-stub": one.stub for one in EXERCISES}


# reset


def test_reset_brings_one_original_back_and_sets_the_readers_lesson_aside(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer_everything(clone)
    lesson = clone / "notebooks/02_queue.ipynb"
    mine = lesson.read_bytes()
    assert run("reset", "queue") == 0
    assert lesson.read_bytes() == (ROOT / "notebooks/02_queue.ipynb").read_bytes()
    [copy] = aside(clone)
    assert copy.read_bytes() == mine
    assert str(copy.relative_to(clone)) in capsys.readouterr().out
    others = git(clone, "status", "--short", "notebooks").splitlines()
    assert len(others) == len(LESSONS) - 1


def test_a_second_reset_overwrites_no_copy(clone: Path) -> None:
    lesson = clone / "notebooks/02_queue.ipynb"
    for _ in range(2):
        edit(lesson, "# Queue", "# My queue")
        assert run("reset", "02_queue") == 0
    assert len(aside(clone)) == 2


def test_a_lesson_that_was_deleted_comes_back(clone: Path) -> None:
    lesson = clone / "notebooks/02_queue.ipynb"
    lesson.unlink()
    assert run("reset", "02") == 0
    assert lesson.exists()


@pytest.mark.parametrize("name", ["2", "02", "queue", "notebooks/02_queue.ipynb"])
def test_a_lesson_has_several_names(
    clone: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert run("reset", name) == 0
    assert capsys.readouterr().out == "02_queue is the original.\n"


@pytest.mark.parametrize("name", ["", "22", "002"])
def test_a_name_of_no_lesson_is_refused(clone: Path, name: str) -> None:
    assert run("reset", name) == 1


def test_a_misspelt_lesson_is_asked_back(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("reset", "02_qeue") == 1
    assert "Did you mean 02_queue?" in capsys.readouterr().err


def test_a_folder_without_git_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(files.Course.__init__, "__defaults__", (tmp_path,))
    assert run("reset", "02_queue") == 1
    assert "is no clone of git" in capsys.readouterr().err


# answers


def solve(name: str, version: str | None = None) -> str:
    """Do what a check does with a right answer; return the answer."""
    exercise = catalogue.find(name)
    path = record.file()
    assert path
    path.parent.mkdir(exist_ok=True)
    solved = {"version": version or record.version(exercise), "answer": exercise.solution}
    path.write_text(json.dumps({"solved": {name: solved}}))
    return exercise.solution


def test_right_answers_come_back_into_a_lesson_that_was_reset(clone: Path) -> None:
    right = solve("queue.drain")
    answer_everything(clone)
    run("reset", "02_queue")
    assert run("answers", "02_queue") == 0
    found = everything(clone)
    assert found["queue-drain-stub"] == right
    assert found["queue-wait-stub"] == catalogue.find("queue.wait").stub


def test_what_the_reader_has_written_since_is_left_alone(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    solve("queue.drain")
    written = answer_everything(clone)
    assert run("answers", "02_queue") == 0
    assert everything(clone) == written
    assert "queue-drain: your answer is not put back, since the cell" in capsys.readouterr().out


def test_an_answer_that_is_in_its_cell_already_is_said_to_be_there(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    solve("queue.drain")
    run("answers", "02_queue")
    written = everything(clone)
    assert run("answers", "02_queue") == 0
    assert everything(clone) == written
    assert capsys.readouterr().out.count("queue-drain: your answer is there already.") == 1


def test_an_answer_to_an_earlier_version_is_a_comment_below_the_stub(clone: Path) -> None:
    right = solve("queue.drain", version="other")
    assert run("answers", "02_queue") == 0
    found = everything(clone)["queue-drain-stub"]
    stub = catalogue.find("queue.drain").stub
    assert found.startswith(f"{stub}\n\n\n{cells.CHANGED}\n# ")
    assert f"# {right.splitlines()[-1]}" in found


def test_a_lesson_without_right_answers_is_left_alone(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("answers", "03_cache") == 0
    assert "No answer in 03_cache" in capsys.readouterr().out
    assert git(clone, "status", "--short") == ""


# update


def test_a_newer_course_keeps_the_answers_in_every_lesson(
    upstream: Path, clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = answer_everything(clone)
    for lesson in (upstream / "notebooks").glob("*.ipynb"):
        edit(lesson, "# ", "# Newer: ")
    publish(upstream)
    assert run("update") == 0
    now = everything(clone)
    assert {cell: now[cell] for cell in written} == written
    for lesson in (clone / "notebooks").glob("*.ipynb"):
        assert "# Newer: " in lesson.read_text()
    assert len(aside(clone)) == len(LESSONS)
    assert all("A note of mine." in copy.read_text() for copy in aside(clone))
    assert "start `make lab` again" in capsys.readouterr().out


def test_an_answer_to_a_cell_that_has_changed_stays_below_it(upstream: Path, clone: Path) -> None:
    written = answer_everything(clone)
    changed = [f"{one.slug}-stub" for one in EXERCISES]
    for lesson in (upstream / "notebooks").glob("*.ipynb"):
        notebook = cells.read(lesson.read_bytes())
        for cell in notebook.cells:
            if cell.id in changed:
                cell.source = f"# A newer stub\n{cell.source}"
        lesson.write_bytes(cells.write(notebook))
    publish(upstream)
    assert run("update") == 0
    for cell, now in everything(clone).items():
        assert now.startswith("# A newer stub\n")
        assert now.endswith("# " + written[cell].replace("\n", "\n# "))


def test_an_answer_follows_its_exercise_into_another_lesson(upstream: Path, clone: Path) -> None:
    written = answer_everything(clone)
    git(upstream, "mv", "notebooks/02_queue.ipynb", "notebooks/12_queues.ipynb")
    edit(upstream / "notebooks/12_queues.ipynb", "# ", "# Newer: ")
    publish(upstream)
    assert run("update") == 0
    there = cells.stubs((clone / "notebooks/12_queues.ipynb").read_bytes())
    assert there
    assert all(there[cell] == written[cell] for cell in there)
    assert not (clone / "notebooks/02_queue.ipynb").exists()


def test_a_lesson_that_is_the_same_in_the_newer_course_stays_whole(
    upstream: Path, clone: Path
) -> None:
    lesson = clone / "notebooks/02_queue.ipynb"
    edit(lesson, "# Queue", "# My queue")
    mine = lesson.read_bytes()
    edit(upstream / "notebooks/03_cache.ipynb", "# ", "# Newer: ")
    publish(upstream)
    assert run("update") == 0
    assert lesson.read_bytes() == mine


def test_nothing_is_touched_where_there_is_nothing_newer(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = answer_everything(clone)
    assert run("update") == 0
    assert "This is the newest course." in capsys.readouterr().out
    assert everything(clone) == written
    assert aside(clone) == []


def test_what_git_refuses_is_said_and_the_lessons_are_as_they_were(
    upstream: Path, clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (clone / "a file of mine").touch()
    publish(clone)  # a commit of the reader's own
    written = answer_everything(clone)
    edit(upstream / "notebooks/02_queue.ipynb", "# ", "# Newer: ")
    publish(upstream)
    assert run("update") == 1
    assert "`git merge --ff-only @{upstream}` says: " in capsys.readouterr().err
    assert everything(clone) == written


def test_a_course_that_cannot_be_reached_is_told_so(
    upstream: Path, clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = answer_everything(clone)
    upstream.rename(upstream.with_name("moved"))
    assert run("update") == 1
    assert "`git fetch` says: " in capsys.readouterr().err
    assert everything(clone) == written
