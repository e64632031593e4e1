"""Where each learner is a Unix user, the system itself keeps them apart. For root alone."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.hub.remote_kernel import kernel_of
from tests.hub.running import needs_hub, run_lesson, running_hub

PASSWORD = secrets.token_hex(16)
TRY = """
import os, glob, redis

def attempt(action, *arguments):
    try:
        return action(*arguments)
    except (OSError, redis.RedisError) as error:
        return type(error).__name__

def holds(path, secret):
    try:
        return secret.encode() in open(path, "rb").read()
    except OSError:
        return False
"""


def others_can_run_this_python() -> bool:
    """Return whether another user may run the Python of this .venv, and what it has."""
    try:
        command = [sys.executable, "-c", "import redis"]
        return not subprocess.run(command, user="nobody", group="nogroup").returncode
    except OSError:
        return False


pytestmark = [
    needs_hub,
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to make Unix users and to be them"),
]


@pytest.fixture
def learners() -> Iterator[list[str]]:
    """Two Unix users in the group whom the hub lets in; they are removed afterwards."""
    if not others_can_run_this_python():
        pytest.skip("another user may not run the Python of this .venv: it is in root's home")
    names = [f"course-{secrets.token_hex(4)}" for _ in range(2)]
    made = subprocess.run(["groupadd", "learners"], stderr=subprocess.DEVNULL).returncode == 0
    home = ["--create-home", "--key", "HOME_MODE=0700"]
    try:
        for name in names:
            subprocess.run(["useradd", *home, "--groups", "learners", name], check=True)
            subprocess.run(["chpasswd"], input=f"{name}:{PASSWORD}", text=True, check=True)
        yield names
    finally:
        for name in names:
            subprocess.run(["userdel", "--remove", name], stderr=subprocess.DEVNULL)
        if made:
            subprocess.run(["groupdel", "learners"], check=True)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user may enter; those of pytest are root's."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_a_unix_user_runs_the_lessons_and_reaches_nothing_of_another(
    learners: list[str], folder: Path
) -> None:
    with running_hub(folder, HUB_UNIX_USERS="1") as hub:
        ada, ben = (hub.start(name, PASSWORD) for name in learners)
        lesson = run_lesson(ada, "00_start_here")
        assert lesson.returncode == 0, lesson.stdout
        with kernel_of(ada) as ask_ada, kernel_of(ben) as ask_ben:
            url = ask_ada("import course, os\nredis_server = course.start()", "redis_server.url")
            secret, place = url.removeprefix("redis://:").split("@")
            kernel, home = ask_ada("", "(os.getpid(), os.path.expanduser('~'))")

            assert ask_ben(TRY, f"attempt(os.listdir, {home!r})") == "PermissionError"
            assert ask_ben("", f"attempt(os.kill, {kernel}, 0)") == "PermissionError"
            ping = f"redis.Redis.from_url('redis://{place}').ping"
            assert ask_ben("", f"attempt({ping})") == "AuthenticationError"
            seen = "glob.glob('/proc/[0-9]*/cmdline') + glob.glob('/proc/[0-9]*/environ')"
            files = f"glob.glob('/tmp/**', recursive=True) + glob.glob('{hub.state}/**')"
            found = f"[path for path in {seen} + {files} if holds(path, {secret!r})]"
            assert ask_ben("", found) == []
            assert ask_ada(TRY, found) != []  # the same search, by the one who may
