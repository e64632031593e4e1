"""The two pictures of the README: what each is a picture of, and the stamp that says so.

A picture keeps, as the text "Source" of its PNG, a digest of what it was taken from. A test
compares it with what there is today.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from PIL import Image
from PIL.PngImagePlugin import PngInfo

PROJECT = Path(__file__).parents[2]
LESSON = PROJECT / "notebooks/00_start_here.ipynb"
FIRST, LAST = "predict", "plot"
"""The ids of the first and the last cell on the picture of the lesson."""
PAGE = PROJECT / "src/backend/api/static"


def shown_cells() -> list[NotebookNode]:
    """Return the cells of the first lesson that its picture shows."""
    cells = nbformat.read(LESSON, as_version=4).cells  # type: ignore[no-untyped-call]
    ids = [cell.id for cell in cells]
    return list(cells[ids.index(FIRST) : ids.index(LAST) + 1])


def source_of_the_lesson() -> str:
    """Return what is read in the cells shown: their sources, and the texts of their outputs."""
    outputs = [out for cell in shown_cells() for out in cell.get("outputs", [])]
    texts = [out.text if "text" in out else out.data["text/plain"] for out in outputs]
    return "\n".join([*(cell.source for cell in shown_cells()), *texts])


def source_of_the_page() -> str:
    """Return the files that a browser gets as the dashboard."""
    return "\n".join(file.read_text(encoding="utf-8") for file in sorted(PAGE.iterdir()))


SOURCES = {"notebook.png": source_of_the_lesson, "dashboard.png": source_of_the_page}


def digest(name: str) -> str:
    """Return a digest of what the picture of that name would be taken from today."""
    return hashlib.sha256(SOURCES[name]().encode()).hexdigest()


def keep(screenshot: bytes, folder: Path, name: str) -> None:
    """Write a screenshot, stamped with what it was taken from."""
    stamp = PngInfo()
    stamp.add_text("Source", digest(name))
    Image.open(io.BytesIO(screenshot)).save(folder / name, pnginfo=stamp, optimize=True)


def taken_from(picture: Path) -> str:
    """Return the digest of what a kept picture was taken from; empty if it has none."""
    with Image.open(picture) as image:
        return str(image.info.get("Source", ""))
