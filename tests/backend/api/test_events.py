"""Events over HTTP and over real WebSockets, with a real server between."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from tests.support import until
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from backend.api.app import create_app
from backend.api.serve import serve
from backend.core.redis import RedisClient
from backend.services.event_broadcaster import RECENT, EventBroadcaster, publish_event


def event(batch_id: str) -> dict:
    return {
        "batch_id": batch_id,
        "camera_id": "garden",
        "risk_score": 44,
        "risk_level": "medium",
        "summary": "A person.",
        "started_at": "2026-01-15T10:30:00+00:00",
    }


@pytest.fixture
def broadcaster(client: RedisClient) -> EventBroadcaster:
    return EventBroadcaster(client, backlog=20)


@pytest.fixture
async def url(client: RedisClient, broadcaster: EventBroadcaster) -> AsyncIterator[str]:
    """A server, with its broadcaster at work."""
    async with serve(create_app(client, broadcaster=broadcaster)) as url:
        await broadcaster.ready.wait()
        yield url


def ws(url: str) -> str:
    return url.replace("http", "ws") + "/ws/events"


async def next_events(browser: ClientConnection, count: int) -> list[str]:
    taken: list[str] = []
    async with asyncio.timeout(10):
        while len(taken) < count:
            message = json.loads(await browser.recv())
            if message["type"] == "event":
                taken.append(message["data"]["batch_id"])
    return taken


async def closed(browser: ClientConnection) -> None:
    """Wait until the server has closed the connection."""
    async with asyncio.timeout(5):
        with suppress(ConnectionClosed):
            while True:
                await browser.recv()


# ---- over HTTP -------------------------------------------------------------------------


async def test_an_entry_that_cannot_be_sent_does_not_spoil_the_others(client, url):
    await publish_event(client, event("a1"))
    deep = 400 * "[" + 400 * "]"
    entry = f'{{"type":"event","data":{{"batch_id":"b","x":{deep}}}}}'
    await client.call("LPUSH", client.full_name("events:recent"), entry)
    async with httpx.AsyncClient(base_url=url) as http:
        answer = await http.get("/api/events")
    assert answer.status_code == 200
    assert [each["batch_id"] for each in answer.json()["events"]] == ["a1"]


async def test_the_latest_events_the_newest_first(client, url):
    for batch_id in ("a1", "a2", "a3"):
        await publish_event(client, event(batch_id))
    async with httpx.AsyncClient(base_url=url) as http:
        answer = (await http.get("/api/events", params={"limit": 2})).json()
    assert answer["count"] == 2
    assert answer["events"] == [
        {"id": 3, "event_id": 3, **event("a3")},
        {"id": 2, "event_id": 2, **event("a2")},
    ]


@pytest.mark.parametrize("limit", [0, -1, RECENT + 1, "many"])
async def test_a_limit_that_makes_no_sense_is_refused(url, limit):
    async with httpx.AsyncClient(base_url=url) as http:
        assert (await http.get("/api/events", params={"limit": limit})).status_code == 422


async def test_without_redis_the_events_are_a_503(private_server):
    async with RedisClient(private_server.url, timeout=0.5, attempts=1) as client:
        private_server.stop()
        transport = httpx.ASGITransport(app=create_app(client))
        async with httpx.AsyncClient(transport=transport, base_url="http://backend") as http:
            response = await http.get("/api/events")
    assert response.status_code == 503
    assert "Redis cannot be asked" in response.json()["detail"]


# ---- over WebSockets -------------------------------------------------------------------


async def test_every_browser_gets_every_event(client, url):
    async with connect(ws(url)) as one, connect(ws(url)) as two:
        await publish_event(client, event("a1"))
        assert await next_events(one, 1) == await next_events(two, 1) == ["a1"]


async def test_a_browser_that_comes_back_gets_what_it_missed(client, url):
    async with connect(ws(url)) as browser:
        await publish_event(client, event("a1"))
        assert await next_events(browser, 1) == ["a1"]
    await publish_event(client, event("a2"))
    async with connect(ws(url)) as browser:
        assert await next_events(browser, 2) == ["a1", "a2"]


async def test_what_was_missed_is_made_up_for_to_a_bound(client, url):
    for number in range(RECENT + 3):
        await publish_event(client, event(f"{number:x}"))
    async with connect(ws(url)) as browser:
        missed = await next_events(browser, RECENT)
    assert missed == [f"{number:x}" for number in range(3, RECENT + 3)]


async def test_a_hundred_browsers_are_one_subscription(client, url, broadcaster):
    async with asyncio.TaskGroup() as tasks:
        opening = [tasks.create_task(connect(ws(url)).__aenter__()) for _ in range(100)]
    browsers = [task.result() for task in opening]
    counts = await client.call("PUBSUB", "NUMSUB", client.full_name("security_events"))
    assert counts[1] == 1
    await publish_event(client, event("a1"))
    assert await asyncio.gather(*(next_events(each, 1) for each in browsers)) == [["a1"]] * 100
    await asyncio.gather(*(each.close() for each in browsers))

    async def all_gone() -> bool:
        return broadcaster.listeners == 0

    await until(all_gone)


async def asleep(url: str) -> socket.socket:
    """A browser that asks for the events, and then reads nothing."""
    address = url.removeprefix("http://")
    host, port = address.split(":")
    browser = socket.socket()
    browser.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    await asyncio.to_thread(browser.connect, (host, int(port)))
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    upgrade = f"Host: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{key}"
    browser.sendall(f"GET /ws/events HTTP/1.1\r\n{upgrade}\r\n".encode())
    return browser


async def test_a_browser_that_does_not_read_is_dropped_and_delays_nobody(client, broadcaster, url):
    with await asleep(url):

        async def two_listen() -> bool:
            return broadcaster.listeners == 2

        async with connect(ws(url)) as awake:
            await until(two_listen)
            for number in range(400):
                long = {**event(f"{number:x}"), "summary": "x" * 30_000}
                started = time.monotonic()
                await publish_event(client, long)
                assert await next_events(awake, 1) == [f"{number:x}"]
                assert time.monotonic() - started < 5
                if broadcaster.listeners == 1:
                    break
            assert broadcaster.listeners == 1


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="Linux alone has it")
async def test_the_connection_of_a_browser_that_does_not_read_ends(client, monkeypatch):
    monkeypatch.setattr("backend.api.serve.UNREAD", 0.5)
    broadcaster = EventBroadcaster(client, backlog=20)

    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    async with serve(create_app(client, broadcaster=broadcaster)) as url:
        await broadcaster.ready.wait()
        with await asleep(url):
            await until(lambda: broadcaster.listeners == 1)
            connected = descriptors()
            async with asyncio.timeout(30):
                while broadcaster.listeners:
                    await client.publish(
                        "security_events", {"type": "system_status", "data": "x" * 20_000}
                    )
            await until(lambda: descriptors() < connected, within=30)


@pytest.mark.parametrize("said", ["hello", b"hello"])
async def test_who_talks_to_us_is_not_listened_to(client, url, said):
    async with connect(ws(url)) as browser:
        await browser.send(said)
        await publish_event(client, event("a1"))
        assert await next_events(browser, 1) == ["a1"]


async def test_who_sends_too_much_is_cut_off(url):
    async with connect(ws(url)) as browser:
        await browser.send("x" * 100_000)
        await closed(browser)
    assert browser.close_code == 1009  # message too big


async def test_browsers_on_our_own_page_are_let_in(client, url):
    async with connect(ws(url), origin=url) as browser:
        await publish_event(client, event("a1"))
        assert await next_events(browser, 1) == ["a1"]


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://127.0.0.1:1", "null", "http://localhost"]
)
async def test_browsers_on_foreign_pages_are_refused(url, origin):
    with pytest.raises(InvalidStatus) as refused:
        async with connect(ws(url), origin=origin):
            pass
    assert refused.value.response.status_code == 403


async def test_foreign_names_for_our_address_are_refused(client):
    async with serve(create_app(client, allowed_hosts=["127.0.0.1"])) as url:
        async with httpx.AsyncClient(base_url=url) as http:
            assert (await http.get("/api/events")).status_code == 200
            rebound = await http.get("/api/events", headers={"Host": "evil.example"})
            assert rebound.status_code == 400
        with pytest.raises(InvalidStatus):
            async with connect(
                ws(url),
                origin="http://evil.example",
                host="127.0.0.1",
                port=int(url.rpartition(":")[2]),
                additional_headers={"Host": "evil.example"},
            ):
                pass


async def test_browsers_are_sent_away_when_the_server_ends(client):
    async with serve(create_app(client)) as url:
        browser = await connect(ws(url))
        started = time.monotonic()
    assert time.monotonic() - started < 3
    await closed(browser)
    assert browser.close_code == 1012  # service restart


# ---- serving ---------------------------------------------------------------------------


async def test_two_servers_take_two_free_ports_and_end_with_their_blocks(client):
    async with serve(create_app(client)) as one, serve(create_app(client)) as two:
        assert one != two
        async with httpx.AsyncClient() as http:
            assert (await http.get(f"{one}/api/system/health/live")).status_code == 200
            assert (await http.get(f"{two}/api/system/health/live")).status_code == 200
    async with httpx.AsyncClient() as http:
        with pytest.raises(httpx.ConnectError):
            await http.get(f"{one}/api/system/health/live")


async def test_a_request_that_does_not_end_does_not_hold_the_end_up():
    app, is_asked = FastAPI(), asyncio.Event()

    @app.get("/endless")
    async def endless() -> None:
        is_asked.set()
        await asyncio.Event().wait()

    async with httpx.AsyncClient(timeout=None) as http:
        async with asyncio.timeout(8), serve(app) as url:
            asking = asyncio.create_task(http.get(f"{url}/endless"))
            await is_asked.wait()
        assert (await asking).status_code == 500


async def test_a_server_leaves_ctrl_c_to_the_program(client):
    import signal

    before = signal.getsignal(signal.SIGINT)
    async with serve(create_app(client)):
        assert signal.getsignal(signal.SIGINT) is before


async def test_a_taken_port_is_an_error_at_once(client):
    async with serve(create_app(client)) as url:
        with pytest.raises(OSError, match="in use"):
            async with serve(create_app(client), port=int(url.rpartition(":")[2])):
                pass


async def test_an_application_that_cannot_start_says_so(monkeypatch, caplog):
    monkeypatch.setenv("REDIS_URL", "no url at all")
    with pytest.raises(RuntimeError, match="does not start"):
        async with serve(create_app()):
            pass
    assert "The Redis URL cannot be read" in caplog.text


async def test_an_application_that_cannot_start_gives_its_port_back(monkeypatch):
    monkeypatch.setenv("REDIS_URL", "no url at all")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(RuntimeError) as failed:  # what it holds on to must not be the socket
        async with serve(create_app(), port=port):
            pass
    assert failed.tb
    socket.create_server(("127.0.0.1", port)).close()


async def test_the_application_starts_without_redis_and_says_how_it_is(private_server):
    async with RedisClient(private_server.url, timeout=0.5, attempts=1) as client:
        private_server.stop()
        async with serve(create_app(client)) as url, httpx.AsyncClient(base_url=url) as http:
            assert (await http.get("/api/system/health")).status_code == 503
            assert (await http.get("/")).status_code == 200


# ---- the page --------------------------------------------------------------------------


async def test_the_page_may_run_its_own_script_and_no_other(url):
    async with httpx.AsyncClient(base_url=url) as http:
        page = await http.get("/")
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        for name in ("dashboard.js", "dashboard.css"):
            assert f"static/{name}" in page.text
            assert (await http.get(f"/static/{name}")).status_code == 200
        assert (await http.get("/static/../app.py")).status_code == 404
        assert (await http.get("/static/%2e%2e/app.py")).status_code == 404


def test_nothing_from_outside_goes_into_the_page_as_html():
    import backend.api.dashboard as page

    script = (Path(page.__file__).with_name("static") / "dashboard.js").read_text()
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert way not in script
