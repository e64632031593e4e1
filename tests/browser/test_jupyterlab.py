"""Every notebook in JupyterLab, in a real browser, as a reader meets it."""

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

# The fixture `read` of conftest.py.
Read = Callable[[Path], tuple[nbformat.NotebookNode, int]]
NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))

pytestmark = pytest.mark.timeout(180)


def problems(notebook: nbformat.NotebookNode, images_on_page: int) -> list[str]:
    """Say what a reader would stumble over; nothing, when all is well."""
    found = []
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    counts = [cell.execution_count for cell in cells]
    if counts != list(range(1, len(cells) + 1)):
        found.append(f"not every cell ran once, in order: {counts}")
    for number, cell in enumerate(cells, start=1):
        meant = "raises-exception" in cell.metadata.get("tags", [])
        for output in cell.outputs:
            if output.output_type == "error" and not meant:
                found.append(f"cell {number} failed: {output.ename}: {output.evalue}")
    shown = [output.get("data", {}) for cell in cells for output in cell.outputs]
    images = sum("image/png" in each or "<img " in each.get("text/html", "") for each in shown)
    if images != images_on_page:
        found.append(f"{images} figures were saved, {images_on_page} are on the page")
    return found


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_cell_runs_and_every_figure_is_seen(read: Read, notebook: Path) -> None:
    assert problems(*read(notebook)) == []


def test_a_cell_that_fails_is_noticed(read: Read, tmp_path: Path) -> None:
    figure = "import matplotlib.pyplot as plt\nplt.plot([1, 2, 3]);"
    meant = new_code_cell("raise ValueError('meant')", metadata={"tags": ["raises-exception"]})
    cells = [new_code_cell(figure), meant, new_code_cell("1 / 0"), new_code_cell("'not run'")]
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    planted = tmp_path / "planted.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata=python), planted)
    notebook, images_on_page = read(planted)
    assert images_on_page == 1
    assert problems(notebook, images_on_page) == [
        "not every cell ran once, in order: [1, 2, 3, None]",
        "cell 3 failed: ZeroDivisionError: division by zero",
    ]


def test_a_figure_that_is_not_on_the_page_is_noticed() -> None:
    picture = nbformat.v4.new_output("display_data", data={"text/html": '<img alt="a" src="b"/>'})
    cell = new_code_cell("figure()", execution_count=1, outputs=[picture])
    assert problems(new_notebook(cells=[cell]), images_on_page=0) == [
        "1 figures were saved, 0 are on the page"
    ]
