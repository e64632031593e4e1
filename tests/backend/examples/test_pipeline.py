"""The pipeline on drawn scenes: cards come within a second, and nothing is left behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis
from tests.backend.program import Program, ended
from tests.support import THOROUGH, until
from websockets.asyncio.client import connect

from backend.examples import pipeline
from backend.examples.pipeline import draw
from backend.examples.scenes import CAMERAS

EXAMPLE = "backend.examples.pipeline"


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    """The environment of these tests, with no Redis named and a folder for files of its own."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    known = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    return known | {"TMPDIR": str(folder)} | more


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """The example with a private server, a scene every half second."""
    env = environment(tmp_path)
    with Program(tmp_path / "said", EXAMPLE, "--every", "0.5", env=env) as program:
        yield program


def processes_in(folder: Path) -> list[str]:
    """The server and its supervisor: they are told the folder."""
    listed = subprocess.run(["ps", "-axwwo", "args="], capture_output=True, text=True, check=True)
    return [line for line in listed.stdout.splitlines() if str(folder) in line]


async def address(program: Program) -> str:
    return (await program.says(r"The dashboard: (http://127\.0\.0\.1:\d+)"))[1]


async def a_card_within_a_second(url: str) -> dict[str, str]:
    """Wait for one; when the machine is busy, others come later than that."""
    async with connect(url.replace("http", "ws") + "/ws/events") as browser:
        async for message in browser:
            event = json.loads(message)
            if event["type"] == "event":
                seen = datetime.fromisoformat(event["data"]["started_at"])
                if (datetime.now(UTC) - seen).total_seconds() < 1:
                    return event["data"]
    raise AssertionError("the dashboard has closed the connection")


async def test_a_card_comes_within_a_second_of_its_scene(program: Program) -> None:
    async with asyncio.timeout(50):
        card = await a_card_within_a_second(await address(program))
    assert card["camera_id"] in CAMERAS


async def test_it_says_what_to_look_at(program: Program) -> None:
    await program.says("Redis: a private server, which ends with this program")
    await address(program)
    await program.says(r"(?s)  the cards .*  the chart .*  the cameras ")
    assert "Ctrl-C ends all of it." in program.log


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=THOROUGH)])
async def test_it_leaves_nothing_behind(
    program: Program, tmp_path: Path, number: signal.Signals
) -> None:
    await address(program)
    await program.says("queued")
    temporary = tmp_path / "temporary"
    assert len([*temporary.iterdir()]) == 2  # the server's folder, and that of the images
    assert processes_in(temporary) != []
    assert await program.end(number) == 0
    assert [*temporary.iterdir()] == []
    await until(lambda: processes_in(temporary) == [])
    assert "Traceback" not in program.log


async def test_on_a_server_of_yours_its_keys_are_removed(redis_url: str, tmp_path: Path) -> None:
    env = environment(tmp_path, REDIS_URL=redis_url)
    with Program(tmp_path / "said", EXAMPLE, "--every", "0.5", env=env) as program:
        namespace = (await program.says(r"its keys begin with (example:[0-9a-f]{8}:)"))[1]
        await program.says(r"event \d+")
        with redis.Redis.from_url(redis_url) as client:
            assert list(client.scan_iter(match=f"{namespace}*")) != []
            assert await program.end() == 0
            assert list(client.scan_iter(match=f"{namespace}*")) == []
    assert "Traceback" not in program.log


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    env = environment(tmp_path, REDIS_URL="redis://:open-sesame@127.0.0.1:1/0")
    status, said = ended(EXAMPLE, env=env)
    assert status == 1
    assert "Tried Redis at 127.0.0.1:1" in said
    assert "open-sesame" not in said


@pytest.mark.parametrize("arguments", [["--every", "0"], ["--port", "70000"], ["--root", "/tmp"]])
def test_wrong_arguments_are_refused(arguments: list[str]) -> None:
    status, said = ended(EXAMPLE, *arguments)
    assert status == 2
    assert arguments[0] in said


def test_the_cameras_take_turns_and_the_same_number_draws_the_same_scene() -> None:
    assert {draw(number).camera_id for number in range(3)} == set(CAMERAS)
    assert draw(4).jpeg() == draw(4).jpeg()
    assert all(draw(number).things for number in range(9))


async def test_the_disk_does_not_fill_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "MOST_IMAGES", 3)
    filming = asyncio.create_task(pipeline.film(tmp_path, every=0.001))
    try:
        await until(lambda: min(images(tmp_path), default=0) > 1, within=30)
        assert len(images(tmp_path)) <= 4
    finally:
        filming.cancel()


def images(root: Path) -> list[int]:
    """The numbers of the images that are there."""
    return [int(path.name[:4]) for path in root.glob("*/*.jpg")]
