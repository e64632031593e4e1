"""docker-compose.yml and .devcontainer: their shape and promises. Nothing is run in Docker."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from tests.schemas import validate

ROOT = Path(__file__).parent.parent
COMPOSE = ROOT / "docker-compose.yml"


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return YAML(typ="safe").load(COMPOSE)["services"]


@pytest.fixture(scope="module")
def devcontainer() -> dict[str, Any]:
    return json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())


def test_it_follows_the_compose_specification() -> None:
    result = validate(COMPOSE, "compose-spec")
    assert result.exit_code == 0, result.output


def test_a_misspelt_key_does_not(tmp_path: Path) -> None:
    faulty = tmp_path / "docker-compose.yml"
    faulty.write_text(COMPOSE.read_text().replace("healthcheck:", "health_check:"))
    assert "health_check" in validate(faulty, "compose-spec").output


@pytest.mark.parametrize("service", ["redis", "lab"])
def test_every_published_port_is_on_loopback(services: dict[str, Any], service: str) -> None:
    ports = services[service]["ports"]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


@pytest.mark.parametrize("service", ["redis", "lab"])
def test_every_service_has_a_memory_limit(services: dict[str, Any], service: str) -> None:
    assert services[service]["mem_limit"]


def test_redis_is_the_image_of_production(services: dict[str, Any]) -> None:
    assert services["redis"]["image"] == "redis:7-alpine"
    assert services["redis"]["restart"] == "unless-stopped"


def test_redis_refuses_writes_before_the_container_runs_out_of_memory(
    services: dict[str, Any],
) -> None:
    command = services["redis"]["command"]
    setting = dict(zip(command[1::2], command[2::2], strict=True))
    assert setting["--maxmemory-policy"] == "noeviction"
    limit = services["redis"]["mem_limit"]
    assert 2 * int(setting["--maxmemory"].removesuffix("mb")) <= int(limit.removesuffix("m"))


def test_redis_keeps_its_data_in_a_named_volume(services: dict[str, Any]) -> None:
    assert "redis-data:/data" in services["redis"]["volumes"]
    assert "redis-data" in YAML(typ="safe").load(COMPOSE)["volumes"]


@pytest.mark.parametrize(
    ("answer", "healthy"),
    [
        ("echo PONG", True),
        ("echo NOAUTH Authentication required.", False),  # redis-cli exits with 0 on these two
        ("echo LOADING Redis is loading the dataset in memory", False),
        ("echo 'Could not connect to Redis' >&2; exit 1", False),
    ],
)
def test_the_health_check_takes_only_pong_for_healthy(
    services: dict[str, Any], tmp_path: Path, answer: str, healthy: bool
) -> None:
    check = services["redis"]["healthcheck"]
    assert (check["interval"], check["timeout"], check["retries"]) == ("5s", "3s", 5)
    kind, command = check["test"]
    assert kind == "CMD-SHELL"
    redis_cli = tmp_path / "redis-cli"
    redis_cli.write_text(f"#!/bin/sh\n{answer}\n")
    redis_cli.chmod(0o755)
    path = f"{tmp_path}:/usr/bin:/bin"
    result = subprocess.run(["sh", "-c", command], env={"PATH": path}, capture_output=True)
    assert (result.returncode == 0) is healthy


def test_the_lab_starts_on_request_only_and_after_redis_is_healthy(
    services: dict[str, Any],
) -> None:
    lab = services["lab"]
    assert lab["profiles"] == ["lab"]
    assert lab["depends_on"]["redis"]["condition"] == "service_healthy"
    assert lab["environment"]["REDIS_URL"] == "redis://redis:6379/0"


def test_the_lab_is_not_root(services: dict[str, Any]) -> None:
    assert services["lab"]["user"] == "learner"
    dockerfile = (ROOT / services["lab"]["build"]["dockerfile"]).read_text()
    users = [line.split()[1] for line in dockerfile.splitlines() if line.startswith("USER")]
    assert users == ["learner"]


def test_the_devcontainer_is_the_lab_service(
    services: dict[str, Any], devcontainer: dict[str, Any]
) -> None:
    compose = (ROOT / ".devcontainer" / devcontainer["dockerComposeFile"]).resolve()
    assert compose == COMPOSE.resolve()
    assert devcontainer["service"] in services
    assert devcontainer["remoteUser"] == services["lab"]["user"]
    assert f".:{devcontainer['workspaceFolder']}" in services["lab"]["volumes"]


def test_codespaces_opens_a_lesson_that_is_there(devcontainer: dict[str, Any]) -> None:
    opened = devcontainer["customizations"]["codespaces"]["openFiles"]
    assert opened
    assert all((ROOT / lesson).is_file() for lesson in opened)
