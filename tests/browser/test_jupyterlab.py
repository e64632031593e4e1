"""Every notebook in JupyterLab, in a real browser, as a reader meets it."""

import shutil
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Page, expect
from tests.browser.conftest import JupyterLab, Read, Seen, open_notebook
from tests.support import THOROUGH

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
ON_CALL = next(notebook for notebook in NOTEBOOKS if notebook.name.startswith("09"))

pytestmark = [THOROUGH, pytest.mark.timeout(300)]


def changes(seen: Seen, source: Path) -> list[str]:
    """Say whether git would show a change when somebody has opened the notebook and saved it."""
    same = seen.opened_and_saved == source.read_bytes()
    return [] if same else ["to open and to save it changes its file"]


def problems(seen: Seen) -> list[str]:
    """Say what a reader would stumble over; nothing, when all is well."""
    found = [f"a barrier: {barrier}" for barrier in seen.barriers]
    cells = [cell for cell in seen.notebook.cells if cell.cell_type == "code"]
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
    if images != seen.images:
        found.append(f"{images} figures were saved, {seen.images} are on the page")
    return found


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_saving_changes_nothing_and_every_cell_runs_and_everybody_can_read_it(
    read: Read, notebook: Path
) -> None:
    """One opening for all: that takes longer than most questions."""
    seen = read(notebook)
    assert changes(seen, notebook) + problems(seen) == []


def test_what_fails_or_cannot_be_read_is_noticed(read: Read, tmp_path: Path) -> None:
    figure = "import matplotlib.pyplot as plt\nplt.plot([1, 2, 3]);"
    meant = new_code_cell("raise ValueError('meant')", metadata={"tags": ["raises-exception"]})
    ink = "from IPython.display import HTML\nHTML('<p style=\"color: #222\">Ink</p>')"
    sources = [figure, ink, "1 / 0", "'not run'"]
    cells = [meant, *(new_code_cell(source) for source in sources)]
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    planted = tmp_path / "planted.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata=python), planted)
    seen = read(planted)
    assert changes(seen, planted)  # JupyterLab adds the language that the kernel has told
    assert seen.images == 1
    *found, counts, failed = problems(seen)
    assert counts == "not every cell ran once, in order: [1, 2, 3, 4, None]"
    assert failed == "cell 4 failed: ZeroDivisionError: division by zero"
    for barrier in [
        "image-alt: <img src=",
        'color-contrast: <span class="ansi-red-fg">ValueError</span>',  # as IPython shows it
        'color-contrast: <p style="color: #222">Ink</p>',  # in the dark theme
    ]:
        assert any(each.startswith(f"a barrier: {barrier}") for each in found), (barrier, found)


def test_a_link_from_a_lesson_leads_to_the_card_in_the_runbook(
    jupyterlab: JupyterLab, page: Page
) -> None:
    shutil.copy(ON_CALL, jupyterlab.folder / "notebooks")
    open_notebook(page, jupyterlab, ON_CALL.name)
    page.get_by_role("link", name="The line only rises").click()
    card, first = (page.get_by_role("heading", name=name) for name in ["The line only", "First,"])
    expect(card).to_be_in_viewport()
    expect(first).not_to_be_in_viewport()


def test_a_figure_that_is_not_on_the_page_is_noticed() -> None:
    picture = nbformat.v4.new_output("display_data", data={"text/html": '<img alt="a" src="b"/>'})
    cell = new_code_cell("figure()", execution_count=1, outputs=[picture])
    assert problems(Seen(b"", new_notebook(cells=[cell]), images=0, barriers=[])) == [
        "1 figures were saved, 0 are on the page"
    ]
