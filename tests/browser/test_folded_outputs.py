"""A folded output in JupyterLab: it hides the answer to a question until the reader wants it."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from playwright.sync_api import Browser
from tests.browser.conftest import JupyterLab
from tests.notebooks.rerun import FOLDED, METADATA

pytestmark = pytest.mark.timeout(300)


def test_a_folded_output_shows_nothing_of_itself(jupyterlab: JupyterLab, browser: Browser) -> None:
    answer = new_output("stream", text="forty-two\n")
    cell = new_code_cell("print('forty-two')", outputs=[answer], execution_count=1, metadata=FOLDED)
    path = jupyterlab.folder / "notebooks" / "folded.ipynb"
    nbformat.write(new_notebook(cells=[cell], metadata=METADATA), path)

    page = browser.new_page(extra_http_headers={"Authorization": f"token {jupyterlab.token}"})
    page.set_default_timeout(90_000)
    page.goto(f"{jupyterlab.url}/lab/tree/notebooks/{path.name}?reset")
    folded = page.locator(".jp-OutputPlaceholder")
    folded.wait_for(timeout=90_000)
    assert folded.inner_text().strip() == ""
    folded.click()
    page.locator(".jp-OutputArea-output", has_text="forty-two").wait_for(timeout=60_000)
    sessions = f"{jupyterlab.url}/api/sessions"
    for session in page.request.get(sessions).json():
        page.request.delete(f"{sessions}/{session['id']}")
    page.close()
