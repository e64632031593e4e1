"""The dashboard of a notebook, for a browser that reaches Jupyter's server, or a hub, and no more.

With SCREENSHOTS=<folder> in the environment, a picture of the notebook is kept there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Page, Route, expect
from tests.browser.conftest import JupyterLab, open_notebook, run_all
from tests.hub.running import needs_hub, running_hub
from tests.support import THOROUGH

pytestmark = pytest.mark.timeout(600)  # a hub, and a kernel, are slow to start on a busy machine

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
def in_jupyter(jupyterlab: JupyterLab, page: Page) -> tuple[JupyterLab, Page]:
    """One reader's JupyterLab."""
    return jupyterlab, page


@pytest.fixture
def in_hub(browser: Browser, chromium: str, tmp_path: Path) -> Iterator[tuple[JupyterLab, Page]]:
    """A learner's JupyterLab in a hub that has a name, as it has behind a web server."""
    rules = "--host-resolver-rules=MAP hub.example.org 127.0.0.1"
    with (
        running_hub(tmp_path, ALLOWED_HOSTS="hub.example.org") as hub,
        browser.browser_type.launch(executable_path=chromium, args=[rules]) as far_away,
        far_away.new_page() as page,
    ):
        hub.add("ada")
        url = hub.url.replace("127.0.0.1", "hub.example.org")
        page.set_default_timeout(300_000)
        page.goto(f"{url}/hub/login")
        page.fill("#username_input", "ada")
        page.fill("#password_input", hub.password("learners"))
        page.click("#login_submit")
        page.wait_for_url("**/lab/tree/notebooks/00_start_here.ipynb")
        page.goto("about:blank")
        yield JupyterLab(f"{url}/user/ada", "", hub.home("ada") / "course"), page


@pytest.fixture(
    params=[
        pytest.param("in_jupyter", marks=THOROUGH),
        pytest.param("in_hub", marks=needs_hub),
    ]
)
def notebook(request: pytest.FixtureRequest) -> Iterator[Page]:
    """A notebook with the dashboard in a frame; its cells have run."""
    jupyterlab, page = request.getfixturevalue(request.param)
    root = jupyterlab.url.partition("/user/")[0]

    def as_from_another_machine(route: Route) -> None:
        if route.request.url.startswith(root):
            route.continue_()
        else:
            route.abort("connectionrefused")

    page.context.route("http://**", as_from_another_machine)
    cells = [new_code_cell(each.strip()) for each in CELLS]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}}
    file = jupyterlab.folder / "notebooks/dashboard.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata=kernel), file)
    open_notebook(page, jupyterlab, file.name)
    run_all(page)
    yield page
    page.context.unroute_all()  # the reader's browser serves other tests, too


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
