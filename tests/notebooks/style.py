"""How a notebook of this course is written, as far as a test can tell.

Each rule is a function that yields sentences: which cell, what is wrong with it, what to do. Text
cells and code cells are counted together, from 0, as editors do.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode
from tests.exercises.cells import cells
from tests.notebooks.rerun import code_cells, untidy

from backend.core.redis import RedisClient
from backend.core.reliable_queue import ReliableQueue
from backend.services.detector import DetectionJob
from exercises.catalogue import LESSONS, in_lesson

Sentences = Iterator[str]
Rule = Callable[[NotebookNode, Path], Sentences]

LONGEST_CELL = 20  # lines
BANNED = ("simply", "just", "obviously", "of course", "easily", "trivial", "trivially")
AMERICAN = {
    "behavior": "behaviour", "color": "colour", "colors": "colours", "center": "centre",
    "favor": "favour", "honor": "honour", "initialize": "initialise", "organize": "organise",
    "recognize": "recognise", "serialize": "serialise", "summarize": "summarise",
    "analyze": "analyse", "catalog": "catalogue", "canceled": "cancelled", "gray": "grey",
    "labeled": "labelled", "neighbor": "neighbour",
}  # fmt: skip
EMPTY_WORDS = ("here", "this", "link", "click here", "this link", "this page", "more")


# --- Text -----------------------------------------------------------------------------------------


def one_title(notebook: NotebookNode, path: Path) -> Sentences:
    """One H1, and it comes first."""
    levels = [level for _, level, _ in _headings(notebook)]
    if levels[:1] != [1] or levels.count(1) != 1:
        yield f"it has {levels.count(1)} H1 headings; it needs one, and before every other heading"


def headings_skip_no_level(notebook: NotebookNode, path: Path) -> Sentences:
    """An H3 stands below an H2."""
    before = 0
    for number, level, title in _headings(notebook):
        if level > before + 1:
            yield f"cell {number}: {title!r} is an H{level} below an H{before}: skip no level"
        before = level


def images_have_alt_texts(notebook: NotebookNode, path: Path) -> Sentences:
    """Every image says what it shows."""
    for number, text in _texts(notebook):
        for image in re.findall(r"!\[\s*\]\([^)]*\)|<img(?![^>]*\balt=[\"'][^\"'])[^>]*>", text):
            yield f"cell {number}: {image} has no alternative text: say what it shows"


def links_say_where_they_lead(notebook: NotebookNode, path: Path) -> Sentences:
    """A link is understood when it is read alone."""
    for number, words, _ in _links(notebook):
        if words.strip().lower() in EMPTY_WORDS:
            yield f"cell {number}: the link {words!r} does not say where it leads"


def linked_files_exist(notebook: NotebookNode, path: Path) -> Sentences:
    """A link to a file of the project leads to a file."""
    for number, _, target in _links(notebook):
        file = target.partition("#")[0]
        if file and not re.match(r"\w+:", file) and not (path.parent / file).exists():
            yield f"cell {number}: there is no {file}"


def plain_words(notebook: NotebookNode, path: Path) -> Sentences:
    """No word that belittles what is hard, and no shouting."""
    for number, prose in _prose(notebook):
        for word in BANNED:
            if re.search(rf"\b{word}\b", prose, re.IGNORECASE):
                yield f"cell {number}: leave out {word!r}"
        if found := re.search(r"\w+!", prose):
            yield f"cell {number}: {found[0]!r} ends with an exclamation mark"


def british_spelling(notebook: NotebookNode, path: Path) -> Sentences:
    """One spelling throughout."""
    for number, prose in _prose(notebook):
        for american, british in AMERICAN.items():
            if re.search(rf"\b{american}\b", prose, re.IGNORECASE):
                yield f"cell {number}: write {british!r}, not {american!r}"


# --- Code -----------------------------------------------------------------------------------------


def first_cell_connects(notebook: NotebookNode, path: Path) -> Sentences:
    """The first code cell prints which Redis is in use."""
    if not re.search(r"\b(course\.start|failure_lab\.open)\(", code_cells(notebook)[0].source):
        yield "the first code cell does not call course.start(), or failure_lab.open()"


def last_cell_cleans_up(notebook: NotebookNode, path: Path) -> Sentences:
    """The last code cell removes what the notebook made."""
    if not re.search(r"\b(course|failure_lab)\.finish\(", code_cells(notebook)[-1].source):
        yield "the last code cell does not call course.finish(), or failure_lab.finish()"


def short_cells(notebook: NotebookNode, path: Path) -> Sentences:
    """A cell is read at a glance."""
    for number, cell in _code(notebook):
        if (lines := len(cell.source.splitlines())) > LONGEST_CELL:
            yield f"cell {number} has {lines} lines, more than {LONGEST_CELL}: cut it in two"


def sleep_is_no_readiness(notebook: NotebookNode, path: Path) -> Sentences:
    """A sleep stands for work that takes time, and says so; never for waiting until it works."""
    for number, cell in _code(notebook):
        if "sleep" in _calls(cell) and "simulated-work" not in cell.metadata.get("tags", []):
            yield (
                f"cell {number} sleeps: wait for the thing itself, with a deadline. If it plays "
                "work that takes time, tag it `simulated-work`, with a `reason`"
            )


def asyncio_run_is_for_scripts(notebook: NotebookNode, path: Path) -> Sentences:
    """Top-level await; asyncio.run() only where a script is run as a script."""
    for number, cell in _code(notebook):
        if "asyncio.run" in _calls(cell) and "nest_asyncio" not in cell.source:
            yield f"cell {number} calls asyncio.run(): await at the top level of the cell instead"


def names_mean_one_thing(notebook: NotebookNode, path: Path) -> Sentences:
    """What a cell defines, no other cell defines anew: cells are run again, and out of order."""
    first: dict[str, int] = {}
    for number, cell in _code(notebook):
        for node in _tree(cell).body:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            if first.setdefault(node.name, number) != number:
                yield f"cell {number} defines {node.name}() anew, after cell {first[node.name]}"


def jobs_have_the_same_fields(notebook: NotebookNode, path: Path) -> Sentences:
    """A job for `detection_queue` has the fields that the detector reads, in every lesson."""
    fields = set(DetectionJob.model_fields)
    for number, cell in _code(notebook):
        for node in ast.walk(_tree(cell)):
            if isinstance(node, ast.Dict):
                keys = {key.value for key in node.keys if isinstance(key, ast.Constant)}
                if {"camera_id", "file_path"} <= keys != fields:
                    yield f"cell {number}: a job with other fields: {sorted(keys ^ fields)}"


# --- Exercises -----------------------------------------------------------------------------------


def exercises_have_one_form(notebook: NotebookNode, path: Path) -> Sentences:
    """Every exercise of the lesson is there, as its file has it: statement, stub, check, help."""
    lesson = next((name for name, stem in LESSONS.items() if stem == path.stem), None)
    ids = [cell.get("id") for cell in notebook.cells]
    for exercise in in_lesson(lesson) if lesson else ():
        expected = cells(exercise)
        first = ids.index(expected[0].id) if expected[0].id in ids else len(ids)
        there = notebook.cells[first : first + len(expected)]
        if [(cell.id, cell.cell_type, cell.source) for cell in there] != [
            (cell.id, cell.cell_type, cell.source) for cell in expected
        ]:
            name = exercise.name
            yield f"{name} is not as its file has it: `python -m tests.exercises.cells {name}`"
    if lesson and f'exercises.progress("{lesson}")' not in [cell.source for cell in notebook.cells]:
        yield f'there is no cell exercises.progress("{lesson}")'


# --- The whole ------------------------------------------------------------------------------------


def in_production(notebook: NotebookNode, path: Path) -> Sentences:
    """It says where this lives in the real system."""
    if not any(title.lower().startswith("in production") for _, _, title in _headings(notebook)):
        yield 'there is no section "In production": where does this live in the real system?'


def compared_calls_exist(notebook: NotebookNode, path: Path) -> Sentences:
    """What the table "here, in production" calls here, can be called here."""
    for row in _compared(notebook):
        for call in re.findall(r"`(\w+)\(", " ".join(row[:2])):
            if not hasattr(RedisClient, call) and not hasattr(ReliableQueue, call):
                yield f"the table of differences names {call}(), which there is not here"


def three_questions(notebook: NotebookNode, path: Path) -> Sentences:
    """Three recall questions whose answers are folded away."""
    folded = sum(
        text.count("<details>") for text in _section(notebook, r"recall|question|remember")
    )
    if folded != 3:
        yield f"its section of recall questions has {folded} folded answers (<details>), not 3"


def leads_on(notebook: NotebookNode, path: Path) -> Sentences:
    """It links to the next notebook, if there is one."""
    names = sorted(other.name for other in path.parent.glob("[0-9]*.ipynb"))
    following = names[names.index(path.name) + 1 :] if path.name in names else []
    if following and not any(target == following[0] for _, _, target in _links(notebook)):
        yield f"there is no link to the next notebook, {following[0]}"


def clean_metadata(notebook: NotebookNode, path: Path) -> Sentences:
    """Nothing of an editor, of a machine or of a moment."""
    for sentence in untidy(notebook):
        yield f"{sentence}: `make notebooks` takes it out"


def ids_are_unique(notebook: NotebookNode, path: Path) -> Sentences:
    """Every cell has an id of its own, so that differences can be read."""
    ids = [cell.get("id") for cell in notebook.cells]
    if None in ids or len(set(ids)) != len(ids):
        yield "two cells have the same id, or one has none"


RULES: tuple[Rule, ...] = (
    one_title, headings_skip_no_level, images_have_alt_texts, links_say_where_they_lead,
    linked_files_exist, plain_words, british_spelling, first_cell_connects, last_cell_cleans_up,
    short_cells, sleep_is_no_readiness, asyncio_run_is_for_scripts, in_production, three_questions,
    names_mean_one_thing, jobs_have_the_same_fields, compared_calls_exist,
    exercises_have_one_form, leads_on, clean_metadata, ids_are_unique,
)  # fmt: skip


# --- How a notebook is read -----------------------------------------------------------------------


def _code(notebook: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    return ((n, cell) for n, cell in enumerate(notebook.cells) if cell.cell_type == "code")


def _texts(notebook: NotebookNode) -> Iterator[tuple[int, str]]:
    """Yield the text cells, without the code that they quote."""
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            unfenced = re.sub(r"(?ms)^(```|~~~).*?^\1", "", cell.source)
            yield number, re.sub(r"`[^`\n]*`", "CODE", unfenced)


def _prose(notebook: NotebookNode) -> Iterator[tuple[int, str]]:
    """Yield what of the text cells is read: no code, no HTML tags, no addresses of links."""
    for number, text in _texts(notebook):
        yield number, re.sub(r"(?s)<!--.*?-->|<[^>]+>|\]\([^)]*\)", " ", text)


def _headings(notebook: NotebookNode) -> Iterator[tuple[int, int, str]]:
    for number, text in _texts(notebook):
        for hashes, title in re.findall(r"(?m)^(#{1,6}) +(.*)$", text):
            yield number, len(hashes), title


def _links(notebook: NotebookNode) -> Iterator[tuple[int, str, str]]:
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            for words, target in re.findall(r"\[([^\]]*)\]\(([^)\s]*)\)", cell.source):
                yield number, words, target


def _section(notebook: NotebookNode, title: str) -> Iterator[str]:
    """Yield the texts below the headings in which the pattern `title` is found."""
    inside = False
    for _, text in _texts(notebook):
        for part in re.split(r"(?m)^(?=#{1,6} )", text):
            if heading := re.match(r"#{1,6} (.*)", part):
                inside = bool(re.search(title, heading[1], re.IGNORECASE))
            if inside:
                yield part


def _compared(notebook: NotebookNode) -> Iterator[list[str]]:
    """Yield the rows of the tables `call or fact | here | in production`."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            table = re.search(
                r"(?m)^\| call or fact \| here .*\n\|[-|]+\n((?:\|.*\n?)*)", cell.source
            )
            for line in table[1].splitlines() if table else ():
                yield line.strip("|").split("|")


def _tree(cell: NotebookNode) -> ast.Module:
    return ast.parse(TransformerManager().transform_cell(cell.source))


def _calls(cell: NotebookNode) -> set[str]:
    """Return what a cell calls: of `asyncio.sleep(1)` both "asyncio.sleep" and "sleep"."""
    called = {
        ast.unparse(node.func) for node in ast.walk(_tree(cell)) if isinstance(node, ast.Call)
    }
    return called | {name.rpartition(".")[2] for name in called}
