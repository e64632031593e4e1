"""Every cell can be run again: twice in a row, and after the notebook has cleaned up.

A reader does both. What comes out need not be what came out before, but it comes: no cell waits for
ever, none ends with an error that says nothing of the way back, and no figure shows something else.
For the same reason no two cells give one name to things of two kinds.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from tests.notebooks.rerun import code_cells, read
from tests.support import THOROUGH

from course.kernel import CLEANED_UP

NOTEBOOKS = sorted(Path("notebooks").absolute().glob("*.ipynb"))
DEADLINE = 40
"""Seconds that a cell has, on a busy machine too."""

MAY_FAIL: dict[str, str] = {}
"""Ids of cells (as "03_cache: break") that may end with an error when they run again, and why."""
MAY_DIFFER: dict[str, str] = {}
"""Ids of cells whose figure may show something else when they run again, and why."""

pytestmark = pytest.mark.timeout(400)


class Rerunner:
    """Runs the cells of a notebook in one kernel, and collects what is wrong with that."""

    def __init__(self, client: NotebookClient, stem: str) -> None:
        self._client = client
        self._stem = stem
        self._figures: dict[str, list[str]] = {}  # of each cell, what its figures said at first
        self._kinds: dict[str, tuple[str, str]] = {}  # of each name, its cell and what it means
        self.problems: list[str] = []

    async def run(self, cell: NotebookNode, when: str, *, way_back: str = "") -> None:
        """Run a cell.

        Args:
            cell: one of the notebook's.
            when: in words, which run this is.
            way_back: an error is allowed when this sentence stands in it.
        """
        name = f"{self._stem}: {cell.id}"
        await self._client.async_execute_cell(cell, self._client.nb.cells.index(cell))
        if "raises-exception" not in cell.metadata.get("tags", []) and name not in MAY_FAIL:
            for error in (each for each in cell.outputs if each.output_type == "error"):
                if not way_back or way_back not in plain("\n".join(error.traceback)):
                    self.problems.append(f"{name}, {when}: {error.ename}: {error.evalue}")
        figures = [each.data["text/plain"] for each in cell.outputs if _is_figure(each)]
        first = self._figures.setdefault(name, figures)
        if figures and figures != first and name not in MAY_DIFFER:
            self.problems.append(f"{name}, {when}: the figure says {figures}, at first {first}")

    async def note_kinds(self, cell: NotebookNode) -> None:
        """Look at what a cell gives names to: another cell must not have named another thing so."""
        names = sorted(set(bound(cell.source)))
        here = f"{self._stem}: {cell.id}"
        for name, kind in (await self._ask(f"({KINDS})({names})")).items():
            before, was = self._kinds.setdefault(name, (here, kind))
            if kind != was and "NoneType" not in (kind, was):
                self.problems.append(f"{here}: {name} is {kind}, and {was} in {before}")

    async def _ask(self, expression: str) -> Any:
        kernel = self._client.kc
        asked = kernel.execute("", silent=True, user_expressions={"it": expression})
        while (reply := await kernel.get_shell_msg())["parent_header"].get("msg_id") != asked:
            pass
        return ast.literal_eval(reply["content"]["user_expressions"]["it"]["data"]["text/plain"])


# Evaluated in the kernel: what names mean, numbers all alike, and functions with what they take.
KINDS = """lambda names: {
    name: str(__import__("inspect").signature(value)) if type(value).__name__ == "function"
    else "a number" if isinstance(value, (int, float)) else type(value).__name__
    for name in names if (value := globals().get(name)) is not None
}"""


def bound(source: str) -> Iterator[str]:
    """Yield the names that a cell binds for others to see: not `_`, not inside functions."""
    waiting: list[ast.AST] = [ast.parse(TransformerManager().transform_cell(source))]
    while waiting:
        node = waiting.pop()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
                continue
            case (
                ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp()
            ):
                continue
            case ast.Name(id=name, ctx=ast.Store()) if name != "_":
                yield name
        waiting += ast.iter_child_nodes(node)


def _is_figure(output: NotebookNode) -> bool:
    return "<img alt=" in output.get("data", {}).get("text/html", "")


def plain(text: str) -> str:
    """Return a text without the codes of colours, all white space alike."""
    return " ".join(re.sub(r"\x1b\[[\d;]*m", "", text).split())


@asynccontextmanager
async def kernel_for(notebook: NotebookNode, folder: Path, stem: str) -> AsyncIterator[Rerunner]:
    client = NotebookClient(
        notebook,
        timeout=DEADLINE,
        allow_errors=True,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
    )
    async with client.async_setup_kernel(env=dict(os.environ)):
        yield Rerunner(client, stem)


async def run_all_again(notebook: NotebookNode, folder: Path, stem: str) -> list[str]:
    """Run every cell twice in a row, and all but the first once more after the end.

    Returns:
        What went wrong, one sentence each.
    """
    async with kernel_for(notebook, folder, stem) as rerunner:
        cells = code_cells(notebook)
        cell = cells[0]
        try:
            for cell in cells:
                await rerunner.run(cell, "at first")
                await rerunner.note_kinds(cell)
                await rerunner.run(cell, "at once again")
            for cell in cells[1:]:
                await rerunner.run(cell, "after the end", way_back=CLEANED_UP)
        except CellTimeoutError:
            rerunner.problems.append(f"{stem}: {cell.id}, run again: no end after {DEADLINE} s")
        return rerunner.problems


@THOROUGH
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
async def test_every_cell_can_be_run_again(path: Path) -> None:
    if problems := await run_all_again(read(path), path.parent, path.stem):
        pytest.fail("\n".join(problems), pytrace=False)


# --- The test itself ------------------------------------------------------------------------------


PLANTED = {
    "first": "import course\n_ = course.start()\nended = False",
    "fails": "raise ValueError('it fails')",
    "fails-again": "assert 'once' not in globals(), 'again'\nonce = True",
    "grows": (
        "from course import plots\nvalues = globals().get('values', []) + [1]\n"
        "plots.show(plots.line({'a': values}, title='It grows', x_label='x', y_label='y'))"
    ),
    "a-name": "item = {'a': 1}\ncount = 1",
    "another": "item = 'text'\ncount = 2.5\nempty = None",
    "way-back": "assert not ended",
    "last": "await course.finish()\nended = True",
}
"""Cells by their ids. What is wrong with them is wrong in each run, or only when they run again."""


@THOROUGH
async def test_what_is_wrong_with_a_cell_is_noticed(tmp_path: Path) -> None:
    cells = [new_code_cell(code, id=id) for id, code in PLANTED.items()]
    problems = await run_all_again(new_notebook(cells=cells), tmp_path, "bad")
    assert [problem.partition(": the figure says")[0] for problem in problems] == [
        "bad: fails, at first: ValueError: it fails",
        "bad: fails, at once again: ValueError: it fails",
        "bad: fails-again, at once again: AssertionError: again",
        "bad: grows, at once again",
        "bad: another: item is str, and dict in bad: a-name",
        "bad: grows, after the end",
    ]  # after the end, the errors are allowed: each says the way back


def test_names_inside_functions_are_not_seen_from_outside() -> None:
    code = "def f(x):\n    y = 1\nasync with a as z:\n    w = [v for v in z]\nimport b\n_ = 1"
    assert sorted(bound(code)) == ["f", "w", "z"]
