"""The first picture of the README, taken anew by `make pictures`."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.browser.conftest import JupyterLab, open_notebook

LESSON = Path(__file__).parents[2] / "notebooks/00_start_here.ipynb"
FIGURE_TO_THE_BOTTOM = "image => image.scrollIntoView({block: 'end'})"


@pytest.mark.skipif("SCREENSHOTS" not in os.environ, reason="SCREENSHOTS names no folder")
@pytest.mark.timeout(180)
def test_a_picture_of_the_first_lesson(jupyterlab: JupyterLab, browser: Browser) -> None:
    """The first figure, and above it what was run; nothing of JupyterLab around it."""
    shutil.copy(LESSON, jupyterlab.folder / "notebooks")
    page = browser.new_page(
        viewport={"width": 1400, "height": 960},
        extra_http_headers={"Authorization": f"token {jupyterlab.token}"},
    )
    page.set_default_timeout(60_000)
    open_notebook(page, jupyterlab, LESSON.name)
    page.locator(".jp-RenderedImage img").first.evaluate(FIGURE_TO_THE_BOTTOM)
    page.wait_for_timeout(500)  # a picture: nothing depends on it
    page.locator(".jp-WindowedPanel-outer").screenshot(
        path=Path(os.environ["SCREENSHOTS"]) / "notebook.png"
    )
    page.close()
