"""A private server: it answers us alone, stops, hangs, comes back, and stores nothing."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pytest
import redis
from tests.support import as_user, exists, ping, wait_until

from course.session import check
from private_redis import PrivateServer, RedisUnavailable
from private_redis.server import CONFIGURATION, PASSWORD


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


def test_a_connection_without_the_password_is_refused(private_server: PrivateServer) -> None:
    stranger = as_user(private_server.url)
    with redis.Redis.from_url(stranger, protocol=2) as client:  # which sends the command itself
        for command in ("PING", "SET key value", "FLUSHALL"):
            with pytest.raises(redis.AuthenticationError, match="Authentication required"):
                client.execute_command(*command.split())
    with pytest.raises(RedisUnavailable, match="refused the user name or the password"):
        check(as_user(private_server.url, password="a-guess"))


def test_other_users_of_the_machine_cannot_read_the_password(private_server: PrivateServer) -> None:
    with redis.Redis.from_url(private_server.url) as client:
        folder = Path(client.config_get("dir")["dir"])
    processes = subprocess.run(
        ["ps", "-A", "-ww", "-o", "args"], capture_output=True, text=True, check=True
    ).stdout
    assert str(folder) in processes  # it is the list that names our server
    assert PASSWORD not in processes
    assert PASSWORD in (folder / CONFIGURATION).read_text()
    assert folder.stat().st_mode & 0o077 == 0


def test_a_server_that_was_started_again_wants_the_same_password(
    private_server: PrivateServer,
) -> None:
    with redis.Redis.from_url(private_server.url) as client:
        client.config_set("requirepass", "")
    private_server.stop()
    private_server.start()
    assert not ping(as_user(private_server.url))
    assert ping(private_server.url)
