"""`python -m course doctor`: one line a thing, the remedy, an exit status, never a traceback."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import redis
from tests.support import SECRET, as_user

import backend as backend_package
from course import __main__ as commands
from doctor import findings
from doctor.kernel import judged
from doctor.lessons import refusals
from private_redis import PrivateServer

ROOT = Path(__file__).parents[2]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {key: value for key, value in os.environ.items() if key != "REDIS_URL"}
    return subprocess.run(
        [sys.executable, "-m", "course", *arguments],
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_without_a_command_the_commands_are_listed() -> None:
    said = run()
    assert "doctor" in said.stdout
    assert said.returncode == 0


def test_a_good_environment_passes_with_one_line_for_each_thing() -> None:
    said = run("doctor")
    lines = said.stdout.splitlines()
    assert said.returncode == 0, said.stdout
    assert [line.split(":")[0] for line in lines if ":" in line] == [
        "ok    Python",
        "ok    packages",
        "ok    open files",
        "ok    kernel",
        "ok    server program",
        "ok    Redis",
        "ok    server version",
        "ok    round trip",
        "ok    memory policy",
        "ok    permissions",
    ]
    assert said.stderr == ""


@pytest.fixture
def examined(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[str], tuple[int, str]]:
    """Run the doctor in this process for a URL; return its exit status and what it prints."""

    def examine(url: str) -> tuple[int, str]:
        monkeypatch.setenv("REDIS_URL", url)
        # How this very environment was set up is another test's matter.
        monkeypatch.setattr(findings, "packages", lambda: ("ok", "all"))
        monkeypatch.setattr("doctor.kernel.kernel", lambda: ("ok", "starts"))
        status = commands.main(["doctor"])
        return status, capsys.readouterr().out

    return examine


Examined = Callable[[str], tuple[int, str]]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://127.0.0.1:1/0", "refused"),
        ("redis://no-such-host.invalid/0", "no machine of this name"),
        (f"redis://:{SECRET}/0", "cannot be read"),
        (f"{SECRET}@localhost", "cannot be read"),
    ],
)
def test_a_url_that_leads_nowhere_fails_with_the_remedy(
    examined: Examined, url: str, expected: str
) -> None:
    status, said = examined(url)
    assert status == 1
    assert f"{expected}" in said
    assert "FAIL  Redis: " in said
    assert SECRET not in said


def test_a_server_that_goes_away_in_between_fails_without_a_traceback(
    private_server: PrivateServer,
) -> None:
    private_server.stop()
    marks = [mark for _, (mark, _) in findings.server_findings(private_server.url)]
    assert marks == ["FAIL"]


def test_a_server_that_does_not_speak_redis_fails(examined: Examined) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        status, said = examined(f"redis://127.0.0.1:{listener.getsockname()[1]}/0")
    assert status == 1
    assert "does not speak Redis" in said


def test_a_password_is_not_shown(examined: Examined, private_server: PrivateServer) -> None:
    with redis.Redis.from_url(private_server.url) as client:
        client.config_set("requirepass", SECRET)
    for password in (SECRET, f"wrong-{SECRET}"):
        _, said = examined(as_user(private_server.url, password=password))
        assert SECRET not in said


def test_nothing_is_left_on_the_server(examined: Examined, private_server: PrivateServer) -> None:
    status, _ = examined(private_server.url)
    assert status == 0
    with redis.Redis.from_url(private_server.url) as client:
        assert client.dbsize() == 0


def test_an_evicting_server_is_a_warning(examined: Examined, private_server: PrivateServer) -> None:
    with redis.Redis.from_url(private_server.url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
    status, said = examined(private_server.url)
    assert status == 0
    assert "warn  memory policy: allkeys-lru" in said
    assert "noeviction" in said
    assert re.search(r"The lessons can run; \d+ warn: read first\.", said)


def test_a_slow_server_is_a_warning(
    examined: Examined, private_server: PrivateServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findings, "SLOW_ROUND_TRIP", 0.0)
    _, said = examined(private_server.url)
    assert "warn  round trip" in said


@pytest.mark.parametrize(
    ("rights", "mark", "named"),
    [
        (
            "+@all ~* &* -monitor",
            "warn",
            "the commands on the wire (The commands cannot be shown here: Redis refuses MONITOR",
        ),
        (
            "+@all ~* &* -blpop -publish",
            "FAIL",
            "'blpop' command); events (",
        ),
        ("+@all ~* resetchannels", "FAIL", "refused: events, a channel as it is written (No perm"),
        ("+@all &* ~others:*", "FAIL", "the queue, the reliable queue, the cache"),
        (
            "+@all ~course:* resetchannels &course:*",
            "warn",
            "the example script (No perm",
        ),
        (
            "+@all ~course:* ~example:* resetchannels &course:* &example:*",
            "warn",
            "a channel as it is written (No perm",
        ),
        ("+@all ~course:* ~example:* resetchannels &course:* &*", "ok", "is allowed"),
        (
            "+@all ~* &* -pubsub",
            "FAIL",
            "cleaning up (User guest",
        ),
        ("+@all ~* &* -echo", "warn", "'echo' command"),
        ("+@all ~* &* -expire", "FAIL", "'expire' command"),
        ("+@all ~* &* -pttl", "FAIL", "'pttl' command"),
        ("+@all ~* &* -evalsha", "FAIL", "'evalsha' command"),
        ("+@all ~* &* -blmove", "FAIL", "'blmove' command"),
        ("+@all ~* &* -dump", "FAIL", "the judge of the exercises"),
        ("+@all ~* &* -time", "FAIL", "'time' command"),
        ("+@all ~* &* -unsubscribe", "FAIL", "'unsubscribe' command"),
    ],
)
def test_a_missing_permission_is_named(
    examined: Examined, private_server: PrivateServer, rights: str, mark: str, named: str
) -> None:
    with redis.Redis.from_url(private_server.url) as client:
        client.execute_command("ACL", "SETUSER", "guest", "on", f">{SECRET}", *rights.split())
    status, said = examined(as_user(private_server.url, "guest", SECRET))
    line = said.splitlines()[-3]
    assert line.startswith(f"{mark:<4}  permissions: ")
    assert named in line
    assert status == (1 if mark == "FAIL" else 0)


def test_a_user_who_may_not_ask_for_info_gets_warnings(
    examined: Examined, private_server: PrivateServer
) -> None:
    with redis.Redis.from_url(private_server.url) as client:
        client.execute_command(*f"ACL SETUSER guest on >{SECRET} ~* &* +@all -info".split())
    status, said = examined(as_user(private_server.url, "guest", SECRET))
    assert status == 0
    assert "warn  memory policy: this user may not ask" in said
    assert "warn  server version: this user may not ask (INFO). Lessons 01 and 04" in said


def test_every_command_that_the_lessons_need_is_tried(private_server: PrivateServer) -> None:
    backend = Path(backend_package.__path__[0])
    code = "".join(
        source.read_text(encoding="utf-8")
        for folder in ("core", "services")
        for kind in ("*.py", "*.lua")
        for source in (backend / folder).rglob(kind)
    )
    sent = set(re.findall(r"\bcall\(\s*[\"']([A-Z]+)[\"']", code))
    assert len(sent) >= 25, "the pattern no longer fits how commands are sent"
    refusals(private_server.url)
    with redis.Redis.from_url(private_server.url) as client:
        ran = {
            re.findall("cmdstat_([a-z]+)", name)[0].upper() for name in client.info("commandstats")
        }
    only_where_others_have_written = {"RENAME"}
    assert sent - ran == only_where_others_have_written


def test_packages_that_are_missing_or_differ_are_named(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(
        "# a comment\nredis==0.1\nno-such-package==1.0\npytest>=1\n"
        "not-for-this-python==1 ; python_version < '3'\n"
    )
    mark, says = findings.packages(requirements)
    assert mark == "FAIL"
    assert "2 of the 3" in says
    assert "no-such-package is missing" in says
    assert "not ==0.1" in says
    assert "make lab" in says


def test_pip_may_have_been_raised(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("pip==0.1\n")
    assert findings.packages(requirements)[0] == "ok"


def test_packages_as_pinned_pass(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(f"redis=={redis.__version__}\n")
    assert findings.packages(requirements)[0] == "ok"


@pytest.mark.parametrize(
    ("version", "mark"),
    [((3, 10, 13), "FAIL"), ((3, 11, 0), "ok"), ((3, 14, 5), "ok"), ((3, 15, 0), "warn")],
)
def test_python_versions(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...], mark: str
) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    assert findings.python_version()[0] == mark


def test_it_runs_where_no_package_is_installed() -> None:
    said = subprocess.run(
        [sys.executable, "-S", "-m", "course", "doctor"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert said.returncode == 1
    assert said.stderr == ""
    assert "FAIL  Redis: not tried, since redis is missing. Run `make lab`." in said.stdout


def test_without_a_server_program_a_private_server_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setattr("doctor.kernel.kernel", lambda: ("ok", "starts"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("private_redis.program.find_spec", lambda name: None)
    assert commands.main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "FAIL  server program: No Redis server to start" in said


def test_a_valkey_is_named_with_both_its_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program's line says 9.1, and the server answers redis_version 7.2: a reader sees both."""
    info = {"redis_version": "7.2.4", "valkey_version": "9.1.2"}
    client = SimpleNamespace(info=lambda: info)
    monkeypatch.setattr("backend.core.suitable.what_is_missing", lambda _: "")
    said = "Valkey 9.1.2, which answers as Redis 7.2.4 does"
    assert findings.server_version(client, "") == ("ok", said)


def test_a_server_that_the_client_would_not_connect_to_fails_in_one_sentence(
    examined: Examined, private_server: PrivateServer
) -> None:
    with redis.Redis.from_url(private_server.url) as client:
        client.execute_command("REPLICAOF", "127.0.0.1", "1")
    status, said = examined(private_server.url)
    assert status == 1
    assert "FAIL  server version: This server is a replica" in said
    assert "permissions" not in said


@pytest.mark.parametrize(
    "option",
    [
        *("protocol=3", "decode_responses=1", "max_connections=1", "encoding=utf-16", "db=x"),
        *("socket_timeout=1", "host=elsewhere", "parser_class=x", "ssl_cert_reqs=x", "timeout=1"),
    ],
)
def test_no_option_in_the_url_passes_here_and_breaks_a_lesson(
    examined: Examined, private_server: PrivateServer, option: str
) -> None:
    status, said = examined(f"{private_server.url}?{option}")
    assert status == 1
    assert "FAIL  Redis: The Redis URL cannot be read: " in said


@pytest.mark.parametrize("option", ["client_name=me", "health_check_interval=1", "db=1"])
def test_options_that_the_client_can_have_pass(
    examined: Examined, private_server: PrivateServer, option: str
) -> None:
    status, said = examined(f"{private_server.url}?{option}")
    assert status == 0, said


def test_another_backend_that_comes_first_fails(tmp_path: Path) -> None:
    foreign = tmp_path / "backend" / "core"
    foreign.mkdir(parents=True)
    for folder in (foreign, foreign.parent):
        (folder / "__init__.py").touch()
    said = run("doctor", PYTHONPATH=str(tmp_path))
    assert said.returncode == 1
    assert f"FAIL  code: `backend` comes from {tmp_path}" in said.stdout
    assert "Unset PYTHONPATH" in said.stdout


@pytest.mark.parametrize(
    ("said", "results", "finding"),
    [
        ({"error": ["ImportError: no"]}, ["2"], ("FAIL", "the first cell fails: ImportError: no")),
        ({"stdout": ['{"backend": "/x.py"}']}, ["2"], ("FAIL", "`backend` comes from /x.py")),
        ({"stdout": ["{}"], "stderr": ["a\nb"]}, ["2"], ("warn", "also prints: a")),
        ({"stdout": ["{}"]}, ["1", "2"], ("warn", "your IPython settings")),
        ({"stdout": ["{}"]}, ["2"], ("ok", "finds this clone's code")),
    ],
)
def test_what_a_kernel_shows_is_judged(
    said: dict[str, list[str]], results: list[str], finding: tuple[str, str]
) -> None:
    nothing: dict[str, list[str]] = {"stdout": [], "stderr": [], "error": [], "result": []}
    mark, text = judged(nothing | said, nothing | {"result": results})
    assert mark == finding[0]
    assert finding[1] in text


def test_few_open_files_are_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda what: (256, 256))
    mark, says = findings.open_files()
    assert mark == "warn"
    assert "ulimit -n 1024" in says
