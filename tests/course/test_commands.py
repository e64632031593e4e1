"""`python -m course`: which commands there are, and how they end."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

from course import __main__ as course_commands


def greet() -> None:
    """Greet the reader.

    Not in the list: only the first line is.
    """
    print("hello")


@pytest.fixture
def with_a_command_of_another_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "salon", ModuleType("salon"))
    monkeypatch.setattr(sys.modules["salon"], "greet", greet, raising=False)
    monkeypatch.setitem(course_commands.COMMANDS, "greet", "salon:greet")


def test_each_command_has_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert course_commands.main([]) == 0
    usage, *lines = capsys.readouterr().out.splitlines()
    assert usage == "usage: .venv/bin/python -m course command"
    named = [line.split()[0] for line in lines]
    assert named == ["answers", "doctor", "game_master", "invite", "progress", "reset", "update"]
    assert all(line.endswith(".") and len(line.split()) > 3 for line in lines)


@pytest.mark.usefixtures("with_a_command_of_another_package")
def test_a_command_lies_in_the_package_that_the_table_names(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert course_commands.main(["greet"]) == 0
    assert capsys.readouterr().out == "hello\n"
    course_commands.main([])
    assert "  greet           Greet the reader.\n" in capsys.readouterr().out


def test_a_command_that_is_not_there_ends_with_those_that_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert course_commands.main(["heal"]) == 2
    said = capsys.readouterr()
    assert said.err == "There is no command 'heal'.\n"
    assert "  doctor " in said.out


@pytest.mark.parametrize("words", [["reset"], ["reset", "02", "03"], ["doctor", "please"]])
def test_a_word_too_many_or_too_few_is_told_what_is_wanted(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert course_commands.main(words) == 2
    wanted = {"reset": "reset lesson", "doctor": "doctor"}[words[0]]
    assert capsys.readouterr().err == f"usage: .venv/bin/python -m course {wanted}\n"


@pytest.mark.parametrize("words", [["--help"], ["reset", "--help"]])
def test_help_lists_the_commands(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert course_commands.main(words) == 0
    assert "  reset lesson " in capsys.readouterr().out


@pytest.mark.parametrize("command", [[], ["progress"]])
def test_a_closed_pipe_is_no_error(command: list[str]) -> None:
    program = subprocess.Popen(
        [sys.executable, "-m", "course", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert program.stdout
    assert program.stderr
    program.stdout.close()  # as `| head` does once it has its lines
    assert program.stderr.read() == ""
    assert program.wait(timeout=20) == 0
    program.stderr.close()
