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
from tests.backend.program import Program, ended
from tests.support import THOROUGH, until
from websockets.asyncio.client import connect

from backend.core.encoding import decode
from backend.core.redis import RedisClient
from backend.examples.scenes import CAMERAS, background, scene
from backend.pipeline import parse
from backend.services.event_broadcaster import recent_events
from private_redis import PrivateServer

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
        programs.append(Program(log, "backend.pipeline", *usual, *arguments))
        return programs[-1]

    yield start
    for program in programs:
        program.__exit__()


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


@THOROUGH
@pytest.mark.timeout(120)
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


@THOROUGH
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


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=THOROUGH)])
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


# ---- what it says of the times ----


async def test_it_says_when_redis_does_not_answer_and_when_it_is_back(start, private_server):
    program = start("--redis-url", private_server.url)
    await program.says("at work")
    private_server.stop()
    await program.says("Redis does not answer: Error 111|Redis does not answer: .*[Cc]onnect")
    assert "Redis is back" not in program.log
    private_server.start()
    await program.says("Redis is back")
    assert await program.end() == 0


async def test_it_says_what_the_dashboard_does_not_show_yet(start, root, tmp_path):
    """A first image that is learned, and a batch that waits: on the page, nothing moves."""
    program = start("--idle", "30", "--backgrounds", str(folder_without_images(tmp_path)))
    await program.says("at work")
    scene("garden", seed=1).save(root)
    await program.says("garden: this image is taken as the background")
    scene("garden", "cat", seed=2).save(root)
    await program.says("garden: batch [0-9a-f]{32} is open: until nothing comes for 30 s, and 90 s")
    assert "closed" not in program.log
    assert await program.end() == 0


def folder_without_images(tmp_path: Path) -> Path:
    folder = tmp_path / "no_backgrounds"
    folder.mkdir()
    return folder


async def test_an_image_beside_the_cameras_folders_is_refused_for_that(start, root):
    program = start()
    (root / "snapshot.jpg").write_bytes(scene("garden", "cat", seed=3).jpeg())
    await program.says("refused 'snapshot.jpg': it lies beside the cameras' folders")
    assert await program.end() == 0


def test_a_stage_loads_nothing_that_only_another_needs():
    code = "import sys, backend.pipeline; print({'fastapi', 'httpx', 'numpy'} & {*sys.modules})"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "set()\n"


# ---- what cannot work ----

PIPELINE = "backend.pipeline"


def test_without_redis_it_says_what_to_do():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"redis://127.0.0.1:{taken.getsockname()[1]}/0"
    status, said = ended(PIPELINE, "--redis-url", url, "--stage", "web")
    assert status == 1
    assert "Tried Redis at 127.0.0.1" in said
    assert "the connection was refused" in said
    assert "REDIS_URL" in said
    assert "python -m backend.examples.pipeline" in said


def test_a_taken_port_is_named(redis_url, namespace):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = str(taken.getsockname()[1])
        redis = ("--redis-url", redis_url, "--namespace", namespace)
        status, said = ended(PIPELINE, *redis, "--stage", "web", "--port", number)
    assert status == 1
    assert f"Port {number} of 127.0.0.1 cannot be used" in said


def test_a_folder_of_backgrounds_that_is_not_there_is_named(redis_url, namespace, tmp_path):
    redis = ("--redis-url", redis_url, "--namespace", namespace)
    backgrounds = ("--backgrounds", str(tmp_path / "none"))
    status, said = ended(PIPELINE, *redis, "--root", str(tmp_path), *backgrounds)
    assert status == 1
    assert "The detector cannot start" in said
    assert "none" in said


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return what it says of arguments with which it cannot work."""
    with pytest.raises(SystemExit) as ending:
        parse(arguments)
    assert ending.value.code == 2
    return capsys.readouterr().err


def test_a_mistyped_root_is_refused_at_once(capsys, root):
    said = refused(capsys, "--root", f"{root}n")
    assert f"--root {root}n: No such file or directory" in said
    assert "the folder in which each camera has a folder of its own" in said


def test_a_file_is_no_root(capsys, root):
    file = scene("garden", "cat", seed=3).save(root)
    assert f"--root {file}: Not a directory" in refused(capsys, "--root", str(file))


def test_the_root_is_asked_for_by_the_file_watcher_alone(root):
    options = parse(["--root", f"{root}n", "--stage", "detector", "--stage", "web"])
    assert options.stage == ["detector", "web"]


def test_a_stage_that_is_not_there_is_refused(capsys):
    said = refused(capsys, "--stage", "coffee_machine")
    assert "invalid choice: 'coffee_machine'" in said
    assert "batch_aggregator" in said


@pytest.mark.parametrize("option", ["--window", "--idle", "--settle", "--max-age"])
@pytest.mark.parametrize("value", ["-3", "0", "nan", "inf", "soon"])
def test_a_time_is_a_number_of_seconds_above_0(capsys, option, value):
    said = refused(capsys, "--stage", "web", f"{option}={value}")
    assert f"argument {option}: '{value}' is no number of seconds above 0" in said


@pytest.mark.parametrize("value", ["-1", "65536", "http"])
def test_a_port_is_a_number_up_to_65535(capsys, value):
    said = refused(capsys, "--stage", "web", f"--port={value}")
    assert f"argument --port: '{value}' is no port: 0 to 65535" in said


def test_the_help_has_the_default_of_every_option(capsys):
    with pytest.raises(SystemExit) as ending:
        parse(["--help"])
    assert ending.value.code == 0
    _usage, *options = re.split(r"\n  (?=--|-h)", capsys.readouterr().out)
    assert len(options) > 10
    assert [each for each in options if "-h, --help" not in each and "default:" not in each] == []
