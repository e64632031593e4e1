"""The dashboard of a notebook, for a browser that reaches Jupyter's server and nothing else.

With SCREENSHOTS=<folder> in the environment, a picture of the notebook is kept there.
"""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Page, Route, expect
from tests.browser.conftest import ALL_CELLS_ENDED, JupyterLab, choose, open_notebook

pytestmark = pytest.mark.timeout(240)  # a kernel is slow to start on a busy machine

CELLS = [
    """
import course
from backend.api.app import create_app
from backend.api.serve import serve
from backend.core.redis import RedisClient
from course.frame import framed

redis_server = course.start()
client = RedisClient(redis_server.url, namespace=redis_server.namespace)
await client.connect()
web = serve(create_app(client))
url = await web.__aenter__()
framed(url, name="the dashboard", height=340)
""",
    """
from backend.services.event_broadcaster import publish_event

seen = {"camera_id": "garden", "risk_score": 4, "risk_level": "low", "summary": "A cat."}
_ = await publish_event(client, seen | {"batch_id": "1", "started_at": "2026-01-15T22:00:00Z"})
""",
]


@pytest.fixture
def notebook(jupyterlab: JupyterLab, page: Page) -> Page:
    """A notebook with the dashboard in a frame; its cells have run."""

    def as_from_another_machine(route: Route) -> None:
        if route.request.url.startswith(jupyterlab.url):
            route.continue_()
        else:
            route.abort("connectionrefused")

    page.context.route("http://**", as_from_another_machine)
    cells = [new_code_cell(each.strip()) for each in CELLS]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}}
    file = jupyterlab.folder / "notebooks/dashboard.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata=kernel), file)
    open_notebook(page, jupyterlab, file.name)
    choose(page, "Run", "Run All Cells")
    page.wait_for_function(ALL_CELLS_ENDED, timeout=120_000)
    return page


def test_the_dashboard_is_live_in_its_frame_and_in_a_tab(notebook: Page) -> None:
    frame = notebook.frame_locator('iframe[title="the dashboard"]')
    expect(frame.get_by_text("Live", exact=True)).to_be_visible()  # its WebSocket is open
    expect(frame.get_by_text("A cat.")).to_be_visible()
    if folder := os.environ.get("SCREENSHOTS"):
        notebook.screenshot(path=Path(folder) / "from_another_machine.png")

    with notebook.context.expect_page() as opened:
        notebook.get_by_role("link", name="Open the dashboard in a tab").click()
    tab = opened.value
    expect(tab.get_by_text("Live", exact=True)).to_be_visible()
    expect(tab.get_by_text("A cat.")).to_be_visible()
    assert "/proxy/" in tab.url
    tab.close()
