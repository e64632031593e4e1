"""Every notebook is written in the style of the course, and the rules notice when one is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from tests.notebooks import style
from tests.notebooks.rerun import METADATA, code_cells, read

NOTEBOOKS = sorted(Path("notebooks").absolute().glob("*.ipynb"))
MOST_IGNORED_CELLS = 6
MOST_RULES = 5
"""How many rules the sanitiser may have."""


@pytest.mark.parametrize("rule", style.RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_is_written_in_the_style_of_the_course(path: Path, rule: style.Rule) -> None:
    if sentences := [f"{path.name}: {sentence}" for sentence in rule(read(path), path)]:
        pytest.fail("\n".join(sentences), pytrace=False)


def test_few_cells_are_left_out_of_the_comparison() -> None:
    cells = [cell for path in NOTEBOOKS for cell in code_cells(read(path))]
    ignored = [cell for cell in cells if "nbval-ignore-output" in cell.metadata.get("tags", [])]
    assert len(ignored) <= MOST_IGNORED_CELLS


def test_the_sanitiser_has_few_rules() -> None:
    rules = Path(__file__).with_name("sanitize.cfg").read_text().count("\nregex: ")
    assert 0 < rules <= MOST_RULES


# --- The rules themselves -------------------------------------------------------------------------

TITLE = "# Queue detections\n\n## In production\n\nText."
QUESTIONS = "## Recall\n\n" + "<details><summary>Why?</summary>So.</details>\n" * 3
COMPARED = "| call or fact | here | in production |\n|---|---|---|\n| {call} | {here} | returns 2 |"
START, FINISH = (
    "import course\n\nhere = course.start()\nasync def start(): ...",
    "await course.finish()",
)


def good() -> NotebookNode:
    """A notebook that keeps every rule."""
    return new_notebook(
        metadata=METADATA,
        cells=[
            new_markdown_cell(TITLE),
            new_code_cell(START),
            new_markdown_cell(QUESTIONS),
            new_code_cell(FINISH),
        ],
    )


def broken(notebook: NotebookNode, path: Path) -> list[str]:
    return [rule.__name__ for rule in style.RULES if list(rule(notebook, path))]


def test_a_notebook_that_keeps_every_rule_passes(tmp_path: Path) -> None:
    assert broken(good(), tmp_path / "00_good.ipynb") == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("# Another title", "one_title"),
        ("## A section\n\n#### Too deep", "headings_skip_no_level"),
        ("![](plan.png)", "images_have_alt_texts"),
        ('<img src="https://example.org/plan.png">', "images_have_alt_texts"),
        ("Read it [here](https://example.org).", "links_say_where_they_lead"),
        ("See [the plan](plan.md).", "linked_files_exist"),
        ("You simply push.", "plain_words"),
        ("It works!", "plain_words"),
        ("The color of a queue.", "british_spelling"),
        (COMPARED.format(call="`add(name)`", here="returns 1"), "compared_calls_exist"),
        (COMPARED.format(call="a push", here="`push(item)`"), "compared_calls_exist"),
    ],
)
def test_a_text_that_breaks_a_rule_is_noticed(tmp_path: Path, text: str, rule: str) -> None:
    notebook = good()
    notebook.cells.insert(3, new_markdown_cell(text))
    assert rule in broken(notebook, tmp_path / "00_bad.ipynb")


@pytest.mark.parametrize(
    "text",
    [
        "`# not a title`, and `just` is quoted.",
        "```python\n# a comment\nif a != b: print('Done!')\n```",
        "![A queue of three](https://example.org/q.png) It adjusts the queue, unjustly.",
        "a != b, and <!-- a comment! --> more.",
    ],
)
def test_quoted_code_is_no_prose(tmp_path: Path, text: str) -> None:
    notebook = good()
    notebook.cells.insert(1, new_markdown_cell(text))
    assert broken(notebook, tmp_path / "00_good.ipynb") == []


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("x = 1\n" * 21, "short_cells"),
        ("await asyncio.sleep(1)", "sleep_is_no_readiness"),
        ("from time import sleep\nsleep(1)", "sleep_is_no_readiness"),
        ("!redis-cli ping\ntime.sleep(1)", "sleep_is_no_readiness"),
        ("asyncio.run(main())", "asyncio_run_is_for_scripts"),
        ('job = {"camera_id": "roof", "file_path": "/a.jpg"}', "jobs_have_the_same_fields"),
        ("def start(): ...", "names_mean_one_thing"),
        ("class start: ...", "names_mean_one_thing"),
    ],
)
def test_code_that_breaks_a_rule_is_noticed(tmp_path: Path, code: str, rule: str) -> None:
    notebook = good()
    notebook.cells.insert(2, new_code_cell(code))
    assert broken(notebook, tmp_path / "00_bad.ipynb") == [rule]


def test_calls_that_exist_may_be_compared(tmp_path: Path) -> None:
    notebook = good()
    table = COMPARED.format(call="`peek_queue(name)`", here="`call()`, as `dedupe:` does")
    notebook.cells.insert(1, new_markdown_cell(table))
    assert broken(notebook, tmp_path / "00_good.ipynb") == []


def test_a_sleep_that_plays_work_is_allowed_where_it_says_so(tmp_path: Path) -> None:
    notebook = good()
    metadata = {"tags": ["simulated-work"], "reason": "the detector takes 20 ms an image"}
    notebook.cells.insert(2, new_code_cell("await asyncio.sleep(0.02)", metadata=metadata))
    assert broken(notebook, tmp_path / "00_good.ipynb") == []


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("course.start()", "1", "first_cell_connects"),
        ("course.finish()", "asyncio.gather()", "last_cell_cleans_up"),
        ("## In production", "## Elsewhere", "in_production"),
        ("<details>", "<p>", "three_questions"),
    ],
)
def test_a_missing_part_is_noticed(tmp_path: Path, old: str, new: str, rule: str) -> None:
    notebook = good()
    for cell in notebook.cells:
        cell.source = cell.source.replace(old, new)
    assert broken(notebook, tmp_path / "00_bad.ipynb") == [rule]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# Your code goes here.", "# TODO"),
        ("### Exercise: report", "### Exercise: send"),
        ("await exercises.check", "exercises.check"),
        ("# exercises.solution", "exercises.solution"),
        ("exercises.progress", "exercises.solution"),
    ],
)
def test_an_exercise_in_another_form_is_noticed(old: str, new: str) -> None:
    path = next(path for path in NOTEBOOKS if path.stem == "00_start_here")
    notebook = read(path)
    for cell in notebook.cells:
        cell.source = cell.source.replace(old, new)
    assert broken(notebook, path) == ["exercises_have_one_form"]


def test_a_missing_link_to_the_next_notebook_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "00_bad.ipynb").touch()
    (tmp_path / "01_next.ipynb").touch()
    assert broken(good(), tmp_path / "00_bad.ipynb") == ["leads_on"]


def test_the_metadata_of_an_editor_is_noticed(tmp_path: Path) -> None:
    notebook = good()
    notebook.cells[1].metadata["collapsed"] = False
    assert broken(notebook, tmp_path / "00_bad.ipynb") == ["clean_metadata"]


def test_two_cells_with_one_id_are_noticed(tmp_path: Path) -> None:
    notebook = good()
    notebook.cells[1].id = notebook.cells[3].id
    assert broken(notebook, tmp_path / "00_bad.ipynb") == ["ids_are_unique"]


def test_the_sentences_say_which_cell(tmp_path: Path) -> None:
    notebook = good()
    notebook.cells.insert(1, new_markdown_cell("It is obviously so."))
    [sentence] = style.plain_words(notebook, tmp_path)
    assert re.match("cell 1: ", sentence)
