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
SUPPORTED = re.findall(
    r'"Programming Language :: Python :: (3\.\d+)"', (ROOT / "pyproject.toml").read_text()
)
"""The supported Pythons, oldest first."""
NEXT = f"3.{int(SUPPORTED[-1].removeprefix('3.')) + 1}"


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


def test_make_pins_runs_the_command_that_the_pins_were_made_with() -> None:
    _, header, *_ = (ROOT / "requirements.txt").read_text().splitlines()
    raise_them = make(ROOT, "--dry-run", "pins").stdout.strip()
    assert header.removeprefix("#").split() == [
        word for word in raise_them.split() if word != "--upgrade"
    ]
    assert f" --python-version {SUPPORTED[0]} " in raise_them


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
    for version in SUPPORTED:
        python = {"python_version": version, "python_full_version": f"{version}.9"}
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


def minor_of(version: str) -> int:
    return int(version.split(".")[1])


def python_of_version(version: str) -> str:
    """Return a script that answers the set-up's questions as that Python would, and no more."""
    too_old = int(minor_of(version) < minor_of(SUPPORTED[0]))
    return f"""case "$*" in
    *print*) echo {version} ;;
    *version_info*) exit {too_old} ;;
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
        f"This course needs Python {SUPPORTED[0]} or newer; `python3` here is 3.9.18. "
        f"Install one, or name it: make lab PYTHON=/path/to/python{SUPPORTED[-1]}"
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
    *_, older, newest = SUPPORTED
    plant(project / f"bin/python{newest}", "echo 'pyenv: command not found' >&2; exit 127")
    plant(project / f"bin/python{older}", python_of_version(f"{older}.1"))
    result = make(project, "setup", path=f"{project}/bin:{shelf}")
    assert f"Setting up .venv with Python {older}.1" in result.stdout
    assert "pyenv" not in result.stderr


def test_a_python_that_suits_nest_asyncio_is_preferred_to_a_newer_one(
    project: Path, shelf: str
) -> None:
    plant(project / "bin/python3", python_of_version(f"{NEXT}.0"))
    plant(project / f"bin/python{SUPPORTED[0]}", python_of_version(f"{SUPPORTED[0]}.7"))
    result = make(project, "setup", path=f"{project}/bin:{shelf}")
    assert f"Setting up .venv with Python {SUPPORTED[0]}.7" in result.stdout


def test_uv_does_the_work_when_it_is_there(project: Path, shelf: str) -> None:
    plant(project / "bin/python3", python_of_version(f"{SUPPORTED[-1]}.1"))
    plant(project / "bin/uv", 'echo "uv was asked: $*"; exit 9')
    result = make(project, "setup", path=f"{project}/bin:{shelf}")
    assert "uv was asked: venv --quiet --clear --seed --python python3 .venv" in result.stdout


def test_the_newest_supported_python_is_tried_first(project: Path, shelf: str) -> None:
    for version in SUPPORTED:
        plant(project / f"bin/python{version}", python_of_version(f"{version}.1"))
    result = make(project, "setup", path=f"{project}/bin:{shelf}")
    assert f"Setting up .venv with Python {SUPPORTED[-1]}.1" in result.stdout


# The supported Pythons


def test_the_oldest_supported_python_is_the_one_that_pip_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == f">={SUPPORTED[0]}"
    assert sorted(SUPPORTED, key=minor_of) == SUPPORTED


def test_the_container_has_the_newest_supported_python() -> None:
    dockerfile = (ROOT / ".devcontainer/Dockerfile").read_text()
    assert re.findall(r"^FROM python:(3\.\d+)-slim$", dockerfile, re.MULTILINE) == [SUPPORTED[-1]]


def test_the_readme_names_the_supported_pythons() -> None:
    readme = (ROOT / "README.md").read_text()
    *others, newest = SUPPORTED
    assert f"You need Python {', '.join(others)} or {newest}, " in readme
    assert f"(Not Python {NEXT} yet: " in readme
    assert f"`This course needs Python {SUPPORTED[0]} or newer`" in readme


@pytest.mark.parametrize(
    "reads", ["Makefile", ".ci/run", "scripts/setup.sh", "src/doctor/findings.py"]
)
def test_what_reads_the_supported_pythons_names_none_itself(reads: str) -> None:
    pins = "--python-version"  # uv writes this one into the head of requirements.txt
    lines = [line for line in (ROOT / reads).read_text().splitlines() if pins not in line]
    assert [line for line in lines if re.search(r"3\.1\d|\(3, 1\d|py31\d", line)] == []


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
