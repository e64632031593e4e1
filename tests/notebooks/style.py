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
from tests.notebooks.rerun import code_cells, is_folded, untidy

from backend.core.redis import RedisClient
from backend.core.reliable_queue import ReliableQueue
from backend.services.detector import DetectionJob
from exercises.catalogue import LESSONS, in_lesson

Sentences = Iterator[str]
Rule = Callable[[NotebookNode, Path], Sentences]

LONGEST_CELL = 20  # lines
BANNED = {
    "a word that belittles what is hard": (
        "simply", "just", "obviously", "of course", "easily", "trivial", "trivially", "merely",
    ),
    "stiff: say you, or name who does it": (
        "whoever", "whosoever", "whatsoever", "one's", "oneself", "thereof", "thereby", "hereby",
        "wherein", "henceforth",
    ),
    "marketing": (
        "powerful", "seamless", "seamlessly", "blazing", "blazingly", "awesome", "amazing",
        "state of the art", "world class", "effortless", "effortlessly",
    ),
}  # fmt: skip
LONGEST = {
    "00_start_here": 1230,
    "01_health": 1990,
    "02_queue": 2595,
    "03_cache": 2000,
    "04_pubsub": 1940,
    "05_pipeline": 2690,
    "06_lose_nothing": 2190,
    "07_when_redis_fails": 2340,
    "08_from_outside": 2630,
    "10_going_faster": 2630,
    "reference_redis_client": 1800,
}
"""Words of its text cells that a lesson has at the most."""
EARLIER, AT_WORK = "From earlier lessons", "What you can now do at work"
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


def plain_words(notebook: NotebookNode, path: Path) -> Sentences:
    """No word that belittles what is hard, no stiffness, no shouting."""
    for number, prose in _prose(notebook):
        for why, words in BANNED.items():
            for word in words:
                if re.search(rf"\b{word}\b", prose, re.IGNORECASE):
                    yield f"cell {number}: leave out {word!r} ({why})"
        if found := re.search(r"\w+!", prose):
            yield f"cell {number}: {found[0]!r} ends with an exclamation mark"
        if found := re.search(r"\b(?:will|shall) have (?!to\b|no\b|an?\b|the\b)\w+", prose, re.I):
            yield f"cell {number}: {found[0]!r} is future perfect: say it in the present tense"
        if found := re.search(r"\b(?:shall|upon|whilst|amongst)\b", prose, re.IGNORECASE):
            yield f"cell {number}: {found[0]!r} is no everyday English: will, on, while, among"


def no_aside_in_an_aside(notebook: NotebookNode, path: Path) -> Sentences:
    """No brackets in brackets, and one pair a sentence at the most."""
    for number, prose in _prose(notebook):
        if found := re.search(r"\([^()\n]*\([^()\n]*\)", prose):
            yield f"cell {number}: brackets in brackets: {found[0]!r}"
        for sentence in re.split(r"(?<=[.?:])\s|\n", prose):
            if sentence.count("(") > 1 and not sentence.lstrip().startswith("|"):
                yield f"cell {number}: two asides in one sentence: {sentence.strip()!r}"


def not_too_long(notebook: NotebookNode, path: Path) -> Sentences:
    """It is read in the time that it names."""
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    words = sum(len(text.split()) for text in texts)
    if words > (most := LONGEST.get(path.stem, 2200)):
        yield f"it has {words} words, more than {most}"


# --- The head, and the questions -----------------------------------------------------------------


def shows_where_you_are(notebook: NotebookNode, path: Path) -> Sentences:
    """Its head has the picture of the pipeline, with the lesson's part lit."""
    if not re.search(r"!\[[^\]]+\]\(pictures/pipeline_\w+\.svg\)", _head(notebook)):
        yield "its head shows no pictures/pipeline_….svg: where in the system are we?"


def links_the_glossary(notebook: NotebookNode, path: Path) -> Sentences:
    """Its head says where words are explained."""
    if "](../docs/glossary.md" not in _head(notebook):
        yield "its head has no link to ../docs/glossary.md"


def defined_words_are_in_the_glossary(notebook: NotebookNode, path: Path) -> Sentences:
    """A word in bold is one that is defined there: up to three words that begin small."""
    glossary = path.parent / "../docs/glossary.md"
    rows = re.findall(r"(?m)^\| (?!word )([^|]+) \|", glossary.read_text(encoding="utf-8"))
    known = {word.partition("(")[0].strip().lower() for row in rows for word in row.split(",")}
    for number, prose in _prose(notebook):
        for word in re.findall(r"\*\*([a-z][^*\n]*)\*\*", prose):
            short = {word.removesuffix(end) for end in ("s", "es", "d", "ed")} | {word.split()[-1]}
            if len(word.split()) <= 3 and "CODE" not in word and not known & short:
                yield f"cell {number}: **{word}** is not in {glossary.name}"


def asks_what_was_learnt_before(notebook: NotebookNode, path: Path) -> Sentences:
    """From lesson 02 on, two questions from earlier lessons come first, their answers folded."""
    if path.stem[:2].isdigit() and path.stem[:2] >= "02":
        titles = [title for _, level, title in _headings(notebook) if level == 2]
        if titles[:1] != [EARLIER]:
            yield f"its first section is not {EARLIER!r}"
        folded = sum(text.count("<details>") for text in _section(notebook, f"^{EARLIER}$"))
        if folded != 2:
            yield f"{EARLIER!r} has {folded} folded answers (<details>), not 2"


def says_what_you_can_do_now(notebook: NotebookNode, path: Path) -> Sentences:
    """Its end says what the reader can do at work now."""
    if not any(title == AT_WORK for _, _, title in _headings(notebook)):
        yield f"there is no section {AT_WORK!r}"


def predictions_are_unspoilt(notebook: NotebookNode, path: Path) -> Sentences:
    """The outputs that answer a question are stored folded, and no others.

    They are those of the code cells between the question and the next text. More of its section may
    be folded.
    """
    asked = answered = False
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            answered = True
            if re.search(r"(?m)^#{1,6} ", cell.source):
                asked = False
            if re.search(r"\*\*Predict\b", cell.source):
                asked, answered = True, False
        elif is_folded(cell) and not asked:
            yield f"cell {number}: its output is folded, and nobody was asked to predict it"
        elif cell.outputs and not answered and not is_folded(cell):
            yield (
                f"cell {number} answers the question above it: fold its output (`python -m "
                f"tests.notebooks.rerun notebooks/{path.name} --fold {cell.id}`)"
            )


# --- Code -----------------------------------------------------------------------------------------


def first_cell_connects(notebook: NotebookNode, path: Path) -> Sentences:
    """The first code cell prints which Redis is in use."""
    if not re.search(
        r"\b(course\.start|failure_lab\.open|on_call\.open)\(", code_cells(notebook)[0].source
    ):
        yield "the first code cell does not call course.start(), or open() of a lab"


def last_cell_cleans_up(notebook: NotebookNode, path: Path) -> Sentences:
    """The last code cell removes what the notebook made."""
    if not re.search(r"\b(course|failure_lab|on_call)\.finish\(", code_cells(notebook)[-1].source):
        yield "the last code cell does not call finish(), of the course or of a lab"


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
        for name in _defined(_tree(cell).body):
            if first.setdefault(name, number) != number:
                yield f"cell {number} defines {name}() anew, after cell {first[name]}"


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
    plain_words, no_aside_in_an_aside, not_too_long,
    shows_where_you_are, links_the_glossary, defined_words_are_in_the_glossary,
    asks_what_was_learnt_before, says_what_you_can_do_now, predictions_are_unspoilt,
    first_cell_connects, last_cell_cleans_up,
    short_cells, sleep_is_no_readiness, asyncio_run_is_for_scripts, in_production, three_questions,
    names_mean_one_thing, jobs_have_the_same_fields, compared_calls_exist,
    exercises_have_one_form, leads_on, clean_metadata, ids_are_unique,
)  # fmt: skip
OF_LESSONS: tuple[Rule, ...] = (
    shows_where_you_are, says_what_you_can_do_now, in_production, three_questions,
)  # fmt: skip
"""Rules for lessons alone: nobody learns a reference from its first cell to its last."""


def rules_for(path: Path) -> list[Rule]:
    """Return the rules for a notebook: the name of a lesson begins with its number."""
    return [rule for rule in RULES if path.stem[0].isdigit() or rule not in OF_LESSONS]


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


def _head(notebook: NotebookNode) -> str:
    """Return what is read before the first code cell."""
    sources = [cell.source for cell in notebook.cells]
    kinds = [cell.cell_type for cell in notebook.cells]
    return "\n\n".join(sources[: kinds.index("code")])


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


def _defined(statements: list[ast.stmt]) -> Iterator[str]:
    """Yield the names of functions and classes that a cell defines, in its blocks too."""
    for node in statements:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        else:
            for block in ("body", "orelse", "finalbody"):
                yield from _defined(getattr(node, block, []))


def _calls(cell: NotebookNode) -> set[str]:
    """Return what a cell calls: of `asyncio.sleep(1)` both "asyncio.sleep" and "sleep"."""
    called = {
        ast.unparse(node.func) for node in ast.walk(_tree(cell)) if isinstance(node, ast.Call)
    }
    return called | {name.rpartition(".")[2] for name in called}
