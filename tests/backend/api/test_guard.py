"""Foreign hosts and origins are refused, on every documented way to serve; every answer has its
headers.
"""

from __future__ import annotations

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from backend.api.app import create_app
from backend.api.guard import HEADERS
from backend.api.serve import serve
from backend.core.redis import RedisClient


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200), ("LOCALHOST:80", 200), ("127.0.0.1:8000", 200), ("[::1]:8000", 200),
        ("192.168.1.5", 200), ("backend:8000", 200), ("evil.example", 400),
        ("evil.example:8000", 400),
        ("localhost.evil.example", 400), ("127.0.0.1.evil.example", 400),
        ("[::1", 400), ("a:b:c", 400),
    ],
)  # fmt: skip
async def test_names_that_a_foreign_page_could_give_us_are_refused(
    client: RedisClient, host: str, status: int
) -> None:
    async with serve(create_app(client)) as url, httpx.AsyncClient(base_url=url) as http:
        for path in ("/", "/api/events", "/static/dashboard.js", "/api/system/health/live"):
            answer = await http.get(path, headers={"Host": host})
            assert answer.status_code == status, path


async def test_a_name_that_is_allowed_is_served(
    client: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", "cams.example.org, other.example.org")
    for app in (create_app(client), create_app(client, allowed_hosts=["CAMS.example.org."])):
        async with serve(app) as url, httpx.AsyncClient(base_url=url) as http:
            answer = await http.get("/", headers={"Host": "Cams.Example.org:443"})
            assert answer.status_code == 200


@pytest.mark.parametrize(
    ("host", "origin", "allowed"),
    [
        ("127.0.0.1:{port}", "http://127.0.0.1:{port}", True),
        ("localhost", "http://localhost:80", True),
        ("localhost", "https://localhost:443", True),
        ("localhost", "http://localhost:443", False),
        ("127.0.0.1:{port}", None, True),
        ("127.0.0.1:{port}", "http://127.0.0.1:1", False),
        ("127.0.0.1:{port}", "https://cams.example.org", True),  # a proxy that rewrites the host
        ("cams.example.org", "https://CAMS.example.org:443", True),
        ("cams.example.org:443", "https://cams.example.org", True),
        ("127.0.0.1:{port}", "https://evil.example", False),
        ("127.0.0.1:{port}", "http://[::1", False),
        ("127.0.0.1:{port}", "ftp://127.0.0.1:{port}", False),
        ("127.0.0.1:{port}", "//127.0.0.1:{port}", False),
        ("127.0.0.1:{port}", "null", False),
    ],
)
async def test_a_web_socket_is_for_our_own_page_and_pages_of_allowed_hosts(
    client: RedisClient, host: str, origin: str | None, allowed: bool
) -> None:
    async with serve(create_app(client, allowed_hosts=["cams.example.org"])) as url:
        port = int(url.rpartition(":")[2])
        opening = connect(
            f"ws://{host.format(port=port)}/ws/events",
            origin=origin and origin.format(port=port),
            host="127.0.0.1",
            port=port,
        )
        if allowed:
            async with opening:
                return
        with pytest.raises(InvalidStatus) as refused:
            await opening
        assert refused.value.response.status_code == 403


async def test_a_refusal_is_logged_once(
    client: RedisClient, caplog: pytest.LogCaptureFixture
) -> None:
    async with serve(create_app(client)) as url, httpx.AsyncClient(base_url=url) as http:
        for _ in range(3):
            await http.get("/", headers={"Host": "evil.example"})
    assert caplog.text.count("refused a request for the host 'evil.example'") == 1


@pytest.mark.parametrize(
    "path", ["/", "/static/dashboard.css", "/api/events", "/nowhere", "/api/system/health/live"]
)
async def test_every_answer_has_the_headers_of_security(client: RedisClient, path: str) -> None:
    async with serve(create_app(client)) as url, httpx.AsyncClient(base_url=url) as http:
        answer = await http.get(path)
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
        assert "server" not in answer.headers


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
async def test_no_page_loads_scripts_from_elsewhere(client: RedisClient, path: str) -> None:
    async with serve(create_app(client)) as url, httpx.AsyncClient(base_url=url) as http:
        assert (await http.get(path)).status_code == 404


async def test_head_is_a_get_without_its_content(client: RedisClient) -> None:
    async with serve(create_app(client)) as url, httpx.AsyncClient(base_url=url) as http:
        answer = await http.head("/")
        assert (answer.status_code, answer.content) == (200, b"")


async def test_it_can_listen_on_ipv6(client: RedisClient) -> None:
    async with serve(create_app(client), host="::1") as url:
        assert url.startswith("http://[::1]:")
        async with httpx.AsyncClient(base_url=url) as http:
            assert (await http.get("/")).status_code == 200
