"""The dashboard in a real browser, with the whole pipeline behind it.

With SCREENSHOTS=<folder> in the environment, a picture of the page is kept there.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import re
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.pictures import keep
from tests.support import THOROUGH

from backend.api.app import create_app
from backend.api.serve import serve
from backend.core.redis import RedisClient
from backend.examples.scenes import CAMERAS, background, scene
from backend.services.analyzer import AnalysisWorker
from backend.services.analyzers.rules import RuleAnalyzer
from backend.services.batch_aggregator import BatchAggregator
from backend.services.detector import DetectionWorker
from backend.services.detectors.background import BackgroundDetector
from backend.services.event_broadcaster import EVENT_CHANNEL, EventBroadcaster, publish_event
from backend.services.file_watcher import FileWatcher
from backend.services.stage import Stage
from private_redis import PrivateServer

pytestmark = THOROUGH

EVIL = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'


class House:
    """The pipeline and its web server, in an event loop of their own beside the browser's."""

    def __init__(self, redis_url: str, root: Path) -> None:
        self.root = root
        self._redis_url = redis_url
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run something in the house's loop, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def open(self) -> None:
        self._all = AsyncExitStack()
        enter = self._all.enter_async_context
        self.client = await enter(RedisClient(self._redis_url, timeout=1, attempts=1))
        aggregator = BatchAggregator(self.client, idle=0.1, check_every=0.05)
        detector = BackgroundDetector({camera: background(camera) for camera in CAMERAS})
        self.analyzer = AnalysisWorker(self.client, RuleAnalyzer())
        self.detector = DetectionWorker(self.client, detector, aggregator)
        stages = [
            self.analyzer,
            aggregator,
            self.detector,
            FileWatcher(self.client, self.root, settle=0.05, rescan=0.5),
        ]
        for stage in stages:
            stage._retry_after = 0.1
            await enter(stage)
        self.web = AsyncExitStack()
        await self.open_web()

    async def open_web(self) -> None:
        broadcaster = EventBroadcaster(self.client, overview_every=0.2)
        broadcaster._retry_after = 0.1
        app = create_app(self.client, broadcaster=broadcaster)
        await self.web.enter_async_context(serve(app, port=self.port))

    async def close(self) -> None:
        await self.web.aclose()
        await self._all.aclose()

    async def publish(self, batch_id: str, **fields: Any) -> None:
        event = {
            "batch_id": batch_id,
            "camera_id": "garden",
            "risk_score": 44,
            "risk_level": "medium",
            "summary": f"Event {batch_id}.",
            "started_at": "2026-01-15T10:30:00+00:00",
        }
        await publish_event(self.client, event | fields)

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture
def house(private_server: PrivateServer, tmp_path: Path) -> Iterator[House]:
    house = House(private_server.url, tmp_path / "foscam")
    house.root.mkdir()
    try:
        house.run(house.open())
        yield house
        house.run(house.close())
    finally:
        house.end()


@pytest.fixture
def page(browser: Browser, house: House) -> Iterator[Page]:
    """The dashboard, connected. Errors of its script fail the test."""
    context = browser.new_context(viewport={"width": 1180, "height": 820}, locale="en-GB")
    context.set_default_timeout(10_000)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(house.url)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    yield page
    context.close()
    assert problems == []


def cards(page: Page) -> Any:
    return page.get_by_role("list", name="Events").get_by_role("listitem")


def wait_until_history_is_over(page: Page) -> None:
    """What comes in the first second of a connection counts as history, and is not announced."""
    expect(page.locator("#queues td").first).to_have_text(re.compile("[0-9]"))
    page.wait_for_timeout(1100)


# ---- what it shows ---------------------------------------------------------------------


def test_an_image_in_a_folder_appears_as_a_card(page: Page, house: House) -> None:
    scene("garden", "cat", seed=3).save(house.root)
    card = cards(page).first
    expect(card).to_contain_text("Cat at garden")
    expect(card.get_by_role("heading")).to_contain_text("low risk")
    expect(card).to_have_attribute("data-risk", "low")
    expect(page.get_by_role("heading", name="Events (1 of 1)")).to_be_visible()
    camera = page.get_by_role("list").get_by_role("listitem").filter(has_text="online")
    expect(camera).to_contain_text("garden")


def test_every_risk_has_its_colour_and_its_word(page: Page, house: House) -> None:
    levels = {"low": 5, "medium": 44, "high": 70, "critical": 95}
    for level, score in levels.items():
        house.run(house.publish(level, risk_level=level, risk_score=score))
    expect(cards(page)).to_have_count(4)
    colours = set()
    for level in levels:
        heading = page.locator(f".card[data-risk={level}] h3")
        expect(heading).to_contain_text(f"{level} risk")
        colours.add(heading.evaluate("each => getComputedStyle(each).color"))
    assert len(colours) == 4


def test_the_lengths_of_the_queues_are_shown_and_drawn(page: Page, house: House) -> None:
    for number in range(7):  # nobody takes from the dead-letter queue
        house.run(house.client.add_to_queue("dlq:analysis_queue", {"number": number}))
    row = page.get_by_role("row", name="analysis_queue")
    expect(row.get_by_role("cell").last).to_have_text("7")
    line = page.locator('polyline[data-queue="detection_queue"]')
    expect(line).to_have_attribute("points", re.compile(r"^\S+ \S+"))  # two points at the least
    words = re.compile("detection_queue: 0 waiting now")
    expect(page.get_by_role("img")).to_have_attribute("aria-label", words)


def test_a_queue_of_a_new_stage_is_shown_without_a_word_in_the_page(
    page: Page, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = ("detection_queue", "analysis_queue", "thumbnail_queue")
    monkeypatch.setattr("backend.services.system_status.QUEUES", known)
    house.run(house.client.add_to_queue("thumbnail_queue", {"number": 1}))
    row = page.get_by_role("row", name="thumbnail_queue")
    expect(row.get_by_role("cell").first).to_have_text("1")
    line = page.locator('polyline[data-queue="thumbnail_queue"]')
    expect(line).to_have_attribute("points", re.compile(r"\S"))
    styles = page.locator("polyline").evaluate_all("all => all.map(each => each.className.baseVal)")
    assert len(set(styles)) == 3


def test_events_that_are_sent_twice_are_shown_once(page: Page, house: House) -> None:
    for _ in range(2):
        house.run(house.publish("a1"))
        house.run(
            house.client.publish(EVENT_CHANNEL, {"type": "event", "data": {"batch_id": "a1"}})
        )
    house.run(house.publish("a2"))
    expect(cards(page)).to_have_count(2)


# ---- when something breaks -------------------------------------------------------------


def test_after_a_restart_of_the_web_server_the_page_recovers(page: Page, house: House) -> None:
    house.run(house.publish("a1"))
    expect(cards(page)).to_have_count(1)
    house.run(house.web.aclose())
    expect(page.get_by_role("status").first).to_have_text("Connection lost, trying again")
    house.run(house.publish("a2"))  # nobody hears it
    house.run(house.open_web())
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    expect(cards(page)).to_have_count(2)
    expect(cards(page).first).to_contain_text("Event a2.")


def test_after_a_restart_of_redis_the_page_recovers(
    page: Page, house: House, private_server: PrivateServer
) -> None:
    house.run(house.publish("a1"))
    expect(cards(page)).to_have_count(1)
    private_server.stop()
    expect(page.get_by_text("Connected, but Redis is away")).to_be_visible()
    private_server.start()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    scene("driveway", "cat", seed=1).save(house.root)
    expect(cards(page)).to_have_count(2)


# ---- what comes from outside -----------------------------------------------------------


def test_html_from_outside_is_shown_and_does_nothing(page: Page, house: House) -> None:
    names = [EVIL.replace("/", "") + ".jpg", '"><svg onload=window.hacked=1>.jpg']
    for number, name in enumerate(names):
        scene("garden", "cat", seed=number).save(house.root, name)
    expect(cards(page)).not_to_have_count(0)
    house.run(
        house.publish(
            "evil",
            camera_id=EVIL,
            summary=EVIL,
            risk_level='"><img src=x onerror=window.hacked=1>',
            risk_score=EVIL,
            started_at=EVIL,
        )
    )
    house.run(house.client.call("SADD", "cameras", EVIL))
    house.run(house.client.set(f"camera:{EVIL}:status", {"camera_id": EVIL, "status": EVIL}))
    evil = cards(page).filter(has_text="<script>window.hacked=1</script>")
    expect(evil).to_have_count(1)
    expect(page.locator("#cameras")).to_contain_text("onerror=")
    assert page.locator("main img, main script, main svg svg").count() == 0
    assert page.evaluate("window.hacked") is None


def test_the_browser_itself_would_stop_a_foreign_script(page: Page) -> None:
    page.evaluate(
        """() => {
            const script = document.createElement('script');
            script.textContent = 'window.hacked = 1';
            document.body.append(script);
            document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.hacked=1">');
        }"""
    )
    page.wait_for_timeout(200)
    assert page.evaluate("window.hacked") is None


def test_a_page_of_another_origin_gets_no_events(browser: Browser, house: House) -> None:
    page = browser.new_page()
    page.goto("data:text/html,<p>elsewhere</p>")
    outcome = page.evaluate(
        """url => new Promise(resolve => {
            const socket = new WebSocket(url);
            socket.onopen = () => resolve('open');
            socket.onerror = () => resolve('refused');
        })""",
        house.url.replace("http", "ws") + "/ws/events",
    )
    page.close()
    assert outcome == "refused"


# ---- keyboard and screen reader --------------------------------------------------------


def test_everything_can_be_reached_and_used_by_keyboard(page: Page, house: House) -> None:
    house.run(house.publish("low", risk_level="low", risk_score=5))
    house.run(house.publish("high", risk_level="high", risk_score=70))
    expect(cards(page)).to_have_count(2)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the events")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#events")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Pause")).to_be_focused()
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("combobox", name="Show")).to_be_focused()
    page.keyboard.type("high")
    expect(cards(page)).to_have_count(1)
    expect(page.get_by_role("heading", name="Events (1 of 2)")).to_be_visible()


def test_a_pause_holds_events_back_until_it_ends(page: Page, house: House) -> None:
    page.get_by_role("button", name="Pause").press("Space")
    pressed = page.get_by_role("button", pressed=True)
    house.run(house.publish("a1"))
    expect(pressed).to_have_text("Go on (1 new)")
    expect(cards(page)).to_have_count(0)
    pressed.press("Enter")
    expect(cards(page)).to_have_count(1)
    expect(page.get_by_role("button", name="Pause", pressed=False)).to_be_visible()


def test_a_new_event_is_announced_and_history_is_not(page: Page, house: House) -> None:
    house.run(house.publish("history"))
    expect(cards(page)).to_have_count(1)
    page.reload()
    expect(cards(page)).to_have_count(1)
    wait_until_history_is_over(page)
    announcer = page.locator("#announcer[aria-live=polite]")
    expect(announcer).to_have_text("")
    house.run(house.publish("new", risk_level="high", risk_score=70))
    expect(announcer).to_have_text("New event: high risk, 70, at garden. Event new.")


def test_a_screen_reader_finds_a_structure(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("Home security")
    for name in ("Events", "Queues, last two minutes", "Cameras"):
        expect(page.get_by_role("region", name=name)).to_have_count(1)
    expect(page.get_by_role("main")).to_have_count(1)
    expect(page.get_by_role("status").first).to_have_text("Live")
    expect(page.get_by_role("table", name="Jobs in each queue")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "en"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_background(page: Page, house: House, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    for level, score in {"low": 5, "medium": 44, "high": 70, "critical": 95}.items():
        house.run(house.publish(level, risk_level=level, risk_score=score))
    expect(cards(page)).to_have_count(4)
    too_weak = page.evaluate(
        """() => {
            const light = (text) => {
                const parts = text.match(/[\\d.]+/g).slice(0, 3).map(Number);
                const linear = parts.map((part) => {
                    const share = part / 255;
                    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
                });
                return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
            };
            const behind = (element) => {
                for (let each = element; each; each = each.parentElement) {
                    const colour = getComputedStyle(each).backgroundColor;
                    if (!/, 0\\)$/.test(colour)) return colour;
                }
            };
            const found = [];
            const all = 'h1, h2, h3, p, th, td, button, li span';
            for (const each of document.querySelectorAll(all)) {
                if (!each.textContent.trim()) continue;
                const [a, b] = [getComputedStyle(each).color, behind(each)].map(light);
                const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
                if (contrast < 4.5) found.push(`${each.textContent.trim()}: ${contrast}`);
            }
            return found;
        }"""
    )
    assert too_weak == []


@pytest.mark.parametrize("width", [320, 760, 1180])
def test_the_page_fits_its_window(page: Page, house: House, width: int) -> None:
    house.run(house.publish("long", summary="x" * 300, camera_id="a" * 64))
    page.set_viewport_size({"width": width, "height": 700})
    expect(cards(page)).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


# ---- a picture -------------------------------------------------------------------------


@pytest.mark.skipif("SCREENSHOTS" not in os.environ, reason="SCREENSHOTS names no folder")
@pytest.mark.timeout(180)
def test_a_picture_of_the_page(page: Page, house: House) -> None:
    """A quiet start, a burst, a stopped analyzer; `make pictures` takes docs/dashboard.png anew.

    All that is on it was drawn, detected and judged by the pipeline itself.
    """
    folder = Path(os.environ["SCREENSHOTS"])
    chance = random.Random(2)
    seeds = iter(range(1000))

    def somebody_comes(how_often: int, pause: float) -> None:
        for seed in itertools.islice(seeds, how_often):
            types = chance.choice([["cat"], ["car"], ["person"], ["person", "car"]])
            scene(CAMERAS[seed % 3], *types, seed=seed).save(house.root)
            page.wait_for_timeout(1000 * pause)

    async def start(stage: Stage) -> None:
        stage.start()

    somebody_comes(4, pause=3)
    house.run(house.detector.stop())
    somebody_comes(20, pause=0.6)
    house.run(start(house.detector))
    somebody_comes(5, pause=1)
    house.run(house.analyzer.stop())
    somebody_comes(12, pause=1)
    house.run(start(house.analyzer))
    page.wait_for_timeout(6000)
    keep(page.screenshot(), folder, "dashboard.png")
