"""What is said of a Redis that cannot be used, and how soon; never a password."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from tests.support import SECRET, as_user

from course.session import check
from private_redis import PrivateServer, RedisUnavailable


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
        assert "no answer within 5 s" in diagnosis(url)
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
    url = private_server.url.removesuffix("/0") + "/99"
    assert "no database of this number" in diagnosis(url)


def test_a_wanted_password_is_told(locked_server: PrivateServer) -> None:
    assert "wants a password" in diagnosis(as_user(locked_server.url))


def test_a_wrong_password_is_told_at_once_and_not_shown(locked_server: PrivateServer) -> None:
    started = time.monotonic()
    said = diagnosis(as_user(locked_server.url, password=f"wrong-{SECRET}"))
    assert "refused the user name or the password" in said
    assert SECRET not in said
    assert time.monotonic() - started < 1  # redis-py by itself tries for 4 s


def test_the_right_password_passes(locked_server: PrivateServer) -> None:
    check(as_user(locked_server.url, password=SECRET))


def test_a_user_without_rights_is_named(locked_server: PrivateServer) -> None:
    said = diagnosis(as_user(locked_server.url, "guest", SECRET))
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
