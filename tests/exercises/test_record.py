"""What is solved is kept in a file of the reader's own, and a broken file harms nobody."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.exercises.reader import reading

from exercises import catalogue, progress, record


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A reader's file, not yet there."""
    monkeypatch.setattr(record, "user_state_path", lambda *_, **__: tmp_path / "state")
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("COURSE_PROGRESS")
    return tmp_path / "state/progress.json"


def test_what_was_solved_is_remembered(file: Path) -> None:
    record.remember(catalogue.find("queue.drain"))
    record.remember(catalogue.find("cache.batch"))
    record.remember(catalogue.find("queue.drain"))
    assert [*record.solved()] == ["cache.batch", "queue.drain"]


def test_a_reader_who_begins_has_no_file_and_no_message(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    progress("start")
    assert not file.exists()
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith("start: 0 of ")
    assert second.split(maxsplit=2) == ["open", "start.report", "report a job"]


def test_a_solved_exercise_is_shown_as_solved(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record.remember(catalogue.find("start.report"))
    progress("start")
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith("start: 1 of ")
    assert second.split(maxsplit=2) == ["solved", "start.report", "report a job"]


def test_what_was_solved_before_versions_were_kept_is_still_solved(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.parent.mkdir()
    file.write_text('{"solved": ["start.report"]}')
    assert record.solved() == {"start.report": record.Solved()}
    progress("start")
    assert "report a job\n" in capsys.readouterr().out


def test_an_exercise_that_has_changed_since_is_marked(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    record.remember(catalogue.find("start.report"))
    progress("start")
    assert "changed since" not in capsys.readouterr().out
    monkeypatch.setattr(record, "version", lambda _: "other")
    progress("start")
    assert "start: 1 of " in (said := capsys.readouterr().out)
    assert "report a job (changed since)" in said


def test_the_version_follows_task_stub_and_check_and_nothing_else() -> None:
    drain = catalogue.find("queue.drain")
    changed = [
        dataclasses.replace(drain, task="another"),
        dataclasses.replace(drain, stub="another = ..."),
        dataclasses.replace(drain, name="queue.wait"),
    ]
    assert record.version(drain) not in map(record.version, changed)
    assert record.version(dataclasses.replace(drain, why="another")) == record.version(drain)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b"[]", b'{"solved": 3}', b'{"solved": {"x": 3}}', b"a shopping list"],
)
def test_a_broken_or_foreign_file_is_set_aside_with_a_word(
    file: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    record.remember(catalogue.find("start.report"))
    assert "It is now progress.set-aside.json" in capsys.readouterr().out
    assert file.with_name("progress.set-aside.json").read_bytes() == content
    assert [*record.solved()] == ["start.report"]


def test_a_folder_where_the_file_should_be_is_no_reason_to_stop(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.mkdir(parents=True)
    record.remember(catalogue.find("start.report"))
    assert "could not be read" in capsys.readouterr().out


def test_a_folder_that_cannot_be_made_is_no_reason_to_stop(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.parent.write_text("a file, not a folder")
    record.remember(catalogue.find("start.report"))
    assert "could not be" in capsys.readouterr().out


@pytest.mark.parametrize(("variable", "value"), [("CI", "true"), ("COURSE_PROGRESS", "off")])
def test_ci_and_tests_neither_read_nor_write(
    file: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    record.remember(catalogue.find("start.report"))
    before = file.read_bytes()
    monkeypatch.setenv(variable, value)
    record.remember(catalogue.find("queue.drain"))
    assert record.solved() == {}
    assert file.read_bytes() == before


def test_notebooks_that_are_tested_do_not_touch_it() -> None:
    assert os.environ["COURSE_PROGRESS"] == "off"  # set by tests/notebooks/checks.py


@pytest.mark.skipif(sys.platform != "linux", reason="macOS keeps state elsewhere")
def test_it_survives_a_restart_of_the_kernel_and_is_shown_in_a_terminal(tmp_path: Path) -> None:
    reader_is_at_home = {"XDG_STATE_HOME": str(tmp_path), "COURSE_PROGRESS": "", "CI": ""}

    async def run(*cells: str) -> str:
        async with reading("00_start_here", **reader_is_at_home) as reader:
            await reader.run(reader.cells[0])
            return [await reader.run(cell) for cell in cells][-1]

    solution = catalogue.find("start.report").solution
    asyncio.run(run(solution, 'await exercises.check("start.report", report)'))
    assert "start: 1 of " in asyncio.run(run('exercises.progress("start")'))
    shown = subprocess.run(
        [sys.executable, "-m", "course", "progress"],
        env=os.environ | reader_is_at_home,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "start: 1 of " in shown
    assert "queue: 0 of " in shown
    [kept] = tmp_path.rglob("*.json")
    version = record.version(catalogue.find("start.report"))
    solved = {"start.report": {"version": version, "answer": solution}}
    assert json.loads(kept.read_text()) == {"solved": solved}
