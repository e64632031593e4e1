"""How servers end: those that nobody uses, and all of them with the hub."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest
from tests.hub.remote_kernel import remote_kernel
from tests.hub.running import Hub, Server, needs_hub, running_hub
from tests.support import wait_until

pytestmark = [needs_hub, pytest.mark.timeout(600)]

START = "import course\n_ = course.start()"


def open_lesson(server: Server) -> None:
    """Start a kernel with a private Redis, and leave it."""
    _, client = remote_kernel(server, "notebooks/mine.ipynb")
    client.execute(START, reply=True, timeout=120)
    client.stop_channels()


def of_learner(hub: Hub, name: str) -> list[psutil.Process]:
    return [
        process
        for process in hub.processes()
        if process.is_running() and process.environ().get("JUPYTERHUB_USER") == name
    ]


def test_an_idle_server_ends_with_its_kernel_and_its_redis(tmp_path: Path) -> None:
    with running_hub(tmp_path, HUB_IDLE_SECONDS="10") as hub:
        hub.add("ada")
        open_lesson(hub.start("ada"))
        everything = of_learner(hub, "ada")
        assert len(everything) >= 4  # JupyterLab, kernel, supervisor, Redis
        wait_until(
            lambda: not any(process.is_running() for process in everything),
            "the idle server has ended",
            within=120,
        )


def test_with_the_hub_all_ends(tmp_path: Path) -> None:
    with running_hub(tmp_path) as hub:
        hub.add("ada")
        open_lesson(hub.start("ada"))
        assert any("valkey" in p.name() or "redis" in p.name() for p in of_learner(hub, "ada"))
        assert hub.end() == []
