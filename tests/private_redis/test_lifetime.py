"""A private server ends with its program, however that ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from tests.support import exists, ping, wait_until

from private_redis import PrivateServer
from private_redis.server import FOLDER


def folder_of(server: PrivateServer) -> Path:
    with redis.Redis.from_url(server.url) as client:
        return Path(client.config_get("dir")["dir"])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the child of a killed parent")
def test_a_server_whose_supervisor_was_killed_ends_too(private_server: PrivateServer) -> None:
    """The system kills whatever it likes when the memory is short."""
    folder, pid = folder_of(private_server), private_server.pid
    os.kill(os.getpgid(pid), signal.SIGKILL)  # the supervisor leads their group
    wait_until(lambda: not ping(private_server.url), "the server has ended")
    private_server.stop()
    assert not folder.exists()


def test_what_killed_programs_have_left_is_removed_by_the_next(
    private_server: PrivateServer,
) -> None:
    in_use = folder_of(private_server)
    left, new = in_use.with_name(f"{FOLDER}left"), in_use.with_name(f"{FOLDER}new")
    for folder in (left, new):
        folder.mkdir()
    for folder in (left, in_use):
        os.utime(folder, (0, 0))
    with PrivateServer():
        assert (left.exists(), new.exists(), in_use.exists()) == (False, True, True)
    new.rmdir()


OWNER = """
import os, signal, sys, time
from private_redis import PrivateServer
from private_redis.server import FOLDER
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


FORK_WHILE_A_THREAD_READS = """
import os, sys, threading, time
from private_redis import Supervised
program = Supervised([sys.executable, "-c", "import time; time.sleep(60)"])
program.read_program_pid()
threading.Thread(target=lambda: program.stderr.read(), daemon=True).start()
time.sleep(0.2)  # the thread waits in its read by then
child = os.fork()
if child == 0:
    os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_fork_does_not_wait_for_a_thread_that_reads() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", FORK_WHILE_A_THREAD_READS],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert ended.stdout == "7\n", ended.stderr
