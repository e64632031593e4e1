"""Where the reader's browser finds the dashboard."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from jupyter_server.auth.identity import IdentityProvider
from jupyter_server.serverapp import ServerApp

from course.frame import address, framed

URL = "http://127.0.0.1:54321"


@pytest.fixture(autouse=True)
def no_jupyter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever started these tests, it is no Jupyter."""
    for name in ("JUPYTERHUB_SERVICE_PREFIX", "JPY_PARENT_PID"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def jupyter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """The process of a Jupyter server, whose pages begin with /lessons/: it has said so.

    It is this process, which has to exist; the server itself is not started.
    """
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    server = ServerApp(base_url="/lessons/")
    server.identity_provider = IdentityProvider(parent=server)  # who is asked for the token
    server.write_server_info_file()
    return os.getpid()


def test_outside_jupyter_a_page_has_its_own_address() -> None:
    assert address(URL) == URL


def test_in_a_hub_the_hub_passes_it_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/dana/")
    assert address(URL) == "/user/dana/proxy/54321/"


def test_in_a_kernel_of_a_jupyter_server_that_server_passes_it_on(
    jupyter: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert address(URL) == URL  # we are no kernel of it
    monkeypatch.setenv("JPY_PARENT_PID", str(jupyter))
    assert address(URL) == "/lessons/proxy/54321/"


def test_without_jupyter_server_proxy_a_page_has_its_own_address(
    jupyter: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JPY_PARENT_PID", str(jupyter))
    monkeypatch.setattr("course.frame.find_spec", lambda name: None)
    assert address(URL) == URL


def test_beside_the_frame_there_is_a_link_to_the_same_page() -> None:
    shown = framed(URL, name="the dashboard", height=340).data
    assert re.findall(r'(?:href|src)="([^"]+)"', shown) == [URL, URL]
    assert 'title="the dashboard"' in shown
