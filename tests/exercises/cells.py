"""The four cells of an exercise, and the command that puts them into its notebook.

.venv/bin/python -m tests.exercises.cells queue.drain --after fifo  # new: behind this cell
.venv/bin/python -m tests.exercises.cells queue.drain               # its file has changed
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import tests.quick_start  # noqa: F401  # before nbformat

# isort: split
import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from tests.notebooks import rerun

from exercises import catalogue
from exercises.exercise import BadForm, Exercise


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
        LookupError: it is new, and there is no such cell; or it is there, and `after` is given.
    """
    new = cells(exercise)
    ids = [cell.id for cell in notebook.cells]
    if new[0].id in ids and after:
        raise LookupError(f"{exercise.name} is in the notebook: to renew it, leave --after out.")
    if new[0].id in ids:
        place = ids.index(new[0].id)
        notebook.cells[place : place + len(new)] = new
    elif after in ids:
        place = ids.index(after) + 1
        notebook.cells[place:place] = new
    else:
        raise LookupError(f"No cell has the id {after!r}. The ids are: {', '.join(ids)}.")


def main(arguments: list[str] | None = None) -> int:
    """Put the exercises that the command line names into their notebooks; return 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.exercises.cells", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("names", nargs="+", metavar="name", help="an exercise, as queue.drain")
    parser.add_argument("--after", metavar="id", help="the cell that a new exercise follows")
    options = parser.parse_args(arguments)
    for name in options.names:
        try:
            exercise = catalogue.find(name)
            path = Path("notebooks") / f"{catalogue.LESSONS[name.partition('.')[0]]}.ipynb"
            notebook = rerun.read(path)
            put(notebook, exercise, options.after)
        except (LookupError, BadForm) as error:
            parser.error(str(error))
        nbformat.write(notebook, path)  # type: ignore[no-untyped-call]
        print(
            f"{path}: {name}. `.venv/bin/python -m tests.notebooks.rerun {path}` stores its output."
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
