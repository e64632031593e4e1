"""The tool that looks at the queues, as a shell, cron or a probe runs it."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis.asyncio
from tests.support import as_user

from backend.core.redis import RedisClient
from backend.core.reliable_queue import ReliableQueue
from backend.services.file_watcher import DETECTION_QUEUE
from backend.tools import queues
from private_redis import PrivateServer
from private_redis.program import find_server

Shell = Callable[..., Awaitable[tuple[int, str, str]]]


@pytest.fixture
def shell(redis_url: str, namespace: str, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Run the tool as a shell would, with one look; return exit status, output and errors."""

    async def run(*arguments: str, url: str = redis_url) -> tuple[int, str, str]:
        line = ["--url", url, "--namespace", namespace, "--over", "0", *arguments]
        status = await asyncio.to_thread(queues.main, line)
        return status, *capsys.readouterr()

    return run


async def add(client: RedisClient, count: int = 1, *, age: float = 0.0) -> None:
    moment = datetime.now(UTC) - timedelta(seconds=age)
    for number in range(count):
        job = {"timestamp": moment.isoformat(), "number": number}
        await client.add_to_queue(DETECTION_QUEUE, job)


async def give_up_one(client: RedisClient) -> None:
    async with ReliableQueue(client, DETECTION_QUEUE, max_attempts=1) as queue:
        job = await queue.take()
        assert job
        await queue.fail(job, "never")


def rows(out: str) -> list[list[str]]:
    """The lines of the output, each as its columns."""
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in out.split("\n")]


# ---- the table ----


async def test_the_table_has_a_row_for_each_queue(client: RedisClient, shell: Shell) -> None:
    await add(client, 3, age=5430)
    async with ReliableQueue(client, DETECTION_QUEUE, consumer="one", lease=1000) as queue:
        await queue.take()
        status, out, err = await shell()
    assert (status, err) == (0, "")
    lines = rows(out)
    assert [line[:8] for line in lines[2:5]] == [
        ["QUEUE", "WAITING", "RETRY", "IN HAND", "OLDEST", "DEAD", "OVERFLOW", "ALIVE"],
        ["detection_queue", "2", "0", "1", "90 min", "0", "0", "1"],
        ["analysis_queue", "0", "0", "0", "-", "0", "0", "0"],
    ]
    assert ["one", "detection_queue", "1", "90 min", "1", "16 min"] in lines


async def test_the_columns_are_aligned(client: RedisClient, shell: Shell) -> None:
    await add(client, 12)
    _, out, _ = await shell()
    header, first, second = out.splitlines()[2:5]
    assert header.index("WAITING") + len("WAITING") == first.index(" 12 ") + 3
    assert second[header.index("WAITING") + len("WAITING") - 1] == "0"


async def test_a_further_queue_is_named(client: RedisClient, shell: Shell) -> None:
    await client.add_to_queue("example_detections_queue", 1)
    _, out, _ = await shell("--queue", "example_detections_queue")
    assert ["example_detections_queue", "1", "0", "0", "?"] in [line[:5] for line in rows(out)]


async def test_two_looks_tell_what_came_and_what_went(client: RedisClient, shell: Shell) -> None:
    async with ReliableQueue(client, DETECTION_QUEUE) as queue:

        async def produce_and_consume() -> None:
            while True:
                await add(client)
                async with queue.reserve(timeout=5):
                    await asyncio.sleep(0.01)

        working = asyncio.create_task(produce_and_consume())
        _, out, _ = await shell("--json", "--over", "1")
        working.cancel()
        await asyncio.wait([working])
    went = json.loads(out)["queues"][DETECTION_QUEUE]["flow"]
    assert 1 < went["departures"] <= 100
    assert abs(went["arrivals"] - went["departures"]) <= 2


async def test_a_dead_consumer_stands_first(client: RedisClient, shell: Shell) -> None:
    async with ReliableQueue(client, DETECTION_QUEUE, consumer="alive"):
        await client.call("ZADD", client.full_name(f"{DETECTION_QUEUE}:consumers"), 0, "dead")
        _, out, _ = await shell()
    names = [line[0] for line in rows(out) if line and line[0] in ("alive", "dead")]
    assert names == ["dead", "alive"]
    assert ["dead", "detection_queue", "0", "-", "-", "run out"] in rows(out)


async def test_many_consumers_make_no_long_table(client: RedisClient, shell: Shell) -> None:
    members = [part for number in range(500) for part in (number, f"consumer-{number}")]
    await client.call("ZADD", client.full_name(f"{DETECTION_QUEUE}:consumers"), *members)
    _, out, _ = await shell()
    assert len(out.splitlines()) < 40
    assert "… and 480 more" in out


async def test_names_do_no_harm_to_a_terminal(client: RedisClient, shell: Shell) -> None:
    name = client.full_name(f"{DETECTION_QUEUE}:consumers")
    await client.call("ZADD", name, 0, "\x1b[31m" + "x" * 100)
    _, out, _ = await shell()
    assert "\\x1b[31mxxx" in out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) < 140


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        *[(None, "-"), (0.4, "0 s"), (119.9, "119 s"), (120, "2 min"), (7199, "119 min")],
        *[(7200, "2 h"), (172_799, "47 h"), (172_800, "2 d"), (-3600, "-60 min")],
    ],
)
def test_a_duration_has_one_unit(seconds: float | None, text: str) -> None:
    assert queues.duration(seconds) == text


# ---- for programs ----


async def test_json_is_one_line_that_holds_every_number(client: RedisClient, shell: Shell) -> None:
    await add(client, 2, age=90)
    status, out, _ = await shell("--json")
    assert (status, out.count("\n")) == (0, 1)
    answer = json.loads(out)
    queue = answer["queues"][DETECTION_QUEUE]
    assert (queue["waiting"], queue["in_hand"], queue["flow"]) == (2, 0, None)
    assert 90 <= queue["oldest"] < 120
    assert answer["server"]["blocked_clients"] >= 0
    assert (answer["beyond_limits"], answer["problems"]) == ([], [])


@pytest.mark.parametrize(
    ("limit", "beyond"),
    [
        ("--max-age=60", "detection_queue: the oldest item is 90 s old"),
        ("--max-length=1", "detection_queue: 2 items wait"),
        ("--max-dead=0", "detection_queue: dead letters: 1"),
        ("--min-consumers=1", "detection_queue: consumers alive: 0"),
    ],
)
async def test_what_is_beyond_a_limit_is_said_and_is_exit_status_1(
    client: RedisClient, shell: Shell, limit: str, beyond: str
) -> None:
    await add(client, 3, age=90.5)
    await give_up_one(client)
    status, out, _ = await shell(limit)
    assert (status, f"! {beyond}" in out) == (1, True)
    status, out, _ = await shell(limit, "--json")
    assert (status, json.loads(out)["beyond_limits"][0].startswith(beyond)) == (1, True)


@pytest.mark.parametrize(
    "limit", ["--max-age=1000", "--max-length=2", "--max-dead=1", "--min-consumers=0"]
)
async def test_what_is_within_a_limit_is_exit_status_0(
    client: RedisClient, shell: Shell, limit: str
) -> None:
    await add(client, 3, age=90)
    await give_up_one(client)
    assert (await shell(limit))[0] == 0


async def test_an_age_that_cannot_be_read_is_beyond_its_limit(
    client: RedisClient, shell: Shell
) -> None:
    await client.add_to_queue(DETECTION_QUEUE, "no timestamp")
    status, out, _ = await shell("--max-age", "60")
    assert (status, "the age of its items cannot be read" in out) == (1, True)


async def test_an_empty_queue_is_not_too_old(shell: Shell) -> None:
    assert (await shell("--max-age", "0"))[0] == 0


async def test_memory_has_a_limit_in_percent(
    quick: RedisClient, admin: redis.asyncio.Redis, shell: Shell, private_server: PrivateServer
) -> None:
    assert (await shell("--max-memory", "0", url=private_server.url))[0] == 0  # no limit of its own
    used = (await admin.info("memory"))["used_memory"]
    await admin.config_set("maxmemory", used * 2)
    status, out, _ = await shell("--max-memory", "30", url=private_server.url)
    assert (status, "% is used (--max-memory)" in out) == (1, True)
    assert (await shell("--max-memory", "90", url=private_server.url))[0] == 0


@pytest.fixture
async def admin(private_server: PrivateServer) -> AsyncIterator[redis.asyncio.Redis]:
    async with redis.asyncio.Redis.from_url(private_server.url) as plain:
        yield plain


# ---- when it cannot look ----


async def test_a_queue_of_the_wrong_type_is_named_and_the_others_are_shown(
    client: RedisClient, shell: Shell
) -> None:
    await add(client, 3)
    await client.set("analysis_queue", "text")
    status, out, _ = await shell("--max-length", "2")
    assert status == 2
    assert "! analysis_queue: WRONGTYPE " in out
    assert "analysis_queue is a string, not a list\n" in out
    assert "! detection_queue: 3 items wait" in out


def in_a_shell(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "backend.tools.queues", *arguments],
        env=os.environ | {"REDIS_URL": url},
        capture_output=True,
        text=True,
    )


def test_a_server_that_is_away_is_one_clear_message(private_server: PrivateServer) -> None:
    private_server.stop()
    result = in_a_shell(private_server.url)
    assert (result.returncode, result.stdout) == (2, "")
    assert "nothing listens there. Start the server" in result.stderr
    assert "REDIS_URL" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_server_that_hangs_is_told_within_its_time(private_server: PrivateServer) -> None:
    private_server.pause()
    result = in_a_shell(private_server.url)
    assert (result.returncode, result.stdout) == (2, "")
    assert "no answer within 5 s. It may hang" in result.stderr


async def test_a_wrong_password_is_told_and_not_shown(
    admin: redis.asyncio.Redis, private_server: PrivateServer, shell: Shell
) -> None:
    await admin.config_set("requirepass", "right")
    status, out, err = await shell(url=as_user(private_server.url, password="mistaken"))
    assert (status, out) == (2, "")
    assert "it refused the user name or the password" in err
    assert "mistaken" not in err


async def test_a_user_who_may_not_look_is_told_what_is_missing(
    admin: redis.asyncio.Redis, private_server: PrivateServer, shell: Shell
) -> None:
    await admin.execute_command(
        "ACL", "SETUSER", "guest", "on", ">secret", "~*", "+ping", "+evalsha", "+script|load"
    )
    status, out, err = await shell(url=as_user(private_server.url, "guest", "secret"))
    assert (status, out) == (2, "")
    assert "it lets us in, but not work" in err
    assert "Ask the person who runs it for the permission" in err


LOOKING = (
    *("ACL", "SETUSER", "watcher", "on", ">secret", "~detection_queue*", "~analysis_queue*"),
    *("~dlq:*", "+ping", "+info", "+time", "+evalsha", "+script|load", "+type", "+llen"),
    *("+lindex", "+lpos", "+lrange", "+zcard", "+zrange", "+pttl", "+get"),
)
"""What a user needs to look, and no more."""


async def test_a_user_who_may_read_and_nothing_else_can_look(
    admin: redis.asyncio.Redis, private_server: PrivateServer
) -> None:
    await admin.execute_command(*LOOKING)
    async with (
        RedisClient(private_server.url) as client,
        ReliableQueue(client, DETECTION_QUEUE) as queue,
    ):
        await add(client, 2)
        await queue.take()
        url = as_user(private_server.url, "watcher", "secret")
        result = await asyncio.to_thread(in_a_shell, url, "--over", "0.1", "--max-length", "5")
    assert (result.returncode, result.stderr) == (0, "")
    assert "detection_queue        1      0        1" in result.stdout


async def test_a_node_of_a_cluster_is_refused_and_told_why(shell: Shell, tmp_path: Path) -> None:
    with PrivateServer(cluster_program(tmp_path, str(find_server()))) as node:
        status, out, err = await shell(url=node.url)
    assert (status, out) == (2, "")
    assert "it is no server for us: This server is a node of a Redis Cluster" in err
    assert ".." not in err


def cluster_program(folder: Path, server: str) -> Path:
    """A program that starts a node of a cluster, with the options that it is given."""
    program = folder / "node"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(server)} "$@" --cluster-enabled yes\n')
    program.chmod(0o755)
    return program


# ---- watching ----


async def test_watching_goes_on_when_the_server_was_away(private_server: PrivateServer) -> None:
    tool = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "backend.tools.queues", "--json", "--watch", "0.1"),
        env=os.environ | {"REDIS_URL": private_server.url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert tool.stdout
    assert tool.stderr
    try:
        async with asyncio.timeout(30):
            first = json.loads(await tool.stdout.readline())
            second = json.loads(await tool.stdout.readline())
            private_server.stop()
            told = (await tool.stderr.readline()).decode()
            private_server.start()
            while json.loads(await tool.stdout.readline())["server"]["uptime"] > 20:
                pass
    finally:
        tool.terminate()
        await tool.communicate()
    assert first["queues"][DETECTION_QUEUE]["flow"] is None  # nothing to compare with
    assert second["queues"][DETECTION_QUEUE]["flow"]["growth"] == 0
    assert told.startswith("Tried Redis at 127.0.0.1:")


async def test_ctrl_c_ends_it_without_a_traceback(redis_url: str) -> None:
    tool = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "backend.tools.queues", "--watch", "60", "--url", redis_url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert tool.stdout
    await tool.stdout.readline()
    tool.send_signal(signal.SIGINT)
    _, err = await tool.communicate()
    assert (tool.returncode, err) == (130, b"")


@pytest.mark.parametrize(
    "line",
    [
        ["--max-age", "-1"],
        ["--watch", "0"],
        ["--over", "x"],
        ["--max-length", "inf"],
        ["detection"],
    ],
    ids=" ".join,
)
def test_a_command_that_makes_no_sense_is_explained(
    line: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        queues.main(line)
    assert "usage:" in capsys.readouterr().err
