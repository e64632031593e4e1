"""The whole line as a program: from a file in a folder to an event on a WebSocket."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from tests.support import until
from websockets.asyncio.client import connect

from backend.core.encoding import decode
from backend.core.redis import RedisClient
from backend.examples.scenes import CAMERAS, background, scene
from backend.services.event_broadcaster import recent_events
from private_redis import PrivateServer


class Program:
    """`python -m backend.pipeline` with some arguments, and what it has logged."""

    def __init__(self, log: Path, *arguments: str) -> None:
        self._log = log
        with log.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "backend.pipeline", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def log(self) -> str:
        return self._log.read_text()

    async def says(self, words: str, *, within: float = 20) -> re.Match[str]:
        """Wait until it logs something."""

        async def said() -> bool:
            assert self.process.poll() is None, self.log
            return bool(re.search(words, self.log))

        await until(said, within=within)
        found = re.search(words, self.log)
        assert found
        return found

    async def end(self, number: int = signal.SIGINT) -> int:
        """End it as Ctrl-C does, and return its exit status."""
        self.process.send_signal(number)
        return await asyncio.to_thread(self.process.wait, 15)


Start = Callable[..., Program]


@pytest.fixture
def start(redis_url: str, namespace: str, tmp_path: Path, root: Path) -> Iterator[Start]:
    programs: list[Program] = []
    backgrounds = tmp_path / "backgrounds"
    backgrounds.mkdir()
    for camera_id in CAMERAS:
        background(camera_id).save(backgrounds / f"{camera_id}.png")

    def start(*arguments: str) -> Program:
        usual = [
            *("--redis-url", redis_url, "--namespace", namespace, "--port", "0"),
            *("--root", str(root), "--backgrounds", str(backgrounds), "--idle", "0.2"),
        ]
        log = tmp_path / f"log_{len(programs)}"
        programs.append(Program(log, *usual, *arguments))
        return programs[-1]

    yield start
    for program in programs:
        program.process.kill()
        program.process.wait()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "foscam"
    folder.mkdir()
    return folder


async def events_of(url: str, count: int) -> list[dict]:
    """Return the next events that a WebSocket client hears."""
    heard: list[dict] = []
    async with asyncio.timeout(20), connect(url.replace("http", "ws") + "/ws/events") as browser:
        while len(heard) < count:
            message = json.loads(await browser.recv())
            if message["type"] == "event":
                heard.append(message["data"])
    return heard


async def test_a_file_in_a_folder_becomes_an_event_on_a_websocket(start, root):
    program = start()
    url = (await program.says(r"dashboard is at (http://127\.0\.0\.1:\d+)"))[1]
    await program.says("at work")
    scene("garden", "cat", seed=3).save(root)
    (event,) = await events_of(url, 1)
    assert event["camera_id"] == "garden"
    assert event["risk_level"] == "low"
    assert event["summary"].startswith("Cat at garden")
    async with httpx.AsyncClient(base_url=url) as http:
        assert (await http.get("/api/events")).json()["events"] == [event]
        assert (await http.get("/api/system/health")).json()["status"] == "healthy"
    assert await program.end() == 0
    assert "Traceback" not in program.log


async def test_each_stage_can_be_a_process_of_its_own(start, root):
    web = start("--stage", "web")
    others = [start("--stage", name) for name in ("file_watcher", "detector", "batch_aggregator")]
    others.append(start("--stage", "analyzer"))
    url = (await web.says(r"dashboard is at (http://127\.0\.0\.1:\d+)"))[1]
    for program in others:
        await program.says("at work", within=40)
    for camera_id in CAMERAS:
        scene(camera_id, "car", seed=2).save(root)
    events = await events_of(url, 3)
    assert sorted(event["camera_id"] for event in events) == sorted(CAMERAS)
    assert [await program.end() for program in [web, *others]] == [0] * 5


@pytest.mark.timeout(120)
async def test_a_pipeline_that_is_killed_in_the_middle_loses_nothing_and_doubles_nothing(
    start, root, redis_url, namespace
):
    program = start("--idle", "30")
    await program.says("at work")
    for number in range(30):
        scene(CAMERAS[number % 3], "car", seed=number).save(root)
    await program.says("shows car")
    program.process.kill()
    program.process.wait()
    after = start()
    async with RedisClient(redis_url, namespace=namespace) as client:

        async def all_in_events() -> bool:
            files = set()
            detections = await client.call("KEYS", client.full_name("detection:*"))
            for key in detections:
                files.add(decode(await client.call("GET", key))["file_path"])
            events = await recent_events(client)
            return len(files) == 30 and sum(map(detections_of, events)) == len(detections)

        await until(all_in_events, within=60)  # a job in hand comes back after its lease: 30 s
    assert await after.end() == 0


def detections_of(event: dict) -> int:
    """Count the detections of an event by its summary, as in "car (2 times), cat at garden."."""
    seen = event["summary"].partition(" at ")[0].split(", ")
    return sum(int(times[1]) if (times := re.search(r"(\d+) times", one)) else 1 for one in seen)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_ends_cleanly_and_soon(start, number):
    program = start()
    url = (await program.says(r"dashboard is at (http://127\.0\.0\.1:\d+)"))[1]
    await program.says("at work")
    async with connect(url.replace("http", "ws") + "/ws/events"):
        started = time.monotonic()
        assert await program.end(number) == 0
    assert time.monotonic() - started < 10
    assert "Traceback" not in program.log


async def test_it_lives_through_a_restart_of_redis(start, root, private_server: PrivateServer):
    program = start("--redis-url", private_server.url)
    url = (await program.says(r"dashboard is at (http://127\.0\.0\.1:\d+)"))[1]
    await program.says("at work")
    private_server.stop()
    await program.says("trying again")
    scene("garden", "cat", seed=3).save(root)
    private_server.start()
    (event,) = await events_of(url, 1)
    assert event["camera_id"] == "garden"
    assert await program.end() == 0


def ended(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "backend.pipeline", *arguments],
        capture_output=True,
        text=True,
        timeout=50,
    )


def test_without_redis_it_says_what_to_do():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"redis://127.0.0.1:{taken.getsockname()[1]}/0"
    result = ended("--redis-url", url)
    assert result.returncode == 1
    assert "Tried Redis at 127.0.0.1" in result.stderr
    assert "the connection was refused" in result.stderr
    assert "REDIS_URL" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_taken_port_is_named(redis_url, namespace):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = ended(
            "--redis-url", redis_url, "--namespace", namespace, "--stage", "web", "--port", port
        )
    assert result.returncode == 1
    assert f"Port {port} of 127.0.0.1 cannot be used" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_folder_of_backgrounds_that_is_not_there_is_named(redis_url, namespace, tmp_path):
    result = ended(
        "--redis-url", redis_url, "--namespace", namespace, "--backgrounds", str(tmp_path / "none")
    )
    assert result.returncode == 1
    assert "The detector cannot start" in result.stderr
    assert "none" in result.stderr


def test_a_stage_that_is_not_there_is_refused():
    result = ended("--stage", "coffee_machine")
    assert result.returncode == 2
    assert "invalid choice: 'coffee_machine'" in result.stderr
