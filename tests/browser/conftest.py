"""JupyterLab, Chromium, and a reader who opens a lesson, saves it and runs all its cells.

One JupyterLab and one browser serve all tests here that a worker takes one after the other: this
folder is a package, and they end with it. Before a test of another folder they have to: the event
loop of Playwright would be in the way of every other.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import nbformat
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    Page,
    TimeoutError,
    expect,
    sync_playwright,
)
from tests.browser.barriers import barriers
from tests.support import wait_until

expect.set_options(timeout=20_000)  # milliseconds: on a busy machine a page may be slow

PROJECT = Path(__file__).parents[2]
LAB = "import tests.quick_start, jupyterlab.labapp as lab; lab.main()"
# What JupyterLab is told: keep every cell in the page, also those off screen; ask nothing.
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none", "scrollPastEnd": False},
    "apputils-extension/notification": {"fetchNews": "false"},
    "apputils-extension/themes": {"adaptive-theme": True},  # dark where the browser asks for it
}
# All cells were asked to run: none waits (*), and the first one is not as it was ( ). While one
# runs, this is asked again and again: then the first two lines are all, and cost next to nothing.
ALL_CELLS_ENDED = """() => {
    const status = document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status;
    if (status !== 'idle') return false;
    const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')]
        .map(prompt => prompt.textContent.trim());
    return /\\d/.test(prompts[0]) && !prompts.some(prompt => prompt.includes('*'));
}"""
# Without asking whether to save: what a test wanted saved, it has saved.
CLOSE_ALL = "() => [...window.jupyterapp.shell.widgets('main')].forEach(each => each.dispose())"
# It answers nothing: JupyterLab's whole tree of widgets would be sent, 2 s of computing each time.
OPEN = "async path => { await window.jupyterapp.commands.execute('docmanager:open', { path }) }"
BROKEN_IMAGES = """() => [...document.querySelectorAll('.jp-Cell img')]
    .filter(image => image.complete && image.naturalWidth === 0)
    .map(image => `not loaded: ${image.getAttribute('alt')}`)"""
# The code is not looked at. Yet axe would walk over each word of it, which takes half of its time.
LEAVE_OUT_CODE = """() => document.querySelectorAll('.jp-CodeCell .cm-editor')
    .forEach(editor => editor.remove())"""
LOADED_IMAGES = """() => [...document.querySelectorAll('.jp-OutputArea-output img')]
    .filter(image => image.complete && image.naturalWidth > 0).length"""
OF_THE_COURSE = ".jp-RenderedMarkdown, .jp-OutputArea-output"
"""What on the page is ours: the texts and the outputs, and not the editor around them."""
NOT_OURS = {"link-in-text-block": {"enabled": False}}
"""JupyterLab underlines a link only when the mouse is on it."""
HAS_THEME = """theme => {
    const ground = getComputedStyle(document.querySelector('.jp-Notebook')).backgroundColor;
    return (ground.match(/\\d+/g)[0] < 128) === (theme === 'dark');
}"""
SCROLL_TO_TOP = """() => {
    const notebook = document.querySelector('.jp-WindowedPanel-outer');
    notebook.scrollTop = 0;
    return notebook.scrollHeight;
}"""


@dataclass(frozen=True)
class JupyterLab:
    """A running JupyterLab: its address, its token, and the folder that it serves."""

    url: str
    token: str
    folder: Path


@dataclass(frozen=True)
class Seen:
    """What there is of a notebook when all its cells have run."""

    opened_and_saved: bytes
    """Its file, when it was opened and saved before anything ran."""
    notebook: nbformat.NotebookNode
    """As JupyterLab saved it in the end."""
    images: int
    """How many figures are on the page."""
    barriers: list[str]
    """What keeps somebody from reading it, in the light or the dark theme."""


Read = Callable[[Path], Seen]
"""From a notebook's file to what is seen of it."""


@pytest.fixture(scope="package")
def chromium() -> str:
    for name in ["chromium", "chromium-browser", "google-chrome"]:
        if path := shutil.which(name):
            return path
    missing = (
        "no chromium, chromium-browser or google-chrome on PATH (Debian: apt install chromium)"
    )
    if os.environ.get("CI"):
        pytest.fail(f"CI tries the notebooks in a browser, but there is {missing}")
    pytest.skip(missing)


@pytest.fixture(scope="package")
def jupyterlab(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterLab]:
    """Serve the project with an empty notebooks folder; nothing of the user's settings is read."""
    home = tmp_path_factory.mktemp("jupyter")
    folder = tmp_path_factory.mktemp("course")
    for entry in PROJECT.iterdir():  # a lesson may show a file of the project
        if entry.name not in ("notebooks", "docs"):
            (folder / entry.name).symlink_to(entry)
    (folder / "notebooks").mkdir()
    for pictures in ["notebooks/pictures", "docs"]:  # Jupyter's server follows no link to one
        shutil.copytree(PROJECT / pictures, folder / pictures)
    for name, settings in SETTINGS.items():
        file = home / "settings/@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings))
    own = {
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
    }
    log = home / "log"
    command = [sys.executable, "-c", LAB, "--no-browser", "--port=0", "--allow-root"]
    command += ["--LabApp.expose_app_in_browser=True"]  # for `open_notebook`
    as_in_make_lab = [
        f"--config={PROJECT}/scripts/jupyter_lab_config.py",
        f"--ServerApp.root_dir={folder}",
    ]
    with log.open("w") as output:
        server = subprocess.Popen(
            [*command, "--ServerApp.ip=127.0.0.1", *as_in_make_lab],
            cwd=PROJECT,
            env=os.environ | {name: str(path) for name, path in own.items()},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    deadline = time.monotonic() + 90
    while not (
        address := re.search(r"(http://127\.0\.0\.1:\d+)/\S*\?token=(\w+)", log.read_text())
    ):
        assert server.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    yield JupyterLab(address[1], address[2], folder)
    server.terminate()
    server.wait(60)


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        yield browser
        browser.close()


def open_notebook(page: Page, jupyterlab: JupyterLab, name: str) -> None:
    """Open a notebook, alone, and wait for its kernel.

    JupyterLab is loaded once for a page: that costs several times as much as to open a notebook.
    """
    if page.url.startswith(jupyterlab.url):
        page.evaluate(OPEN, f"notebooks/{name}")
    else:
        page.goto(f"{jupyterlab.url}/lab/tree/notebooks/{name}?reset")
    # Idle is not enough: while the kernel starts, a menu's command would ask which one to use.
    page.wait_for_selector('.jp-Toolbar-kernelName:has-text("Python 3")')
    page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]')


def show_all(page: Page) -> None:
    """Have a window as high as the notebook: axe passes over what has to be scrolled to.

    And a body that is not empty: JupyterLab takes all out of it, and axe takes that for hidden.
    """
    page.add_style_tag(content="body { height: 100vh }")
    height = page.evaluate(SCROLL_TO_TOP)
    page.set_viewport_size({"width": 1280, "height": height + 150})
    page.evaluate(SCROLL_TO_TOP)


def have_theme(page: Page, theme: Literal["dark", "light"]) -> None:
    """Have a theme, as a reader whose system is dark, or light.

    While JupyterLab changes it, a splash lies over the page: to axe, all below it is unseen.
    """
    page.emulate_media(color_scheme=theme)
    page.wait_for_function(HAS_THEME, arg=theme, polling=100, timeout=60_000)
    page.wait_for_selector("#jupyterlab-splash", state="detached")


def choose(page: Page, menu: str, entry: str) -> None:
    """Choose an entry of the menu bar."""
    page.locator(".lm-MenuBar-itemLabel", has_text=re.compile(f"^{menu}$")).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{entry}$")).click()


@pytest.fixture(scope="package")
def lab(jupyterlab: JupyterLab, browser: Browser) -> Iterator[BrowserContext]:
    """The browser of the lab's reader: it has the token, and a page."""
    headers = {"Authorization": f"token {jupyterlab.token}"}
    with browser.new_context(extra_http_headers=headers) as context:
        context.new_page()
        yield context


@pytest.fixture
def page(jupyterlab: JupyterLab, lab: BrowserContext) -> Iterator[Page]:
    """The page of the lab's reader; what a test has opened there, and its kernels, end with it."""
    page = lab.pages[0]
    page.set_default_timeout(60_000)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")  # while nothing is open: that is quickest
    yield page
    try:
        page.evaluate(CLOSE_ALL)
        assert not page.locator(".jp-Dialog").count()
    except (Error, AssertionError):  # a test that failed has left it so
        page.close()
        lab.new_page()
    sessions = f"{jupyterlab.url}/api/sessions"
    for session in lab.request.get(sessions).json():
        lab.request.delete(f"{sessions}/{session['id']}")


def save(page: Page, file: Path) -> bytes:
    """Save the notebook that is open, and return its file when JupyterLab has written it."""
    before = file.stat().st_mtime_ns
    choose(page, "File", "Save Notebook")
    written = f"JupyterLab saves {file.name}"
    wait_until(lambda: file.stat().st_mtime_ns != before, written, within=60)
    page.wait_for_selector(".jp-mod-current:not(.jp-mod-dirty)", state="attached")
    return file.read_bytes()


def run_all(page: Page) -> None:
    """Run all cells of the notebook that is open, as if none had run, and wait for their end."""
    choose(page, "Edit", "Clear Outputs of All Cells")
    choose(page, "Run", "Run All Cells")
    try:
        page.wait_for_function(ALL_CELLS_ENDED, polling=100, timeout=120_000)
    except TimeoutError:
        seen = page.locator(".jp-CodeCell .jp-InputPrompt, .jp-Dialog").all_text_contents()
        pytest.fail(f"not ended after 120 s; prompts and dialogues: {seen}")


@pytest.fixture
def read(jupyterlab: JupyterLab, page: Page) -> Read:
    """Return a reader: opens a copy of a notebook, saves it, runs all cells, looks, saves it again.

    With SCREENSHOTS=<folder> in the environment, the whole page is kept there as a picture.
    """

    def read(source: Path) -> Seen:
        copy = jupyterlab.folder / "notebooks" / source.name
        shutil.copy(source, copy)
        open_notebook(page, jupyterlab, source.name)
        # The kernel has said which Python it is, so the notebook counts as changed.
        page.wait_for_selector(".jp-mod-current.jp-mod-dirty", state="attached")
        opened_and_saved = save(page, copy)
        have_theme(page, "light")
        run_all(page)
        images = page.evaluate(LOADED_IMAGES)
        if folder := os.environ.get("SCREENSHOTS"):
            show_all(page)
            page.screenshot(path=Path(folder) / f"{source.stem}.png")
        page.evaluate(LEAVE_OUT_CODE)
        show_all(page)
        found = page.evaluate(BROKEN_IMAGES)
        found += barriers(page, within=OF_THE_COURSE, rules=NOT_OURS, iframes=False)
        have_theme(page, "dark")
        found += barriers(page, within=OF_THE_COURSE, runOnly=["color-contrast"], iframes=False)
        save(page, copy)
        return Seen(opened_and_saved, nbformat.read(copy, as_version=4), images, found)

    return read
