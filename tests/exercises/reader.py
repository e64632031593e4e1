"""A reader of a notebook, who runs it cell by cell and puts answers into the stub cells."""

from __future__ import annotations

import ast
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from tests.notebooks import rerun

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"

# Bodies of functions that misbehave, each with what its verdict must say.
MISBEHAVIOUR = {
    "hangs": ("await asyncio.sleep(3600)", "it took longer than"),
    "spins": ("while True: pass", "it took longer than"),
    "cannot be cancelled": (
        "while True:\n try: await asyncio.sleep(3600)\n except BaseException: pass",
        "it took longer than",
    ),
    "raises": ("raise ValueError('boom')", "ValueError: boom, in line 2 of your cell: `raise V"),
    "exits": ("raise SystemExit(0)", "the end of the program"),
    "ends the process": ("__import__('os')._exit(0)", "the end of the process"),
    "removes all keys": ("await client.call('FLUSHALL')", "it sent FLUSHALL"),
    "removes keys of others": (
        "await client.delete('camera:somebody_elses:status')",
        "other keys are gone",
    ),
}
SLOW = ("hangs", "spins", "cannot be cancelled")
"""Those that take as long as an answer may."""


def misbehaving(stub: str, body: str) -> str:
    """Return the stub with another body in each of its functions."""
    module = ast.parse(f"import asyncio\n{stub}")
    for function in module.body:
        if isinstance(function, ast.AsyncFunctionDef):
            function.body = ast.parse(body).body
    module.body.append(module.body.pop(0))  # the functions first: the verdict names their lines
    return ast.unparse(module)


class Reader:
    """A reader at work in an open notebook."""

    def __init__(self, client: NotebookClient) -> None:
        self._client = client

    @property
    def cells(self) -> list[NotebookNode]:
        """The code cells of the notebook, from top to bottom."""
        return rerun.code_cells(self._client.nb)

    async def run(self, cell: NotebookNode | str) -> str:
        """Run a cell, or code in a cell of its own; return what it shows as text."""
        cells = self._client.nb.cells
        if isinstance(cell, str):
            cells.append(cell := new_code_cell(cell))
        index = next(number for number, each in enumerate(cells) if each is cell)
        await self._client.async_execute_cell(cell, index)
        shown = [
            each.get("text") or each.get("data", {}).get("text/plain") for each in cell.outputs
        ]
        return "".join(text for text in shown if text)


@asynccontextmanager
async def reading(stem: str, **environment: str) -> AsyncIterator[Reader]:
    """Open a notebook in a kernel of its own."""
    notebook = rerun.read(NOTEBOOKS / f"{stem}.ipynb")
    client = NotebookClient(
        notebook,
        timeout=60,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(NOTEBOOKS)}},
    )
    async with client.async_setup_kernel(env=os.environ | environment):
        yield Reader(client)
