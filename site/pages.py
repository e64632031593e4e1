"""What becomes of a file when it becomes a page of the site."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import nbformat

from exercises import catalogue

ROOT = Path(__file__).parents[1]
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))


class Word(NamedTuple):
    """A row of the glossary."""

    names: list[str]
    """As `AOF` and `append-only file`, which have one meaning."""
    meaning: str
    lessons: list[str]
    """The numbers of those that explain it."""


_ROW = re.compile(r"^\| (?!word \|)([^|]+) \| ([^|]+) \| ([\d, ]+) \|$", re.MULTILINE)
WORDS = [
    Word(names.split(", "), meaning, lessons.split(", "))
    for names, meaning, lessons in _ROW.findall((ROOT / "docs/glossary.md").read_text("utf-8"))
]
EVERYDAY = {
    *("account", "age", "claim", "done", "gap", "head"),
    *("hit", "miss", "missing", "recall", "round", "script"),
}
"""Words that a lesson also uses in their everyday sense: they are linked where they are defined."""

# What is read as text, and holds no word that could become a link: code, links, HTML, headings.
_NO_TEXT = r"```.*?```|`[^`]*`|!?\[[^]]*\]\([^)]*\)|<summary>.*?</summary>|<[^>]+>|^#.*?$"


def lesson(text: str) -> nbformat.NotebookNode:
    """Return a lesson as it is read without a kernel.

    Words lead to the glossary, and what a reader would only see after a guess, or a call, is
    folded.
    """
    notebook = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
    helps = {
        f"{exercise.slug}-help": exercise
        for name in catalogue.LESSONS
        for exercise in catalogue.in_lesson(name)
    }
    linked: set[str] = set()
    kept = [cell for cell in notebook.cells if not cell.id.startswith("progress")]  # whose?
    for number, cell in enumerate(kept):
        if exercise := helps.get(cell.id):
            folded = _folded(exercise.hints)
            kept[number] = nbformat.v4.new_markdown_cell(folded)  # type: ignore[no-untyped-call]
        elif cell.cell_type == "markdown" and number > 0 and "<details>" not in cell.source:
            cell.source = _with_links(cell.source, linked)
        elif cell.metadata.get("collapsed"):
            cell.metadata.setdefault("tags", []).append("hide-output")
    notebook.cells = kept
    return notebook


def _folded(hints: tuple[str, ...]) -> str:
    return "\n\n".join(
        f"<details>\n<summary>Hint {number}</summary>\n\n{hint}\n\n</details>"
        for number, hint in enumerate(hints, 1)
    )


def _with_links(text: str, linked: set[str]) -> str:
    """Link each word of the glossary where it is used first; `linked` have been."""
    names = {name.partition(" (")[0].lower(): name for word in WORDS for name in word.names}
    longest_first = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    pattern = rf"(?ims){_NO_TEXT}|(?P<bold>\*\*)?\b(?P<name>{longest_first})(?P<end>s|es)?\b"

    def link(found: re.Match[str]) -> str:
        name = (found["name"] or "").lower()
        if not name or name in linked or (name in EVERYDAY and not found["bold"]):
            return found[0]
        linked.add(name)
        shown = f"{found['name']}{found['end'] or ''}"
        return f"{found['bold'] or ''}{{term}}`{shown} <{names[name]}>`"

    return re.sub(pattern, link, text)


def _glossary(text: str) -> str:
    """Make the table a list in which each word can be linked to."""
    head = text.partition("\n| word ")[0]
    files = {file.name[:2]: file.name for file in LESSONS}
    entries = []
    for word in WORDS:
        where = ", ".join(f"[{each}](../notebooks/{files[each]})" for each in word.lessons)
        entries.append("\n".join([*word.names, f"  {word.meaning} (lesson {where})"]))
    return f"{head}\n````{{glossary}}\n" + "\n\n".join(entries) + "\n````\n"


_LESSON = re.compile(r"^\| \[([^]]+)\]\((notebooks/\S+)\) \|.*\| (\d+) \| (\w+) \|$", re.MULTILINE)
_CONTENTS = """
```{{toctree}}
:hidden:
:caption: Lessons

site/map
{lessons}
```

```{{toctree}}
:hidden:
:caption: Look up

docs/glossary
notebooks/reference_redis_client
notebooks/reference_reliable_queue
docs/troubleshooting
docs/asyncio
docs/runbook
docs/from_blpop_to_reserve
docs/when_you_upgrade_redis_py
site/api
monitoring/README
docs/intake
hub/README
hub/kubernetes/README
```

```{{toctree}}
:hidden:
:caption: Change the course

CONTRIBUTING
src/exercises/README
CHANGELOG
```
"""


def _home(text: str) -> str:
    """Add the list of all pages, which the side of every page shows."""
    lessons = "\n".join(f"{name} <{file}>" for name, file, *_ in _LESSON.findall(text))
    return text + _CONTENTS.format(lessons=lessons)


def _map(text: str) -> str:
    """Add a row for each lesson: how long, which exercises, which words are new."""
    stems = {stem: name for name, stem in catalogue.LESSONS.items()}
    rows = ["| lesson | minutes | exercises | new words |", "|---|---|---|---|"]
    for name, file, minutes, _ in _LESSON.findall((ROOT / "README.md").read_text("utf-8")):
        stem = Path(file).stem
        titles = [each.title for each in catalogue.in_lesson(stems[stem])] if stem in stems else []
        new = [f"{{term}}`{each.names[0]}`" for each in WORDS if each.lessons[0] == stem[:2]]
        columns = [f"[{name}](../{file})", minutes, "; ".join(titles) or "-", ", ".join(new)]
        rows.append(f"| {' | '.join(columns)} |")
    return f"{text}\n" + "\n".join(rows) + "\n"


def _without_forms(text: str) -> str:
    """Leave the links to forms of exercises out: they hold the solutions, and are no pages."""
    return re.sub(r"\[(`?[\w/]+\.md`?)\]\([\w/]+\.md\)", r"\1", text)


CHANGES: dict[str, Callable[[str], str]] = {
    "README": _home,
    "docs/glossary": _glossary,
    "site/map": _map,
    "src/exercises/README": _without_forms,
}
"""What is added to the text of a page, by the page's name."""

MEANINGS = {
    name: re.sub(r"\[([^]]+)\]\([^)]*\)|[`*]", r"\1", word.meaning)
    for word in WORDS
    for name in word.names
}
"""What a word means, without marks, by the word."""
