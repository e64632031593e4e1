"""The tool for dead letters, as a shell runs it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from tests.backend.letters import give_up, put, raw

from backend.core.dead_letters import DeadLetters
from backend.core.push import add_to_queue_safe
from backend.core.redis import RedisClient
from backend.tools import dlq
from private_redis import PrivateServer

Shell = Callable[..., Any]


@pytest.fixture
def letters(client: RedisClient) -> DeadLetters:
    return DeadLetters(client, "q")


@pytest.fixture
def shell(redis_url: str, namespace: str, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Run the tool as a shell would; return exit status, output and errors."""

    async def run(*arguments: str, url: str = redis_url) -> tuple[int, str, str]:
        line = [*arguments, "--url", url, "--namespace", namespace]
        status = await asyncio.to_thread(dlq.main, line)
        return status, *capsys.readouterr()

    return run


async def test_list_prints_a_table(client: RedisClient, letters: DeadLetters, shell: Shell) -> None:
    await give_up(client, b'{"camera_id":"front_door"}')
    await put(client, b"not JSON \x1b[31m")
    first, second = [letter.id for letter in await letters.page()]
    status, out, err = await shell("list", "q")
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "dlq:q: 1 to 2 of 2, oldest first",
        "ID            LAST FAILED                ATTEMPTS  REASON"
        "                                    ITEM",
        f"{first}  2025-01-15T10:30:07+00:00         3  ValueError: no such camera"
        '                {"camera_id":"front_door"}',
        f"{second}                                       (not a dead letter of ours)"
        "               not JSON \\x1b[31m",
    ]


async def test_list_shows_a_part_and_says_of_how_many(client: RedisClient, shell: Shell) -> None:
    await give_up(client, *(b"%d" % number for number in range(30)))
    _, out, _ = await shell("list", "q", "--start", "10", "--count", "5")
    assert "11 to 15 of 30" in out
    assert [line.split()[-1] for line in out.splitlines()[2:]] == ["10", "11", "12", "13", "14"]


async def test_list_of_nothing_says_so(shell: Shell) -> None:
    assert await shell("list", "q") == (0, "dlq:q: nothing to show (0 entries in all)\n", "")


async def test_a_long_item_is_cut_to_one_line(client: RedisClient, shell: Shell) -> None:
    await give_up(client, b'"' + b"x" * 1_000_000 + b'"')
    _, out, _ = await shell("list", "q")
    assert max(map(len, out.splitlines())) < 180
    assert out.endswith("xxx…\n")


async def test_requeue_one_from_the_shell(
    client: RedisClient, letters: DeadLetters, shell: Shell
) -> None:
    await give_up(client, b"1", b"2")
    id = (await letters.page())[1].id
    assert await shell("requeue", "q", id) == (0, f"Requeued {id} into q.\n", "")
    assert await raw(client, "q") == [b"2"]


async def test_requeue_all_of_the_overflow_from_the_shell(
    client: RedisClient, shell: Shell
) -> None:
    for number in range(3):
        await add_to_queue_safe(client, "q", number, max_size=1, overflow_policy="dlq")
    assert await shell("requeue", "q", "--all", "--overflow") == (
        0,
        "Requeued 2 entries into q.\n",
        "",
    )
    assert await client.peek_queue("q") == [2, 0, 1]


async def test_requeue_all_that_leaves_something_says_so_and_fails(
    client: RedisClient, shell: Shell
) -> None:
    await give_up(client, b"1")
    await put(client, b"strange")
    status, out, err = await shell("requeue", "q", "--all")
    assert (status, out) == (1, "Requeued 1 entry into q.\n")
    assert "1 entry left in dlq:q" in err


async def test_requeueing_a_stranger_from_the_shell_says_what_to_do(
    client: RedisClient, letters: DeadLetters, shell: Shell
) -> None:
    await put(client, b"strange")
    status, _, err = await shell("requeue", "q", (await letters.page())[0].id)
    assert status == 1
    assert "`delete` removes it" in err


async def test_delete_one_from_the_shell(
    client: RedisClient, letters: DeadLetters, shell: Shell
) -> None:
    await give_up(client, b"1")
    id = (await letters.page())[0].id
    assert await shell("delete", "q", id) == (0, f"Deleted {id} from dlq:q.\n", "")
    assert await letters.length() == 0


async def test_delete_all_asks_for_yes(
    client: RedisClient, letters: DeadLetters, shell: Shell
) -> None:
    await give_up(client, b"1", b"2")
    status, _, err = await shell("delete", "q", "--all")
    assert (status, await letters.length()) == (1, 2)
    assert "would delete 2 entries from dlq:q for good" in err
    assert await shell("delete", "q", "--all", "--yes") == (
        0,
        "Deleted 2 entries from dlq:q.\n",
        "",
    )


async def test_an_unknown_id_is_an_error_for_the_shell(shell: Shell) -> None:
    status, _, err = await shell("delete", "q", "1a2b3c4d5e6f")
    assert status == 1
    assert "dlq:q has no entry 1a2b3c4d5e6f" in err


@pytest.mark.parametrize(
    "line",
    [["requeue", "q"], ["delete", "q", "id", "--all"], ["list", "q", "--count", "0"], ["list"]],
    ids=" ".join,
)
def test_a_command_that_makes_no_sense_is_explained(
    line: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        dlq.main(line)
    assert "usage:" in capsys.readouterr().err


async def test_a_key_that_is_no_list_is_an_error_for_the_shell(
    client: RedisClient, shell: Shell
) -> None:
    await client.set("dlq:q", "a text")
    status, _, err = await shell("list", "q")
    assert (status, err.splitlines()) == (
        1,
        ["Redis refused: WRONGTYPE Operation against a key holding the wrong kind of value"],
    )


async def test_a_url_that_is_none_is_explained_without_showing_its_password(shell: Shell) -> None:
    status, out, err = await shell("list", "q", url="rediss://:secret@host:port")
    assert (status, out) == (1, "")
    assert "redis://HOST:PORT/DATABASE" in err
    assert "secret" not in err


def test_an_unreachable_server_is_one_clear_message_and_no_traceback(
    private_server: PrivateServer,
) -> None:
    url = private_server.url
    private_server.stop()
    result = subprocess.run(
        [sys.executable, "-m", "backend.tools.dlq", "list", "q"],
        env=os.environ | {"REDIS_URL": url},
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Tried Redis at 127.0.0.1:{private_server.port}, database 0: ")
    assert "Start the server, or correct the host and port" in result.stderr
    assert "REDIS_URL" in result.stderr
    assert "Traceback" not in result.stderr


async def test_a_reader_that_has_seen_enough_is_no_error(
    client: RedisClient, redis_url: str, namespace: str
) -> None:
    await give_up(client, *(b"%d" % number for number in range(2000)))
    line = ["list", "q", "--count", "2000", "--url", redis_url, "--namespace", namespace]
    tool = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "backend.tools.dlq",
        *line,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        limit=100,  # what is not read stays in the pipe
    )
    assert tool.stdout
    assert tool.stderr
    await tool.stdout.read(10)
    tool._transport.get_pipe_transport(1).close()
    assert await tool.stderr.read() == b""
    assert await tool.wait() == 0
