"""An answer that did not come from the cell above is noticed, as IPython runs the cells."""

from __future__ import annotations

from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from exercises import attempt, catalogue

STUB = "queue-wait-stub"
RIGHT = "async def next_job(client, seconds):\n    return 'quiet'"
NUMBERS = "what_happened = {'a': 1}"


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> InteractiveShell:
    monkeypatch.setattr(attempt, "_ran", [])
    shell = InteractiveShell()
    shell.events.register("post_run_cell", attempt._ran.append)
    return shell


def after(shell: InteractiveShell, *cells: str, stub: str = STUB, name: str = "queue.wait") -> str:
    """Run the cells, as the answer's cell, and return why the answer is none."""
    for source in cells:
        shell.run_cell(source, store_history=True, silent=False, cell_id=stub)
    exercise = catalogue.find(name)
    answers: tuple[Any, ...] = tuple(shell.user_ns[answer] for answer in exercise.answers)
    return attempt.missing(exercise, answers)


def test_a_cell_that_has_run_is_an_attempt(shell: InteractiveShell) -> None:
    assert after(shell, RIGHT) == ""


def test_a_changed_comment_or_blank_line_is_no_attempt(shell: InteractiveShell) -> None:
    said = after(shell, "async def next_job(client, seconds):\n\n    # later\n    ...")
    assert said.startswith("Change the cell above")


def test_another_statement_is_one(shell: InteractiveShell) -> None:
    assert after(shell, "async def next_job(client, seconds):\n    pass") == ""


def test_yesterdays_function_is_not_judged_when_the_cell_has_a_syntax_error(
    shell: InteractiveShell,
) -> None:
    said = after(shell, RIGHT, RIGHT.replace("'quiet'", "'quiet"))
    assert "ended in SyntaxError, and `next_job` is still what it was before" in said


def test_nor_when_an_error_comes_before_the_definition(shell: InteractiveShell) -> None:
    assert "ended in ZeroDivisionError" in after(shell, RIGHT, f"1 / 0\n{RIGHT}  # again")


def test_an_error_behind_the_definition_is_no_matter(shell: InteractiveShell) -> None:
    assert after(shell, f"{RIGHT}\n\n1 / 0") == ""


def test_nor_is_it_judged_when_it_has_another_name_now(shell: InteractiveShell) -> None:
    said = after(shell, RIGHT, RIGHT.replace("next_job", "next_one"))
    assert "gives another name, and `next_job` is still what it was before" in said


def test_a_dict_whose_cell_failed_is_noticed_too(shell: InteractiveShell) -> None:
    cells = (NUMBERS, NUMBERS.replace("}", ""))
    assert "ended in SyntaxError" in after(shell, *cells, stub="x", name="queue.plot")


def test_one_answer_that_is_left_open_is_named(shell: InteractiveShell) -> None:
    said = after(shell, "what_happened = {'a': 1, 'b': ...}", stub="x", name="queue.plot")
    assert said.startswith("A `...` is left in the cell above.")


def test_mended_in_another_cell_is_mended(shell: InteractiveShell) -> None:
    after(shell, RIGHT, "async def next_job(")
    assert after(shell, RIGHT, stub="another") == ""


def test_a_cell_of_the_lesson_that_fails_later_is_no_matter(shell: InteractiveShell) -> None:
    after(shell, RIGHT)
    assert after(shell, "1 / 0", stub="another") == ""
