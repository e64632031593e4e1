"""For authors: put the cells of an exercise into its notebook, or bring them up to date.

.venv/bin/python -m exercises queue.drain --after fifo     # new: behind the cell with this id
.venv/bin/python -m exercises queue.drain                  # its file has changed
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import nbformat
from tests.notebooks import rerun

from exercises import catalogue, cells
from exercises.exercise import BadForm


def main(arguments: list[str] | None = None) -> int:
    """Put the exercises that the command line names into their notebooks; return 0."""
    parser = argparse.ArgumentParser(prog="python -m exercises", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("names", nargs="+", metavar="name", help="an exercise, as queue.drain")
    parser.add_argument("--after", metavar="id", help="the cell that a new exercise follows")
    options = parser.parse_args(arguments)
    for name in options.names:
        try:
            exercise = catalogue.find(name)
            path = Path("notebooks") / f"{catalogue.LESSONS[name.partition('.')[0]]}.ipynb"
            notebook = rerun.read(path)
            cells.put(notebook, exercise, options.after)
        except (LookupError, BadForm) as error:
            parser.error(str(error))
        nbformat.write(notebook, path)  # type: ignore[no-untyped-call]
        print(
            f"{path}: {name}. `.venv/bin/python -m tests.notebooks.rerun {path}` stores its output."
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
