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
