"""The four cells of an exercise, in a notebook: always the same form."""

from __future__ import annotations

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from exercises.exercise import Exercise


def cells(exercise: Exercise) -> list[NotebookNode]:
    """Return the cells of an exercise: statement, stub, check, and help."""
    name, answers = exercise.name, ", ".join(exercise.answers)
    help_cell = (
        '# Stuck? Take the "# " off a line and run the cell. Each hint goes one step further.\n'
        f'# exercises.hint("{name}")\n'
        f'# exercises.solution("{name}")'
    )
    made = [
        new_markdown_cell(f"### Exercise: {exercise.title}\n\n{exercise.task}"),  # type: ignore[no-untyped-call]
        new_code_cell(exercise.stub),  # type: ignore[no-untyped-call]
        new_code_cell(f'await exercises.check("{name}", {answers})'),  # type: ignore[no-untyped-call]
        new_code_cell(help_cell),  # type: ignore[no-untyped-call]
    ]
    for cell, part in zip(made, ("", "-stub", "-check", "-help"), strict=True):
        cell.id = exercise.slug + part
    return made


def put(notebook: NotebookNode, exercise: Exercise, after: str | None = None) -> None:
    """Put the cells of an exercise into its notebook, in the place of those that are there.

    Args:
        notebook: it is changed in place.
        exercise: the one to put there.
        after: the id of the cell that they follow, where the exercise is new in the notebook.

    Raises:
        LookupError: it is new, and there is no such cell.
    """
    new = cells(exercise)
    ids = [cell.id for cell in notebook.cells]
    if new[0].id in ids:
        place = ids.index(new[0].id)
        notebook.cells[place : place + len(new)] = new
    elif after in ids:
        place = ids.index(after) + 1
        notebook.cells[place:place] = new
    else:
        raise LookupError(f"No cell has the id {after!r}. The ids are: {', '.join(ids)}.")
