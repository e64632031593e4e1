"""Run notebooks again from top to bottom, and store what comes out.

    python -m tests.notebooks.rerun notebooks/*.ipynb
    python -m tests.notebooks.rerun notebooks/02_queue.ipynb --fold peek --fold burst-plot
    python -m tests.notebooks.rerun --check-metadata notebooks/*.ipynb

Each runs in a kernel of its own. What is stored holds nothing of the run but its outputs: no times,
no versions, no state of an editor, so that a difference in the file is a difference in the lesson.
A notebook that fails is left as it was.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from pathlib import Path

import tests.quick_start  # noqa: F401  # before nbformat

# isort: split
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

CELL_TIMEOUT = 60
"""Seconds that a cell may take."""
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
"""All that a notebook of this course says about itself."""
CELL_METADATA = {"tags", "reason"}
"""What a cell may say about itself: its tags, and the reason for a tag."""
FOLDED = {"collapsed": True, "jupyter": {"outputs_hidden": True}}
"""What a cell says beside, whose output is folded: both, as JupyterLab writes it. A click or a run
of the cell unfolds it. nbval compares it as any other."""


class NotebookFailed(RuntimeError):
    """A notebook did not run to its end. The message says which cell, and why."""


def run(notebook: NotebookNode, folder: Path) -> None:
    """Run a notebook in a fresh kernel and put the outputs into it. No exercise counts as solved.

    Args:
        notebook: the notebook; it is changed in place.
        folder: where its kernel works.

    Raises:
        NotebookFailed: a cell failed, took longer than 60 s, or did not raise although it is tagged
            `raises-exception`; or the kernel died.
    """
    reached: list[NotebookNode] = []

    def failed(why: str) -> NotebookFailed:
        number = code_cells(notebook).index(reached[-1]) + 1 if reached else 0
        return NotebookFailed(f"cell {number}: {why}")

    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        record_timing=False,
        coalesce_streams=True,
        store_widget_state=False,
        on_cell_start=lambda cell, cell_index: reached.append(cell),
        extra_arguments=["--log-level=ERROR"],  # not a word about how the kernel is connected
        resources={"metadata": {"path": str(folder)}},
    )
    try:
        client.execute(env=os.environ | {"COURSE_PROGRESS": "off"})
    except CellExecutionError as error:
        raise failed(f"{error.ename}: {error.evalue}") from None
    except CellTimeoutError:
        raise failed(f"no end after {CELL_TIMEOUT} s") from None
    except DeadKernelError:
        raise failed("the kernel died") from None
    for number, cell in enumerate(code_cells(notebook), 1):
        if "raises-exception" in cell.metadata.get("tags", []) and not has_error(cell):
            raise NotebookFailed(f"cell {number}: tagged raises-exception, and raised nothing")


def read(path: Path) -> NotebookNode:
    """Return the notebook that a file holds."""
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the code cells of a notebook; the first is the one that shows `[1]`."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def has_error(cell: NotebookNode) -> bool:
    """Return whether a cell's outputs hold an exception."""
    return any(output.output_type == "error" for output in cell.outputs)


def is_folded(cell: NotebookNode) -> bool:
    """Return whether the output of a code cell is stored folded."""
    return {key: cell.metadata.get(key) for key in FOLDED} == FOLDED


def _kept(cell: NotebookNode) -> set[str]:
    return CELL_METADATA | set(FOLDED) if is_folded(cell) else CELL_METADATA


def tidy(notebook: NotebookNode) -> None:
    """Take out of the metadata what is not the lesson: see `untidy`."""
    notebook.metadata.clear()
    notebook.metadata.update(METADATA)
    for cell in notebook.cells:
        for key in set(cell.metadata) - _kept(cell):
            del cell.metadata[key]


def _shorten_paths(notebook: NotebookNode) -> None:
    """Leave of the file names in tracebacks what is the same on every machine."""
    project = Path(__file__).parents[2]
    prefixes = [r"[~./][\w./+-]*/(?:site-packages|lib/python3\.\d+)/", re.escape(f"{project}/")]
    if project.is_relative_to(Path.home()):  # IPython shortens these by itself
        prefixes.append(re.escape(f"~/{project.relative_to(Path.home())}/"))
    for output in [output for cell in code_cells(notebook) for output in cell.outputs]:
        if output.output_type == "error":
            for prefix in prefixes:
                output.traceback = [re.sub(prefix, "", line) for line in output.traceback]


def untidy(notebook: NotebookNode) -> list[str]:
    """Say, one sentence each, what in the metadata `tidy` would take out."""
    found = []
    if notebook.metadata != METADATA:
        extra = sorted(set(notebook.metadata) - set(METADATA)) or "other kernelspec, language_info"
        found.append(f"the notebook's metadata should be the course's own, without {extra}")
    for number, cell in enumerate(notebook.cells):
        if extra := sorted(set(cell.metadata) - _kept(cell)):
            found.append(f"the metadata of cell {number} (from 0, text cells too) has {extra}")
    return found


def main(arguments: list[str] | None = None) -> int:
    """Run the notebooks named on the command line; return 0 if all went well, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.notebooks.rerun", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument(
        "--fold",
        metavar="ID",
        action="append",
        default=[],
        help="store the output of a cell folded",
    )
    parser.add_argument(
        "--check-metadata", action="store_true", help="run nothing: say whose metadata is not clean"
    )
    options = parser.parse_args(arguments)
    handle = _check if options.check_metadata else _rerun
    for path in options.notebooks if options.fold else ():
        _fold(path, options.fold)
    outcomes = [handle(path) for path in options.notebooks]
    return 0 if all(outcomes) else 1


def _rerun(path: Path) -> bool:
    notebook = read(path)
    started = time.monotonic()
    outcome = "ok"
    for cell in code_cells(notebook):
        cell.execution_count, cell.outputs = None, []
    try:
        run(notebook, path.parent)
    except NotebookFailed as error:
        outcome = f"FAILED, left as it was: {error}"
    else:
        tidy(notebook)
        _shorten_paths(notebook)
        nbformat.write(notebook, path)  # type: ignore[no-untyped-call]
    print(f"{path}  {time.monotonic() - started:.1f} s  {outcome}", flush=True)
    return outcome == "ok"


def _fold(path: Path, ids: list[str]) -> None:
    notebook = read(path)
    for cell in code_cells(notebook):
        if cell.id in ids:
            cell.metadata.update(FOLDED)
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]


def _check(path: Path) -> bool:
    found = untidy(read(path))
    for sentence in found:
        print(f"{path}: {sentence}. `make notebooks` takes it out.")
    return not found


if __name__ == "__main__":
    sys.exit(main())
