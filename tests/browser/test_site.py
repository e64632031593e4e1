"""The site (`make site`) in a real browser: every page, light, dark, and as wide as a phone."""

from __future__ import annotations

import re
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
CODE = "pre span"
NO_COLOURS = {"color-contrast": {"enabled": False}}
DESK = {"width": 1280, "height": 900}
TOO_WIDE = """() => [...document.querySelectorAll("html, .bd-article-container")]
    .some(part => part.scrollWidth > part.clientWidth)"""

pytestmark = pytest.mark.skipif(not PAGES, reason="the site is not built: `make site` builds it")


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
    assert barriers(tab, without=CODE, rules=NO_COLOURS) == [], "phone"
    tab.set_viewport_size(DESK)
    assert barriers(tab, without=CODE) == [], "light"
    darken(tab)
    assert barriers(tab, without=CODE, runOnly=["color-contrast"]) == [], "dark"
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


@pytest.fixture
def reader(browser: Browser) -> Iterator[Page]:
    """A tab of a reader who has marked nothing yet."""
    with browser.new_context(reduced_motion="reduce") as context, context.new_page() as page:
        yield page


def mark(reader: Page) -> None:
    """Say that the lesson on the page is done, or take it back, with the keyboard."""
    reader.get_by_role("button", name="I have done this lesson").press("Space")


@pytest.mark.parametrize("served", [True, False], ids=["from a web server", "from the disk"])
def test_a_lesson_that_is_done_stays_marked(site: str, reader: Page, served: bool) -> None:
    home = site if served else SITE.as_uri()
    button = reader.get_by_role("button", name="I have done this lesson")
    reader.goto(f"{home}/{LESSON}")
    expect(button).to_have_attribute("aria-pressed", "false")
    mark(reader)
    reader.reload()
    expect(button).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("place", ["table", "nav"])
def test_the_map_shows_what_is_done_until_it_is_taken_back(
    site: str, reader: Page, place: str
) -> None:
    done = reader.locator(f"{place} a.done")
    reader.goto(f"{site}/{LESSON}")
    mark(reader)
    reader.goto(f"{site}/site/map.html")
    expect(done).to_have_accessible_name("02 Queue (done)")  # the only one
    reader.go_back()
    mark(reader)
    reader.go_forward()
    expect(done).to_have_count(0)


def test_a_mark_shows_in_the_other_tabs(site: str, reader: Page) -> None:
    with reader.context.new_page() as other:
        other.goto(f"{site}/site/map.html")
        reader.goto(f"{site}/{LESSON}")
        mark(reader)
        expect(other.locator("table a.done")).to_have_count(1)


def test_what_is_done_can_be_seen_in_every_light(site: str, reader: Page) -> None:
    reader.goto(f"{site}/{LESSON}")
    mark(reader)
    assert barriers(reader, within="#done, nav") == [], "light"
    darken(reader)
    assert barriers(reader, within="#done, nav") == [], "dark"


def test_where_nothing_can_be_kept_there_is_no_button(site: str, browser: Browser) -> None:
    with browser.new_context(java_script_enabled=False) as context, context.new_page() as page:
        page.goto(f"{site}/{LESSON}")
        expect(page.get_by_text("I have done this lesson")).to_be_hidden()


def test_a_reference_is_never_done(site: str, reader: Page) -> None:
    reader.goto(f"{site}/notebooks/reference_redis_client.html")
    expect(reader.get_by_text("I have done this lesson")).to_be_hidden()
