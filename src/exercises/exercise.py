"""What an exercise is made of, and how its Markdown file is read.

A file is a small form. Its text and code go into the notebook as they are:

    ---
    place: 2
    ---
    # Exercise: <title>
    <task>
    ## Stub        a fence of Python: the cell that the reader changes
    ## Hints       three, `1. …`, each on one line: from a nudge to nearly the answer
    ## Solution    a fence of Python: a right answer, with comments
    ## Why         one line: why it matters in production
    ## Mistakes    `- NAME: what is said of it`, one line each: the hints of the check
"""

import ast
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import NoReturn

_FENCE = r"```python\n([\s\S]+?)\n```", "one fence, ```python … ```, and nothing beside it"
FORM = {
    "the beginning": (
        r"---\nplace: (\d+)\n---\n\s*# Exercise: (.+)\n\s*(\S[\s\S]*)",
        "`place: 1` between lines of `---`, `# Exercise: …`, a task",
    ),
    "Stub": _FENCE,
    "Hints": (r"1\. (.+)\n2\. (.+)\n3\. (.+)", "three lines, `1. …`, `2. …` and `3. …`"),
    "Solution": _FENCE,
    "Why": (r"(.+)", "one line"),
    "Mistakes": (r"((?:- [A-Z_0-9]+: .+(?:\n|$))*)", "lines, `- NAME: what is said of it.`"),
}
"""The form of each section, and what is said of one that is not in it."""
SECTIONS = [*FORM][1:]


class BadForm(ValueError):
    """An exercise's file is not in the form above; the message names file, section and remedy."""


@dataclass(frozen=True)
class Exercise:
    """An exercise, as its files `<lesson>/<name>.md` and `<lesson>/<name>.py` define it."""

    name: str  # as `queue.drain`
    place: int  # 1 for the first exercise of its lesson
    title: str
    task: str  # what the reader is to do, as Markdown
    stub: str  # the code of the cell that the reader changes
    hints: tuple[str, ...]  # from a nudge to nearly the answer
    solution: str  # a right answer for that cell, with comments
    why: str  # why it matters in production: one line, shown with "right"
    mistakes: dict[str, str]  # what is said of a mistake, by the name that the check gives it

    @property
    def slug(self) -> str:
        """What the ids of its cells begin with, as `queue-drain`."""
        return self.name.replace(".", "-").replace("_", "-")

    @property
    def answers(self) -> tuple[str, ...]:
        """The names that are judged: the functions and variables that the stub defines."""
        defined = []
        for node in ast.parse(self.stub).body:
            match node:
                case (
                    ast.FunctionDef(name=name)
                    | ast.AsyncFunctionDef(name=name)
                    | ast.Assign(targets=[ast.Name(id=name)])
                ):
                    defined.append(name)
        return tuple(defined)

    def says(self, mistake: str) -> str:
        """Return what is said of a mistake: of this exercise, or that can be made in every one."""
        return (COMMON | self.mistakes)[mistake]

    @property
    def check(self) -> Callable[..., Awaitable[None]]:
        """What is awaited with the bench: it raises NotYet, or they are right."""
        return import_module(f"exercises.{self.name}").check


def read(file: Path) -> Exercise:
    """Read an exercise from `<lesson>/<name>.md`.

    Raises:
        BadForm: something is missing, or not as it should be.
    """

    def refuse(where: str, needed: str) -> NoReturn:
        raise BadForm(f"{file}: {where} must be {needed}.")

    headings = re.compile(rf"^## ({'|'.join(SECTIONS)})$", re.MULTILINE)
    head, *rest = headings.split(file.read_text(encoding="utf-8"))
    if rest[::2] != SECTIONS:
        refuse("the sections", f"`## {', ## '.join(SECTIONS)}`, once and in this order")
    parts: list[str] = []
    for (where, (form, needed)), text in zip(FORM.items(), [head, *rest[1::2]], strict=True):
        found = re.fullmatch(form, text.strip()) or refuse(where, needed)
        parts += found.groups()
    place, title, task, stub, *hints, solution, why, mistakes = parts
    for where, code in (("Stub", stub), ("Solution", solution)):
        try:
            ast.parse(code)
        except SyntaxError as error:
            refuse(where, f"Python: {error.msg}, line {error.lineno} of the fence")
    name, said = f"{file.parent.name}.{file.stem}", mistakes_in(mistakes)
    exercise = Exercise(name, int(place), title, task, stub, tuple(hints), solution, why, said)
    if not exercise.answers:
        refuse("Stub", "code that defines what is judged")
    return exercise


def mistakes_in(text: str) -> dict[str, str]:
    """Return what is said of each mistake that the text lists, by its name."""
    return dict(re.findall(r"^- ([A-Z_0-9]+): (.+)$", text, re.MULTILINE))


COMMON = mistakes_in((Path(__file__).parent / "mistakes.md").read_text(encoding="utf-8"))
"""The mistakes that can be made in every exercise."""
