"""Every notebook is written in the style of the course, and the rules notice when one is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from tests.notebooks import style
from tests.notebooks.rerun import FOLDED, METADATA, code_cells, read

NOTEBOOKS = sorted(Path("notebooks").absolute().glob("*.ipynb"))
MOST_IGNORED_CELLS = 1
MOST_RULES = 8
"""How many rules the sanitiser may have."""


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        pytest.param(path, rule, id=f"{path.stem}-{rule.__name__}")
        for path in NOTEBOOKS
        for rule in style.rules_for(path)
    ],
)
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

TITLE = """# Queue detections

![The pipeline, with the queue lit.](pictures/pipeline_queue.svg)

Words are in the [glossary](../docs/glossary.md).

## In production

Text.

## What you can now do at work"""
QUESTIONS = "## Recall\n\n" + "<details><summary>Why?</summary>So.</details>\n" * 3
COMPARED = "| call or fact | here | in production |\n|---|---|---|\n| {call} | {here} | returns 2 |"
START, FINISH = (
    "import course\n\nhere = course.start()\nasync def start(): ...",
    "await course.finish()",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for notebooks, with the files that a head links."""
    notebooks = tmp_path / "notebooks"
    for file in ("../docs/glossary.md", "pictures/pipeline_queue.svg"):
        (notebooks / file).parent.mkdir(parents=True, exist_ok=True)
        (notebooks / file).write_text("| queue | a list |")
    return notebooks


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
    return [rule.__name__ for rule in style.rules_for(path) if list(rule(notebook, path))]


def test_a_notebook_that_keeps_every_rule_passes(folder: Path) -> None:
    assert broken(good(), folder / "00_good.ipynb") == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("# Another title", "one_title"),
        ("## A section\n\n#### Too deep", "headings_skip_no_level"),
        ("![](plan.png)", "images_have_alt_texts"),
        ('<img src="https://example.org/plan.png">', "images_have_alt_texts"),
        ("Read it [here](https://example.org).", "links_say_where_they_lead"),
        ("You simply push.", "plain_words"),
        ("It works!", "plain_words"),
        ("Whoever reads it knows.", "plain_words"),
        ("You will have pushed five jobs.", "plain_words"),
        ("The item shall be lost.", "plain_words"),
        ("It waits (for ever (or so)).", "no_aside_in_an_aside"),
        ("It waits (long) and ends (late).", "no_aside_in_an_aside"),
        ("word " * 2201, "not_too_long"),
        ("It is called a **stack**.", "defined_words_are_in_the_glossary"),
        (COMPARED.format(call="`add(name)`", here="returns 1"), "compared_calls_exist"),
        (COMPARED.format(call="a push", here="`push(item)`"), "compared_calls_exist"),
    ],
)
def test_a_text_that_breaks_a_rule_is_noticed(folder: Path, text: str, rule: str) -> None:
    notebook = good()
    notebook.cells.insert(3, new_markdown_cell(text))
    assert rule in broken(notebook, folder / "00_bad.ipynb")


@pytest.mark.parametrize(
    "text",
    [
        "`# not a title`, and `just` is quoted.",
        "```python\n# a comment\nif a != b: print('Done!')\n```",
        "![A queue of three](https://example.org/q.png) It adjusts the queue, unjustly.",
        "a != b, and <!-- a comment! --> more.",
        "Two **queues**, each a **queue**. **It rises**, **look at `status`**.",
        "You will have to wait (a second). It ends (at last).",
    ],
)
def test_quoted_code_is_no_prose(folder: Path, text: str) -> None:
    notebook = good()
    notebook.cells.insert(1, new_markdown_cell(text))
    assert broken(notebook, folder / "00_good.ipynb") == []


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
        ("with open('a'):\n    def start(): ...", "names_mean_one_thing"),
    ],
)
def test_code_that_breaks_a_rule_is_noticed(folder: Path, code: str, rule: str) -> None:
    notebook = good()
    notebook.cells.insert(2, new_code_cell(code))
    assert broken(notebook, folder / "00_bad.ipynb") == [rule]


def test_calls_that_exist_may_be_compared(folder: Path) -> None:
    notebook = good()
    table = COMPARED.format(call="`peek_queue(name)`", here="`call()`, as `dedupe:` does")
    notebook.cells.insert(1, new_markdown_cell(table))
    assert broken(notebook, folder / "00_good.ipynb") == []


def test_a_sleep_that_plays_work_is_allowed_where_it_says_so(folder: Path) -> None:
    notebook = good()
    metadata = {"tags": ["simulated-work"], "reason": "the detector takes 20 ms an image"}
    notebook.cells.insert(2, new_code_cell("await asyncio.sleep(0.02)", metadata=metadata))
    assert broken(notebook, folder / "00_good.ipynb") == []


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("course.start()", "1", "first_cell_connects"),
        ("course.finish()", "asyncio.gather()", "last_cell_cleans_up"),
        ("## In production", "## Elsewhere", "in_production"),
        ("<details>", "<p>", "three_questions"),
        ("pictures/pipeline_queue.svg", "pictures", "shows_where_you_are"),
        ("../docs/glossary.md", "../docs", "links_the_glossary"),
        ("## What you can now do at work", "## The end", "says_what_you_can_do_now"),
    ],
)
def test_a_missing_part_is_noticed(folder: Path, old: str, new: str, rule: str) -> None:
    notebook = good()
    for cell in notebook.cells:
        cell.source = cell.source.replace(old, new)
    assert broken(notebook, folder / "00_bad.ipynb") == [rule]


def test_a_reference_has_no_place_in_the_pipeline_and_no_questions(folder: Path) -> None:
    notebook = good()
    notebook.cells[0].source = "# The client\n\nWords are in the [glossary](../docs/glossary.md)."
    del notebook.cells[2]
    assert broken(notebook, folder / "reference_good.ipynb") == []
    assert broken(notebook, folder / "00_bad.ipynb") == [
        rule.__name__ for rule in style.RULES if rule in style.OF_LESSONS
    ]


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
    assert "exercises_have_one_form" in broken(notebook, path)


def earlier(questions: int, title: str = style.EARLIER) -> NotebookNode:
    notebook = good()
    text = f"## {title}\n\n" + "<details><summary>Why?</summary>So.</details>\n" * questions
    title_cell = notebook.cells[0]
    title_cell.source = title_cell.source.replace("## In production", f"{text}\n\n## In production")
    return notebook


def test_from_lesson_02_on_two_questions_come_first(folder: Path) -> None:
    assert broken(earlier(2), folder / "02_good.ipynb") == []
    assert broken(good(), folder / "01_good.ipynb") == []


@pytest.mark.parametrize("notebook", [good(), earlier(1), earlier(2, "Elsewhere")])
def test_a_lesson_without_two_questions_from_earlier_ones_is_noticed(
    folder: Path, notebook: NotebookNode
) -> None:
    assert broken(notebook, folder / "02_bad.ipynb") == ["asks_what_was_learnt_before"]


def predicting(
    *,
    folded: bool = True,
    question: str = "**Predict, then run:** how many?",
) -> NotebookNode:
    notebook = good()
    answer = new_code_cell("print(1)", outputs=[new_output("stream", text="1\n")])
    answer.metadata.update(FOLDED if folded else {})
    notebook.cells[2:2] = [new_markdown_cell("### Count"), new_markdown_cell(question), answer]
    return notebook


def test_an_answer_that_is_folded_spoils_no_question(folder: Path) -> None:
    assert broken(predicting(), folder / "00_good.ipynb") == []


@pytest.mark.parametrize(
    "notebook",
    [
        predicting(folded=False),
        predicting(question="One is printed."),
    ],
    ids=["an answer that is seen", "a folded output without a question"],
)
def test_a_spoilt_prediction_is_noticed(folder: Path, notebook: NotebookNode) -> None:
    assert broken(notebook, folder / "00_bad.ipynb") == ["predictions_are_unspoilt"]


def test_a_missing_link_to_the_next_notebook_is_noticed(folder: Path) -> None:
    (folder / "00_bad.ipynb").touch()
    (folder / "01_next.ipynb").touch()
    assert broken(good(), folder / "00_bad.ipynb") == ["leads_on"]


def test_the_metadata_of_an_editor_is_noticed(folder: Path) -> None:
    notebook = good()
    notebook.cells[1].metadata["collapsed"] = False
    assert broken(notebook, folder / "00_bad.ipynb") == ["clean_metadata"]


def test_two_cells_with_one_id_are_noticed(folder: Path) -> None:
    notebook = good()
    notebook.cells[1].id = notebook.cells[3].id
    assert broken(notebook, folder / "00_bad.ipynb") == ["ids_are_unique"]


def test_the_sentences_say_which_cell(folder: Path) -> None:
    notebook = good()
    notebook.cells.insert(1, new_markdown_cell("It is obviously so."))
    [sentence] = style.plain_words(notebook, folder)
    assert re.match("cell 1: ", sentence)
