"""The cells in which answers stand. A cell keeps its id, also in a newer course."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

# As if it were not installed: a grammar of internet addresses, which takes a second to compile, and
# which no notebook needs.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

import nbformat  # noqa: E402 - it would import that
from nbformat import NotebookNode  # noqa: E402

CHANGED = "# The exercise has changed. Your answer to the earlier one:"

Fate = Literal[
    "back",
    "below the new stub",
    "there already",
    "not put back, since the cell holds other code",
]
"""What became of an answer."""


@dataclass(frozen=True)
class Answer:
    """What a reader has written into a cell."""

    code: str
    fits: bool
    """Whether the exercise is still the one that it answers."""


def read(content: bytes) -> NotebookNode:
    """Return the notebook that a file holds."""
    return nbformat.reads(content.decode(), as_version=4)  # type: ignore[no-untyped-call]


def write(notebook: NotebookNode) -> bytes:
    """Return a notebook as JupyterLab writes it."""
    return (nbformat.writes(notebook).rstrip("\n") + "\n").encode()  # type: ignore[no-untyped-call]


def stubs(content: bytes) -> dict[str, str]:
    """Return what stands in the cells for answers, by the ids of the cells."""
    return {cell.id: cell.source for cell in read(content).cells if cell.id.endswith("-stub")}


def put(
    content: bytes, answers: Mapping[str, Answer], original: bytes
) -> tuple[bytes, dict[str, Fate]]:
    """Put answers into the cells of a lesson that still hold a stub.

    Args:
        content: the lesson.
        answers: by the ids of their cells; those of other lessons are passed over.
        original: the same lesson, as the course has it.

    Returns:
        The lesson with the answers, and what became of each. An answer to another exercise than
        today's stands below the stub, as a comment.
    """
    notebook, fates, empty = read(content), dict[str, Fate](), stubs(original)
    for cell in notebook.cells:
        if (answer := answers.get(cell.id)) is None:
            continue
        if cell.source != empty[cell.id]:
            same = cell.source.strip() == answer.code.strip()
            other: Fate = "not put back, since the cell holds other code"
            fates[cell.id] = "there already" if same else other
        elif answer.fits:
            cell.source, fates[cell.id] = answer.code, "back"
        else:
            comment = "\n".join(f"# {line}".rstrip() for line in answer.code.splitlines())
            cell.source += f"\n\n\n{CHANGED}\n{comment}"
            fates[cell.id] = "below the new stub"
    return write(notebook), fates
