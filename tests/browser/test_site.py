"""The site (`make site`) in a real browser: every page, light, dark, and as wide as a phone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect
from tests.browser.barriers import barriers

SITE = Path(__file__).parents[2] / "build" / "site"
PAGES = sorted(
    name
    for page in SITE.rglob("*.html")
    if not (name := str(page.relative_to(SITE))).startswith(("_static", "README"))  # as index.html
)
PHONE = {"width": 390, "height": 844}
# The colours of code are looked at once. Elsewhere it has none: axe would walk over each word.
UNCOLOUR_CODE = """() => {
    document.querySelectorAll("pre span").forEach(word => word.replaceWith(...word.childNodes));
    document.normalize();
}"""
NO_COLOURS = {"color-contrast": {"enabled": False}}
DESK = {"width": 1280, "height": 900}
TOO_WIDE = """() => [...document.querySelectorAll("html, .bd-article-container")]
    .some(part => part.scrollWidth > part.clientWidth)"""

pytestmark = [
    pytest.mark.skipif(not PAGES, reason="the site is not built: `make site` builds it"),
    pytest.mark.timeout(180),  # axe looks at each page thrice, and six pages share two cores
]


class Quiet(SimpleHTTPRequestHandler):
    """Serve files, and say nothing."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of a web server that has the site."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=SITE)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One reader, whose browser keeps what all pages share. No colour changes slowly."""
    with browser.new_context(bypass_csp=True, reduced_motion="reduce") as context:
        yield context


@pytest.fixture
def tab(context: BrowserContext) -> Iterator[Page]:
    with context.new_page() as page:
        page.set_viewport_size(PHONE)
        yield page


def darken(tab: Page) -> None:
    tab.emulate_media(color_scheme="dark")
    expect(tab.locator("html")).to_have_attribute("data-theme", "dark")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_everybody_and_asks_nobody_else(site: str, tab: Page, name: str) -> None:
    """One load for all questions, since loading takes a browser longest."""
    elsewhere: list[str] = []
    errors: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((site, "data:", "blob:")):
            elsewhere.append(request.url)

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(f"{message.text} ({message.location['url']})")

    tab.on("request", note)
    tab.on("console", hear)
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto(f"{site}/{name}")

    assert not tab.evaluate(TOO_WIDE), "a phone has to scroll sideways"
    tab.evaluate(UNCOLOUR_CODE)
    assert barriers(tab, rules=NO_COLOURS) == [], "phone"
    tab.set_viewport_size(DESK)
    assert barriers(tab) == [], "light"
    darken(tab)
    assert barriers(tab, runOnly=["color-contrast"]) == [], "dark"
    assert (elsewhere, errors) == ([], [])


def test_the_colours_of_code_and_of_errors_can_be_read(site: str, tab: Page) -> None:
    """They are the same on every page: looked at everywhere, they would take minutes."""
    tab.goto(f"{site}/notebooks/00_start_here.html")
    assert barriers(tab, runOnly=["color-contrast"]) == [], "light"
    darken(tab)
    assert barriers(tab, runOnly=["color-contrast"]) == [], "dark"


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("the connection was refused, so nothing listens there", "#the-connection-was-refused"),
        ("Keys of this notebook may be left", "#keys-of-this-notebook"),
        ("WRONGTYPE", ""),
    ],
    ids=["a message of ours", "a message of a lesson", "one word"],
)
def test_a_search_for_a_message_leads_to_troubleshooting(
    site: str, tab: Page, words: str, place: str
) -> None:
    tab.goto(f"{site}/search.html?q={words}")
    first = tab.locator("#search-results li a").first
    expect(first).to_have_attribute("href", re.compile(f"docs/troubleshooting.html{place}"))


LESSON = "notebooks/02_queue.html"
IN_THE_HUB = "https://hub.example.org/hub/user-redirect/lab/tree/notebooks/02_queue.ipynb"
BUTTON = "I have done this lesson"


@pytest.fixture
def reader(site: str, tab: Page) -> Page:
    """A tab on a lesson, of a reader who has marked nothing yet."""
    tab.goto(f"{site}/{LESSON}")
    tab.evaluate("localStorage.clear()")
    return tab


def mark(reader: Page) -> None:
    """Say that the lesson on the page is done, or take it back, with the keyboard."""
    reader.get_by_role("button", name=BUTTON).press("Space")


def test_a_lesson_that_is_done_is_marked_on_the_map_until_it_is_taken_back(
    site: str, reader: Page
) -> None:
    reader.set_viewport_size(DESK)
    mark(reader)
    reader.goto(f"{site}/site/map.html")
    for place in ["table", "nav"]:
        expect(reader.locator(f"{place} a.done")).to_have_accessible_name("02 Queue (done)")
    reader.go_back()
    mark(reader)
    reader.go_forward()
    expect(reader.locator("a.done")).to_have_count(0)


def test_a_mark_outlives_the_page_also_without_a_web_server(tab: Page) -> None:
    button = tab.get_by_role("button", name=BUTTON)
    tab.goto(f"{SITE.as_uri()}/{LESSON}")
    expect(button).to_have_attribute("aria-pressed", "false")
    mark(tab)
    tab.reload()
    expect(button).to_have_attribute("aria-pressed", "true")


def test_a_mark_shows_in_the_other_tabs(reader: Page) -> None:
    with reader.context.new_page() as other:
        other.goto(reader.url)
        mark(reader)
        expect(other.get_by_role("button", name=BUTTON)).to_have_attribute("aria-pressed", "true")


def test_a_mark_can_be_seen_in_the_light_and_in_the_dark(reader: Page) -> None:
    mark(reader)
    assert barriers(reader, within="#done") == [], "light"
    darken(reader)
    assert barriers(reader, within="#done") == [], "dark"


def test_what_is_folded_is_called_what_it_says(reader: Page) -> None:
    fold = reader.locator("summary", has_text="Show the output").first
    expect(fold).to_have_accessible_name("Show the output")


def test_without_scripts_no_lesson_can_be_marked(site: str, tab: Page) -> None:
    chromium = tab.context.new_cdp_session(tab)
    chromium.send("Emulation.setScriptExecutionDisabled", {"value": True})
    tab.goto(f"{site}/{LESSON}")
    expect(tab.get_by_text(BUTTON)).to_be_hidden()


def test_a_reference_is_never_done(site: str, tab: Page) -> None:
    tab.goto(f"{site}/notebooks/reference_redis_client.html")
    expect(tab.get_by_text(BUTTON)).to_be_hidden()


def test_a_lesson_leads_to_the_hub_that_the_build_was_told_of(tmp_path: Path) -> None:
    """Built with this one lesson, which takes seconds."""
    name = LESSON.removesuffix(".html")
    only = ["-D", f"root_doc={name}", "-D", f"include_patterns={name}.ipynb"]
    command = [sys.executable, "-m", "sphinx", "-Q", "-c", "site", *only, ".", tmp_path]
    hub = {"HUB": "https://hub.example.org/"}
    subprocess.run(command, cwd=SITE.parents[1], env=os.environ | hub, check=True)
    assert f'href="{IN_THE_HUB}"' in (tmp_path / LESSON).read_text(encoding="utf-8")


def test_where_the_build_was_told_of_no_hub_no_lesson_leads_to_one() -> None:
    assert "user-redirect" not in (SITE / LESSON).read_text(encoding="utf-8")
