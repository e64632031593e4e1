"""One exercise of each lesson in JupyterLab: wrong on purpose, a hint, right, a restart."""

import os
import shutil
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from playwright.sync_api import Locator, Page
from tests.browser.conftest import JupyterLab, choose, open_notebook
from tests.exercises.wrong_answers import wrong_answers
from tests.support import THOROUGH

from exercises import catalogue

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
TRIED = [
    "start.report",
    "health.is_healthy",
    "queue.drain",
    "cache.remember",
    "pubsub.announce",
    "pipeline.due",
    "lab.once",
    "outage.push",
    "outside.age",
]
OWN_SERVER = "lab", "outage", "outside"
IDLE = '.jp-Notebook-ExecutionIndicator[data-status="idle"]'

pytestmark = [THOROUGH, pytest.mark.timeout(120)]


class Desk:
    """A notebook that is open in JupyterLab."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def cell(self, holding: str) -> Locator:
        """Return the code cell that holds this text now, whatever it will hold later."""
        cells = self.page.locator(".jp-CodeCell")
        texts = cells.locator(".cm-content").all_inner_texts()
        return cells.nth(next(n for n, text in enumerate(texts) if holding in text))

    def run(self, cell: Locator, code: str | None = None) -> str:
        """Run a cell, with other code if that is given; return what it shows."""
        number = cell.locator(".jp-InputPrompt").text_content()
        cell.locator(".cm-content").click()
        if code:
            self.page.keyboard.press("Control+a")
            self.page.keyboard.insert_text(code.strip())
        self.page.keyboard.press("Control+Enter")
        handle = cell.element_handle()
        self.page.wait_for_function(
            """([cell, before]) => {
                const prompt = cell.querySelector('.jp-InputPrompt').textContent;
                return prompt !== before && /[0-9]/.test(prompt);
            }""",
            arg=[handle, number],
        )
        return cell.locator(".jp-OutputArea").text_content() or ""

    def picture(self, name: str) -> None:
        if folder := os.environ.get("SCREENSHOTS"):
            self.page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.mark.parametrize("name", TRIED)
def test_wrong_then_a_hint_then_right_then_a_restart(
    jupyterlab: JupyterLab, page: Page, tmp_path: Path, name: str
) -> None:
    exercise = catalogue.find(name)
    stem = catalogue.LESSONS[name.partition(".")[0]]
    copy = jupyterlab.folder / "notebooks" / f"{stem}.ipynb"
    shutil.copy(NOTEBOOKS / copy.name, copy)
    notebook = nbformat.read(copy, as_version=4)
    # The reader of this test keeps progress in a folder of the test, in CI too.
    own = {"XDG_STATE_HOME": str(tmp_path), "COURSE_PROGRESS": "", "CI": ""}
    notebook.cells.insert(0, new_code_cell(f"import os\n\nos.environ |= {own!r}"))
    nbformat.write(notebook, copy)

    open_notebook(page, jupyterlab, copy.name)
    desk = Desk(page)
    lesson = name.partition(".")[0]
    first = desk.cell("XDG_STATE_HOME")
    connect = desk.cell("failure_lab.open(" if lesson in OWN_SERVER else "course.start()")
    # Lesson 05 needs so many imports that they have a cell of their own.
    imports = [desk.cell("import exercises")] if lesson == "pipeline" else []
    stub = desk.cell(exercise.stub.splitlines()[0])
    check, helping = desk.cell(f'exercises.check("{name}"'), desk.cell(f'exercises.hint("{name}")')
    progress = desk.cell(f'exercises.progress("{lesson}")')

    desk.run(first)
    assert "Redis: " in desk.run(connect)
    for cell in imports:
        desk.run(cell)
    desk.run(stub)
    assert "Not attempted." in desk.run(check)
    desk.run(stub, wrong_answers(name)[0].code)
    assert "Not yet." in desk.run(check)
    assert "Hint 1 of 3" in desk.run(helping, f'exercises.hint("{name}")')
    check.scroll_into_view_if_needed()
    desk.picture(f"{name}-wrong")
    assert exercise.solution.splitlines()[0] in desk.run(helping, f'exercises.solution("{name}")')
    desk.run(stub, exercise.solution)
    assert "Right. In production: " in desk.run(check)
    desk.picture(f"{name}-right")

    choose(page, "Kernel", "Restart Kernel and Clear Outputs of All Cells…")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    page.wait_for_selector(IDLE)
    desk.run(first)
    for cell in (connect, *imports):
        desk.run(cell)
    shown = desk.run(progress)
    assert f"{lesson}: 1 of " in shown
    desk.picture(f"{name}-progress")
