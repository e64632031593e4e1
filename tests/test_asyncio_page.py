"""docs/asyncio.md: every piece of code runs in a notebook, and prints what stands below it."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
from nbclient import NotebookClient

PAGE = Path(__file__).parents[1] / "docs/asyncio.md"


def test_every_piece_of_code_prints_what_stands_below_it() -> None:
    fences = re.findall(r"(?ms)^```(\w+)\n(.*?)^```", PAGE.read_text(encoding="utf-8"))
    kinds, texts = [kind for kind, _ in fences], [text for _, text in fences]
    assert kinds == ["python", "text"] * (len(kinds) // 2) != []
    cells = [nbformat.v4.new_code_cell(code) for code in texts[::2]]
    notebook = nbformat.v4.new_notebook(cells=cells)
    quiet = ["--log-level=ERROR"]
    NotebookClient(notebook, kernel_name="python3", timeout=30, extra_arguments=quiet).execute()
    printed = ["".join(output.text for output in cell.outputs) for cell in notebook.cells]
    assert printed == texts[1::2]
