"""tests/templates can be copied: the folder works elsewhere, and is as careful as it says."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from private_redis import PrivateServer

TEMPLATES = Path(__file__).with_name("templates")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A team's own repository, with its own (here: no) settings."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    shutil.copytree(TEMPLATES, tmp_path / "integration", ignore=shutil.ignore_patterns("__*"))
    return tmp_path


def run_pytest(folder: Path, redis_url: str | None, *what: str) -> subprocess.CompletedProcess[str]:
    """Run pytest with pytest-asyncio alone: the templates ask for no other plugin."""
    others = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    others["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--tb=short", "-p", "pytest_asyncio.plugin", *what],
        cwd=folder,
        env=others | ({"REDIS_URL": redis_url} if redis_url else {}),
        capture_output=True,
        text=True,
        timeout=50,
    )


def test_a_copy_passes_against_a_given_server_and_leaves_it_as_it_was(
    copy: Path, private_server: PrivateServer
) -> None:
    with redis.Redis.from_url(private_server.url) as client:
        client.rpush("detection_queue", "a real one")
        result = run_pytest(copy, private_server.url)
        assert result.returncode == 0, result.stdout + result.stderr
        assert list(client.scan_iter()) == [b"detection_queue"]
        assert client.llen("detection_queue") == 1


def test_a_copy_finds_a_server_by_itself(copy: Path) -> None:
    result = run_pytest(copy, None, "integration/test_health_probe_integration.py")
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_copy_fails_when_its_service_does(copy: Path, redis_url: str) -> None:
    template = copy / "integration/test_detection_queue_integration.py"
    right = '"detection_queue", detection'
    assert right in template.read_text()
    template.write_text(template.read_text().replace(right, '"detection_queue", {}'))
    result = run_pytest(copy, redis_url, f"{template}::test_detection_queue_integration")
    assert result.returncode == 1
    assert "FAILED integration/test_detection_queue_integration.py" in result.stdout
