"""The pictures of the README are of today, and those of the lessons are seen in JupyterLab.

`make pictures` takes the former anew, that of the lesson here.
"""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook
from playwright.sync_api import Page
from tests.browser.conftest import JupyterLab, open_notebook
from tests.browser.pictures import LESSON, PROJECT, SOURCES, digest, keep, shown_cells, taken_from
from tests.notebooks.rerun import FOLDED, METADATA
from tests.support import THOROUGH

SEEN = """count => count === [...document.querySelectorAll('.jp-RenderedMarkdown img')]
    .filter(image => image.complete && image.naturalWidth > 0).length"""


@pytest.mark.parametrize("name", SOURCES)
def test_the_picture_is_of_what_there_is_today(name: str) -> None:
    assert taken_from(PROJECT / "docs" / name) == digest(name), "`make pictures` takes it again"


@THOROUGH
@pytest.mark.timeout(180)
def test_every_drawn_picture_is_seen(jupyterlab: JupyterLab, page: Page) -> None:
    drawn = sorted((PROJECT / "notebooks/pictures").iterdir())
    cells = [new_markdown_cell(f"![A picture](pictures/{file.name})") for file in drawn]  # type: ignore[no-untyped-call]
    notebook = new_notebook(cells=cells, metadata=METADATA)  # type: ignore[no-untyped-call]
    nbformat.write(notebook, jupyterlab.folder / "notebooks/pictures.ipynb")  # type: ignore[no-untyped-call]
    open_notebook(page, jupyterlab, "pictures.ipynb")
    page.wait_for_function(SEEN, arg=len(drawn))


@pytest.mark.skipif("SCREENSHOTS" not in os.environ, reason="SCREENSHOTS names no folder")
@pytest.mark.timeout(180)
def test_a_picture_of_the_first_lesson(jupyterlab: JupyterLab, page: Page) -> None:
    """The first figure, and above it what was run; nothing of JupyterLab around it.

    Alone and unfolded: JupyterLab draws neither what is folded nor what is far from the window. A
    cell above them is the selected one, and is left out.
    """
    lesson = nbformat.read(LESSON, as_version=4)  # type: ignore[no-untyped-call]
    lesson.cells = [new_markdown_cell("Selected."), *shown_cells()]  # type: ignore[no-untyped-call]
    for cell in lesson.cells:
        for folded in FOLDED:
            cell.metadata.pop(folded, None)
    nbformat.write(lesson, jupyterlab.folder / "notebooks" / LESSON.name)  # type: ignore[no-untyped-call]
    page.set_viewport_size({"width": 1400, "height": 960})
    open_notebook(page, jupyterlab, LESSON.name)
    page.locator(".jp-RenderedHTML img").wait_for()
    page.wait_for_timeout(500)  # a picture: nothing depends on it
    top = page.locator(".jp-Cell").nth(1).bounding_box()
    bottom = page.locator(".jp-Cell").last.bounding_box()
    assert top
    assert bottom
    top["y"] += 2  # the frame of the cell above
    top["height"] = bottom["y"] + bottom["height"] - top["y"]
    picture = page.screenshot(clip=top)
    keep(picture, Path(os.environ["SCREENSHOTS"]), "notebook.png")
