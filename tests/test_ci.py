"""What others run: GitHub's workflow, Dependabot, pre-commit, Binder. Nothing is run there."""

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from tests.schemas import validate

ROOT = Path(__file__).parent.parent
WORKFLOW = ROOT / ".github/workflows/ci.yml"
TARGETS = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
SUPPORTED = re.findall(
    r'"Programming Language :: Python :: (3\.\d+)"', (ROOT / "pyproject.toml").read_text()
)


def read(path: Path) -> Any:
    return YAML(typ="safe").load(path)


@pytest.mark.parametrize(
    ("path", "schema"),
    [(WORKFLOW, "github-workflows"), (ROOT / ".github/dependabot.yml", "dependabot")],
    ids=["workflow", "dependabot"],
)
def test_a_file_for_github_follows_its_schema(path: Path, schema: str) -> None:
    result = validate(path, schema)
    assert result.exit_code == 0, result.output


def test_a_misspelt_key_does_not(tmp_path: Path) -> None:
    faulty = tmp_path / "ci.yml"
    faulty.write_text(WORKFLOW.read_text().replace("runs-on:", "run-on:"))
    assert "run-on" in validate(faulty, "github-workflows").output


def test_the_workflow_calls_make_and_what_it_calls_is_there() -> None:
    steps = [step for job in read(WORKFLOW)["jobs"].values() for step in job["steps"]]
    called = {step["run"].split()[1] for step in steps if step.get("run", "").startswith("make ")}
    assert called >= {"setup", "check", "test", "site", "newest"}
    assert called <= {*TARGETS}


def test_the_workflow_tries_every_supported_python() -> None:
    jobs = read(WORKFLOW)["jobs"]
    assert jobs["test"]["strategy"]["matrix"]["python"] == SUPPORTED
    others = re.findall(r'python-version: "([\d.]+)"', WORKFLOW.read_text())
    assert set(others) == {SUPPORTED[-1]}


def test_pre_commit_calls_what_is_there() -> None:
    hooks = [
        each for repo in read(ROOT / ".pre-commit-config.yaml")["repos"] for each in repo["hooks"]
    ]
    assert [hook["entry"] for hook in hooks] == ["make check"]
    assert "check" in TARGETS


def test_binder_takes_the_newest_supported_python() -> None:
    assert (ROOT / ".binder/runtime.txt").read_text() == f"python-{SUPPORTED[-1]}\n"
