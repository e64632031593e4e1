"""To open a lesson and to save it changes nothing in the file: git has nothing to say."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page
from tests.browser.conftest import JupyterLab, choose, open_notebook

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))

pytestmark = pytest.mark.timeout(400)


@pytest.mark.parametrize("lesson", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_lesson_that_is_opened_and_saved_is_the_same_file(
    jupyterlab: JupyterLab, page: Page, lesson: Path
) -> None:
    page.set_default_timeout(120_000)
    copy = jupyterlab.folder / "notebooks" / lesson.name
    shutil.copy(lesson, copy)
    opened = copy.stat().st_mtime_ns
    open_notebook(page, jupyterlab, lesson.name)
    # The kernel has said which Python it is, so the notebook counts as changed.
    page.wait_for_selector(".jp-mod-current.jp-mod-dirty", state="attached")
    choose(page, "File", "Save Notebook")
    deadline = time.monotonic() + 120
    while copy.stat().st_mtime_ns == opened:
        assert time.monotonic() < deadline, "JupyterLab has not saved it"
        page.wait_for_timeout(50)
    page.wait_for_selector(".jp-mod-current:not(.jp-mod-dirty)", state="attached")
    assert copy.read_bytes() == lesson.read_bytes()
