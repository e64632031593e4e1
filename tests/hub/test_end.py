"""How servers end: those that nobody uses, and all of them with the hub."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest
from tests.hub.remote_kernel import remote_kernel
from tests.hub.running import Hub, needs_hub, running_hub
from tests.support import wait_until

pytestmark = [needs_hub, pytest.mark.timeout(600)]


def open_lesson(hub: Hub) -> list[psutil.Process]:
    """Have a learner start a kernel with a private Redis, and leave it; return what runs then."""
    hub.add("ada")
    _, client = remote_kernel(hub.start("ada"), "notebooks/mine.ipynb")
    reply = client.execute("import course\n_ = course.start()", reply=True, timeout=120)
    assert reply["content"]["status"] == "ok"
    client.stop_channels()
    everything = hub.servers()["ada"]
    assert len(everything) == 4  # JupyterLab, the kernel, its Redis, and what ends that with it
    return everything


def test_an_idle_server_ends_with_its_kernel_and_its_redis(tmp_path: Path) -> None:
    with running_hub(tmp_path, HUB_IDLE_SECONDS="60") as hub:
        everything = open_lesson(hub)
        wait_until(
            lambda: not any(process.is_running() for process in everything),
            "the idle server has ended",
            within=240,
        )


def test_with_the_hub_all_ends(tmp_path: Path) -> None:
    with running_hub(tmp_path) as hub:
        everything = open_lesson(hub)
        assert hub.end() == []
        assert not any(process.is_running() for process in everything)
