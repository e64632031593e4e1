"""Commands typed as in redis-cli, and the answers printed as redis-cli prints them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO

import pytest
import redis
from tests.support import as_user

from backend.tools.cli import Cli, main, read
from backend.tools.command_line import NotDoneError
from private_redis import PrivateServer

Say = Callable[[str], str]


@pytest.fixture
def say(private_server: PrivateServer, capsys: pytest.CaptureFixture[str]) -> Say:
    """Type a line, and return what is printed."""
    cli = Cli(private_server.url)

    def type_in(line: str) -> str:
        cli(line)
        return capsys.readouterr().out.removesuffix("\n")

    return type_in


def test_each_kind_of_answer_looks_as_in_redis_cli(say: Say) -> None:
    assert say("PING") == "PONG"
    assert say("RPUSH q 1 'two words' \"it's\"") == "(integer) 3"
    assert say("LRANGE q 0 -1") == '1) "1"\n2) "two words"\n3) "it\'s"'
    assert say("LRANGE q 7 9") == "(empty array)"
    assert say("GET nothing") == "(nil)"
    assert say("TYPE q") == "list"
    assert say("GET q") == (
        "(error) WRONGTYPE Operation against a key holding the wrong kind of value"
    )
    assert say("NONSENSE x").startswith("(error) ERR unknown command 'NONSENSE'")


# What redis-cli 7.0.15 prints of these replies, with --no-raw.
@pytest.mark.parametrize(
    ("reply", "printed"),
    [
        (b"+OK\r\n", "OK"),
        (b"$-1\r\n", "(nil)"),
        (b"*-1\r\n", "(nil)"),
        (b"*0\r\n", "(empty array)"),
        (b"$0\r\n\r\n", '""'),
        (b'$3\r\n"\\\n\r\n', r'"\"\\\n"'),
        (b"$3\r\n\xc3\xa9\x00\r\n", r'"\xc3\xa9\x00"'),
        (b"$4\r\n\r\n\r\n\r\n", r'"\r\n\r\n"'),
        (b"*2\r\n$1\r\n0\r\n*2\r\n:1\r\n+x\r\n", '1) "0"\n2) 1) (integer) 1\n   2) x'),
        (b"*1\r\n*1\r\n*0\r\n", "1) 1) (empty array)"),
        (b"*2\r\n-ERR no\r\n$-1\r\n", "1) (error) ERR no\n2) (nil)"),
    ],
)
def test_a_reply_is_printed_as_redis_cli_prints_it(reply: bytes, printed: str) -> None:
    assert read(BytesIO(reply)) == printed


def test_the_numbers_of_a_long_list_are_aligned(say: Say) -> None:
    say("RPUSH q " + " ".join("abcdefghij"))
    lines = say("LRANGE q 0 -1").splitlines()
    assert (lines[0], lines[8], lines[9]) == (' 1) "a"', ' 9) "i"', '10) "j"')


def test_a_text_to_read_has_no_quotes(say: Say) -> None:
    assert say("INFO clients").startswith("# Clients\nconnected_clients:")
    assert " cmd=client|list " in say("client list")


def test_grep_keeps_the_lines_with_a_word(say: Say) -> None:
    assert say("INFO clients | grep blocked_clients") == "blocked_clients:0"


@pytest.mark.parametrize("line", ["", "  ", "MONITOR", "subscribe security_events"])
def test_a_line_without_an_answer_that_ends_is_refused(say: Say, line: str) -> None:
    with pytest.raises(ValueError, match="not a command that ends"):
        say(line)


def test_a_server_that_is_away_or_hangs_is_told(private_server: PrivateServer) -> None:
    cli = Cli(private_server.url, timeout=0.2)
    private_server.pause()
    with pytest.raises(NotDoneError, match=r"no answer within 0\.2 s\."):
        cli("PING")
    private_server.stop()
    with pytest.raises(NotDoneError, match="nothing listens there"):
        cli("PING")


def test_a_password_is_used_and_not_shown(private_server: PrivateServer, say: Say) -> None:
    say("CONFIG SET requirepass open-sesame")
    right = as_user(private_server.url, password="open-sesame")
    assert Cli(right).ask(["PING"]) == "PONG"
    with pytest.raises(NotDoneError, match="refused") as refused:
        Cli(as_user(private_server.url, password="mistaken"))("PING")
    assert "mistaken" not in str(refused.value)


def test_a_url_that_is_none_is_told() -> None:
    with pytest.raises(NotDoneError, match="redis://HOST:PORT/DATABASE"):
        Cli("localhost:6379")


# ---- in a shell ----


def in_a_shell(url: str, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "backend.tools.cli", *words],
        env=os.environ | {"REDIS_URL": url},
        input=typed,
        capture_output=True,
        text=True,
    )


def test_a_command_in_a_shell_is_answered(private_server: PrivateServer) -> None:
    result = in_a_shell(private_server.url, "RPUSH", "q", "a b")
    assert (result.returncode, result.stdout, result.stderr) == (0, "(integer) 1\n", "")


def test_a_prompt_answers_until_there_are_no_more_lines(private_server: PrivateServer) -> None:
    result = in_a_shell(private_server.url, typed="PING\n\nMONITOR\nGET x\n")
    assert result.stdout == "redis> PONG\nredis> redis> MONITOR: not a command that ends\n" + (
        "redis> (nil)\nredis> \n"
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_the_exit_status_tells_an_error_and_no_answer(
    private_server: PrivateServer, capsys: pytest.CaptureFixture[str]
) -> None:
    url = private_server.url
    with redis.Redis.from_url(url) as plain:
        plain.set("x", 1)
    assert main(["--url", url, "LLEN", "x"]) == 1
    assert main(["--url", url, "MONITOR"]) == 2
    private_server.stop()
    assert main(["--url", url, "PING"]) == 2
    assert "nothing listens there" in capsys.readouterr().err
