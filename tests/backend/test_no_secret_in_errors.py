"""The programs say what is wrong with a Redis URL, and never show a part of a password."""

from __future__ import annotations

import os
import subprocess
import sys
import traceback

import pytest

from backend import pipeline
from backend.core.diagnosis import what_is_wrong_with
from backend.core.redis import RedisClient
from backend.tools import dlq

# Each part by itself could be read as a host, a user, a port, a path, a database or an option.
PARTS = ("hush", "4711")
SPLITTERS = ["/", "?", "#", "[", "]", "/?", "?#", "@/", "@?", ":/", "/@", "=?", "?=", " /"]
SECRETS = [
    first + splitter + second for splitter in SPLITTERS for first, second in (PARTS, PARTS[::-1])
]
PLACES = [
    "redis://:{}@localhost:6379/0",
    "redis://user:{}@localhost:6379/0",
    "rediss://:{}@localhost",
    "unix://:{}@/tmp/redis.sock",
]
OTHERS = [
    "{}",
    ":{}@localhost:6379",
    "http://:{}@localhost",
    "redis:/:{}@localhost/0",
    "redis:///:{}@localhost/0",
    "redis://:{}@localhost:99999/0",
    "redis://:{}@localhost:0/0",
    "redis://:{}@localhost:6379/zero",
    "redis://:{}@localhost/0?socket_timeout=x",
    "redis://:{}@localhost/0?db={}",
    "redis://localhost/0?{}",
    "redis://localhost/0?{}=1",
    "redis://localhost/0#{}",
    "redis://localhost/{}@0",
    "unix://:{}@",
]
URLS = [
    *(place.replace("{}", secret) for place in PLACES for secret in SECRETS),
    *(place.replace("{}", "hush") for place in OTHERS),
]


def test_a_password_that_would_split_the_url_makes_it_unreadable() -> None:
    """Else its first half would be taken for a host or a port, and be shown as such."""
    assert [url for url in URLS if what_is_wrong_with(url) is None] == []


def assert_no_secret(said: str) -> None:
    assert "redis://HOST:PORT/DATABASE" in said
    assert not any(part in said for part in PARTS), said


SEVERAL_SERVERS = [
    "redis+sentinel://:{}@localhost:26379/primary/0",
    "redis+sentinel://user:{}@localhost:26379,localhost:26380/primary",
    "redis+cluster://:{}@localhost:7000,localhost:7001",
    "redis+cluster://user:{}@localhost",
]
WITHOUT_A_USER = ["redis+sentinel://:hush/4711", "redis+cluster://:hush"]


async def test_the_client_shows_no_part_of_a_password() -> None:
    several = [place.replace("{}", secret) for place in SEVERAL_SERVERS for secret in SECRETS]
    for url in URLS + several + WITHOUT_A_USER:
        with pytest.raises(ValueError, match="redis") as raised:
            await RedisClient(url, namespace="{home-7}:").connect()
        shown = "".join(traceback.format_exception(raised.value))
        assert not any(part in shown for part in PARTS), shown


@pytest.mark.parametrize("url", URLS)
async def test_the_pipeline_shows_no_part_of_a_password(url: str) -> None:
    with pytest.raises(pipeline.PipelineError) as raised:
        await pipeline.run(pipeline.parse(["--redis-url", url, "--stage", "web"]))
    assert_no_secret(str(raised.value))


@pytest.mark.parametrize("url", URLS)
def test_the_tool_shows_no_part_of_a_password(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert dlq.main(["list", "q", "--url", url]) == 1
    said = capsys.readouterr()
    assert_no_secret(said.out + said.err)


@pytest.mark.parametrize(
    "program",
    [["backend.pipeline", "--stage", "web"], ["backend.tools.dlq", "list", "q"]],
    ids=lambda line: line[0],
)
def test_a_url_from_the_environment_is_not_shown_either(program: list[str]) -> None:
    result = subprocess.run(
        [sys.executable, "-m", *program],
        env=os.environ | {"REDIS_URL": "redis://:hush/4711@localhost:6379/0"},
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert result.returncode == 1
    assert_no_secret(result.stdout + result.stderr)
    assert "Traceback" not in result.stderr
