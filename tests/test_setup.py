"""From a clone to JupyterLab: the pins, the choice of a Python, and `make lab` itself."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
BASICS = "/usr/bin:/bin"


# The checks


def test_make_check_also_looks_at_the_metadata_of_the_notebooks() -> None:
    said = subprocess.run(
        ["make", "--dry-run", "check"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "tests.notebooks.rerun --check-metadata notebooks/*.ipynb" in said.stdout


# The pins


@pytest.fixture(scope="module")
def pins() -> list[Requirement]:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return [Requirement(line) for line in lines if not line.startswith("#")]


def test_requirements_says_how_it_was_made() -> None:
    header = (ROOT / "requirements.txt").read_text().splitlines()[:2]
    assert "uv pip compile" in " ".join(header)
    assert "pyproject.toml" in " ".join(header)


def test_every_requirement_is_one_exact_version(pins: list[Requirement]) -> None:
    for pin in pins:
        assert pin.url is None, pin
        assert [clause.operator for clause in pin.specifier] == ["=="], pin
        assert "*" not in str(pin.specifier), pin


def test_every_dependency_of_the_project_is_pinned(pins: list[Requirement]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    pinned = {canonicalize_name(pin.name) for pin in pins}
    assert {canonicalize_name(Requirement(line).name) for line in wanted} <= pinned


def test_every_supported_python_gets_one_pin_of_a_package_at_most(pins: list[Requirement]) -> None:
    for version in ["3.11.9", "3.12.1", "3.13.0"]:
        python = {"python_version": version.rpartition(".")[0], "python_full_version": version}
        names = [pin.name for pin in pins if pin.marker is None or pin.marker.evaluate(python)]
        assert len(names) == len(set(names)), version


# The choice of a Python


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a folder with what the set-up reads; a space in its name, as some homes have."""
    folder = tmp_path / "the course"
    folder.mkdir()
    for name in ["Makefile", "requirements.txt", "pyproject.toml"]:
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    return folder


def plant(program: Path, script: str) -> Path:
    """Write an executable shell script."""
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


def python_of_version(version: str) -> str:
    """Return a script that answers the set-up's questions as that Python would, and no more."""
    new_enough = int(tuple(map(int, version.split("."))) < (3, 11))
    return f"""case "$*" in
    *print*) echo {version} ;;
    *version_info*) exit {new_enough} ;;
    *ensurepip*) exit 0 ;;
    *) echo "asked to run: $*" >&2; exit 9 ;;
esac"""


def make(
    project: Path, *arguments: str, path: str = BASICS, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments],
        cwd=project,
        env={"PATH": path, "HOME": str(project)} | environment,
        capture_output=True,
        text=True,
    )


@pytest.fixture
def shelf(project: Path) -> str:
    """Return a PATH with the shell's basics and no Python at all."""
    folder = project / "basics"
    folder.mkdir()
    for name in ["sh", "uname", "id", "awk", "make"]:
        (folder / name).symlink_to(shutil.which(name, path=f"{os.environ['PATH']}:{BASICS}") or "")
    return str(folder)


def test_an_older_python_is_told_so_in_one_line(project: Path, shelf: str) -> None:
    plant(project / "bin/python3", python_of_version("3.9.18"))
    result = make(project, "lab", path=f"{project}/bin:{shelf}")
    assert result.returncode != 0
    ours = [line for line in result.stderr.splitlines() if not line.startswith("make")]
    assert ours == [
        "This course needs Python 3.11 or newer; `python3` here is 3.9.18. "
        "Install one, or name it: make lab PYTHON=/path/to/python3.12"
    ]
    assert not (project / ".venv").exists()


def test_a_machine_without_python_is_told_so(project: Path, shelf: str) -> None:
    result = make(project, "lab", path=shelf)
    assert result.returncode != 0
    assert "no `python3` was found" in result.stderr


def test_a_named_python_that_is_too_old_is_named_back(project: Path) -> None:
    old = plant(project / "bin/old", python_of_version("3.10.2"))
    result = make(project, "lab", f"PYTHON={old}")
    assert result.returncode != 0
    assert f"`{old}` is 3.10.2" in result.stderr


def test_a_python_that_does_not_run_is_passed_over(project: Path, shelf: str) -> None:
    plant(project / "bin/python3.13", "echo 'pyenv: python3.13: command not found' >&2; exit 127")
    plant(project / "bin/python3.12", python_of_version("3.12.1"))
    result = make(project, "setup", path=f"{project}/bin:{shelf}")
    assert "Setting up .venv with Python 3.12.1" in result.stdout
    assert "pyenv" not in result.stderr


def test_a_python_that_suits_nest_asyncio_is_preferred_to_a_newer_one(
    project: Path, shelf: str
) -> None:
    plant(project / "bin/python3", python_of_version("3.14.0"))
    plant(project / "bin/python3.11", python_of_version("3.11.7"))
    result = make(project, "setup", path=f"{project}/bin:{shelf}")
    assert "Setting up .venv with Python 3.11.7" in result.stdout


def test_uv_does_the_work_when_it_is_there(project: Path, shelf: str) -> None:
    plant(project / "bin/python3", python_of_version("3.12.1"))
    plant(project / "bin/uv", 'echo "uv was asked: $*"; exit 9')
    result = make(project, "setup", path=f"{project}/bin:{shelf}")
    assert "uv was asked: venv --quiet --clear --seed --python python3 .venv" in result.stdout


# When the set-up is due


def is_due(project: Path) -> bool:
    """Ask make, which answers without doing anything."""
    return make(project, "--question", ".venv/.ready").returncode == 1


@pytest.mark.parametrize("changed", ["requirements.txt", "pyproject.toml"])
def test_the_set_up_runs_again_only_when_the_dependencies_changed(
    project: Path, changed: str
) -> None:
    assert is_due(project)
    (project / ".venv").mkdir()
    (project / ".venv/.ready").touch()
    assert not is_due(project)
    later = time.time() + 2
    os.utime(project / changed, (later, later))
    assert is_due(project)


def test_make_alone_lists_every_command() -> None:
    listed = re.findall(r"^  make (\S+)", make(ROOT).stdout, flags=re.MULTILINE)
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert phony
    assert listed == phony[1].split()


# make lab


class Lab:
    """JupyterLab, started by `make lab` as a reader starts it."""

    def __init__(self, project: Path) -> None:
        self.log = project / "lab.log"
        self.terminal, keyboard = os.openpty()  # JupyterLab minds Ctrl-C in a terminal only
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                # The folder's .venv is this environment: there is nothing to set up.
                ["make", "--old-file=.venv/.ready", "lab", "ARGS=--port=0"],
                cwd=project,
                env={"PATH": BASICS, "HOME": str(project)},
                stdin=keyboard,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        os.close(keyboard)
        url = re.compile(r"(http://[^/\s]+)(/\S*)\?token=(\w+)")
        self.wait_until(lambda: url.search(self.log.read_text()))
        self.base, self.path, self.token = url.findall(self.log.read_text())[0]
        self.wait_until(self.answers)  # the URL is printed a moment before

    def wait_until(self, condition: Callable[[], object]) -> None:
        """Wait for a condition while the server lives; 30 s at most."""
        deadline = time.monotonic() + 30
        while not condition():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def answers(self) -> bool:
        try:
            return bool(self.api("/api/status"))
        except OSError:
            return False

    def api(self, path: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(
            self.base + path,
            data=json.dumps(body).encode() if body else None,
            headers={"Authorization": f"token {self.token}"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def processes(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def interrupt(self) -> None:
        """Do what Ctrl-C does in a terminal: SIGINT to all of the foreground group."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)


@pytest.fixture
def lab(project: Path) -> Iterator[Lab]:
    (project / ".venv").symlink_to(sys.prefix)
    (project / "notebooks").mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])
    nbformat.write(notebook, project / "notebooks/00_start_here.ipynb")
    lab = Lab(project)
    yield lab
    lab.interrupt()
    try:
        lab.process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(lab.process.pid, signal.SIGKILL)
        raise
    finally:
        os.close(lab.terminal)


def test_make_lab_opens_the_first_notebook_among_the_projects_files(lab: Lab) -> None:
    assert lab.path == "/lab/tree/notebooks/00_start_here.ipynb"
    names = {entry["name"] for entry in lab.api("/api/contents/")["content"]}
    assert {"notebooks", "pyproject.toml"} <= names


def test_ctrl_c_ends_make_lab_and_its_kernels_without_a_question(lab: Lab) -> None:
    notebook = {"path": "notebooks/00_start_here.ipynb", "type": "notebook", "name": ""}
    lab.api("/api/sessions", notebook | {"kernel": {"name": "python3"}})
    everything = lab.processes()
    kernel = next(p for p in everything if "ipykernel_launcher" in " ".join(p.cmdline()))
    assert Path(kernel.cwd()).name == "notebooks"
    lab.interrupt()
    _, left = psutil.wait_procs(everything, timeout=15)
    assert left == []


@pytest.mark.skipif(
    not Path(sys.prefix, ".ready").exists(), reason="this environment was not made by `make setup`"
)
def test_no_question_about_news_greets_the_reader(lab: Lab) -> None:
    settings = lab.api("/lab/api/settings/@jupyterlab/apputils-extension:notification")
    assert settings["schema"]["properties"]["fetchNews"]["default"] == "false"
