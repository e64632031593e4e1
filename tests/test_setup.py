"""From a clone to JupyterLab: the pins, the choice of a Python, and `make lab` itself."""

import importlib.util
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
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
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

PINNED = [
    "requirements.txt",
    "requirements-dev.txt",
    "requirements-site.txt",
    "requirements-hub.txt",
]


@pytest.fixture(scope="module")
def pins() -> list[Requirement]:
    return pinned_in("requirements.txt")


def pinned_in(file: str) -> list[Requirement]:
    lines = (ROOT / file).read_text().splitlines()
    return [Requirement(line) for line in lines if not line.startswith("#")]


def test_make_pins_runs_the_commands_that_the_pins_were_made_with() -> None:
    heads = [(ROOT / file).read_text().splitlines()[1] for file in PINNED]
    raise_them = make(ROOT, "--dry-run", "pins").stdout.splitlines()
    assert [head.removeprefix("#").split() for head in heads] == [
        [word for word in command.split() if word != "--upgrade"] for command in raise_them
    ]
    assert all(f" --python-version {SUPPORTED[0]} " in command for command in raise_them)


def test_every_requirement_is_one_exact_version(pins: list[Requirement]) -> None:
    for pin in pins:
        assert pin.url is None, pin
        assert [clause.operator for clause in pin.specifier] == ["=="], pin
        assert "*" not in str(pin.specifier), pin


def test_every_dependency_of_the_project_is_pinned(pins: list[Requirement]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    wanted = {
        "requirements.txt": project["project"]["dependencies"] + groups["test"],
        "requirements-dev.txt": groups["dev"],
        "requirements-site.txt": groups["site"],
        "requirements-hub.txt": groups["hub"],
    }
    for file, lines in wanted.items():
        pinned = {canonicalize_name(pin.name) for pin in pinned_in(file)}
        assert {canonicalize_name(Requirement(line).name) for line in lines} <= pinned, file


@pytest.mark.parametrize(
    ("file", "other"),
    [
        ("requirements-dev.txt", "requirements.txt"),
        ("requirements-site.txt", "requirements.txt"),
        ("requirements-site.txt", "requirements-dev.txt"),
        ("requirements-hub.txt", "requirements.txt"),
        ("requirements-hub.txt", "requirements-dev.txt"),
    ],
)
def test_two_files_pin_a_package_at_the_same_version(file: str, other: str) -> None:
    named = {pin.name for pin in pinned_in(other)}
    shared = {_version(pin) for pin in pinned_in(file) if pin.name in named}
    assert shared
    assert shared <= {_version(pin) for pin in pinned_in(other)}


def _version(pin: Requirement) -> str:
    return f"{pin.name}{pin.specifier}"


def test_what_is_installed_needs_nothing_that_is_not_here() -> None:
    """The set-up looks for no dependencies: all of them have to be pinned."""
    check = [sys.executable, "-m", "pip", "check"]
    result = subprocess.run(check, capture_output=True, text=True)
    assert result.returncode == 0, f"{result.stdout}Is it left from older pins? Then `make clean`."


def test_every_supported_python_gets_one_pin_of_a_package_at_most(pins: list[Requirement]) -> None:
    for version in SUPPORTED:
        python = {"python_version": version, "python_full_version": f"{version}.9"}
        names = [pin.name for pin in pins if pin.marker is None or pin.marker.evaluate(python)]
        assert len(names) == len(set(names)), version


# The choice of a Python


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return new_project(tmp_path)


def new_project(parent: Path) -> Path:
    """Return a folder with what the set-up reads; its name is as odd as some folders' names are."""
    folder = parent / "Prüf läufe #1 (50%)"
    folder.mkdir()
    for name in ["Makefile", *PINNED, "pyproject.toml"]:
        shutil.copy(ROOT / name, folder)
    for name in ["scripts", "hub"]:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("state"))
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
        umask=0o077,  # as where nobody may read the files of another
        capture_output=True,
        text=True,
    )


@pytest.fixture
def shelf(project: Path) -> str:
    """Return a PATH with the shell's basics and no Python at all."""
    folder = project / "basics"
    folder.mkdir()
    for name in ["sh", "uname", "id", "awk", "make", "grep", "rm"]:
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


def test_a_supported_python_is_preferred_to_a_newer_one(project: Path, shelf: str) -> None:
    plant(project / "bin/python3", python_of_version(f"{NEXT}.0"))
    plant(project / f"bin/python{SUPPORTED[0]}", python_of_version(f"{SUPPORTED[0]}.7"))
    result = make(project, "setup", path=f"{project}/bin:{shelf}")
    assert f"Setting up .venv with Python {SUPPORTED[0]}.7" in result.stdout


def test_uv_does_the_work_when_it_is_there(project: Path, shelf: str) -> None:
    plant(project / "bin/python3", python_of_version(f"{SUPPORTED[-1]}.1"))
    plant(project / "bin/uv", 'echo "uv was asked: $*"; exit 9')
    result = make(project, "setup", path=f"{project}/bin:{shelf}")
    assert "uv was asked: venv --quiet --clear --python python3 .venv" in result.stdout


def test_what_a_shell_has_set_for_other_projects_is_left_out(project: Path, shelf: str) -> None:
    shown = "$PIP_USER, $PIP_TARGET, $PIP_PREFIX, $PYTHONPATH."
    answers = python_of_version(f"{SUPPORTED[-1]}.1").replace("asked to run: $*", f"with {shown}")
    plant(project / "bin/python3", answers)
    others = dict.fromkeys(("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PYTHONPATH"), "/elsewhere")
    result = make(project, "setup", path=f"{project}/bin:{shelf}", **others)
    assert "with 0, , , ." in result.stderr


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


@pytest.mark.parametrize("image", [".devcontainer/Dockerfile", "hub/Dockerfile"])
def test_a_container_has_the_newest_supported_python(image: str) -> None:
    dockerfile = (ROOT / image).read_text()
    assert re.findall(r"^FROM python:(3\.\d+)-slim\b", dockerfile, re.MULTILINE) == [SUPPORTED[-1]]


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


def plant_venv(project: Path) -> Path:
    """Make what looks like a `.venv` that was set up; return its Python."""
    (project / ".venv/bin").mkdir(parents=True)
    (project / ".venv/bin/activate").write_text(f"VIRTUAL_ENV='{project}/.venv'\n")
    (project / ".venv/.ready").touch()
    return plant(project / ".venv/bin/python", "exit 0")


def what_is_said(project: Path, shelf: str) -> str:
    """Return what `make setup` says where no Python can make a new `.venv`."""
    plant(project / "bin/python3", python_of_version(f"{SUPPORTED[-1]}.1"))
    return make(project, "setup", path=f"{project}/bin:{shelf}").stdout


def test_a_folder_that_was_moved_is_set_up_again(project: Path, shelf: str) -> None:
    plant_venv(project)
    moved = project.rename(project.with_name("moved"))
    assert is_due(moved)
    assert "This folder was moved or renamed, so " in what_is_said(moved, f"{moved}/basics")


def test_a_python_that_was_removed_is_noticed(project: Path, shelf: str) -> None:
    plant_venv(project).unlink()
    assert is_due(project)
    assert "The Python of .venv does not run any more" in what_is_said(project, shelf)


def test_a_set_up_that_was_interrupted_begins_again(project: Path, shelf: str) -> None:
    plant_venv(project)
    (project / ".venv/.ready").unlink()
    assert "The last set-up did not come to its end" in what_is_said(project, shelf)


def test_the_tools_of_tests_are_installed_for_tests_alone(project: Path) -> None:
    plant_venv(project)
    asked = {what: make(project, "--dry-run", what).stdout for what in ["lab", "test", "check"]}
    installs = "sh scripts/setup.sh tools requirements-dev.txt"
    assert {what for what, said in asked.items() if installs in said} == {"test", "check"}


def test_the_tools_of_the_site_are_installed_for_the_site_alone(project: Path) -> None:
    plant_venv(project)
    every = ["lab", "test", "check", "site", "epub"]
    asked = {what: make(project, "--dry-run", what).stdout for what in every}
    installs = "sh scripts/setup.sh site requirements-site.txt"
    assert {what for what, said in asked.items() if installs in said} == {"site", "epub"}


def test_the_hub_says_what_to_install_where_there_is_no_npm(project: Path, shelf: str) -> None:
    plant_venv(project)
    said = make(project, "hub", path=shelf)
    assert said.returncode != 0
    assert "needs Node.js 18 or newer, with npm. On Debian and Ubuntu: apt install" in said.stderr


def test_a_venv_that_is_a_link_is_left_alone(project: Path) -> None:
    plant_venv(project).parents[1].rename(project / "shared")
    (project / ".venv").symlink_to("shared")
    assert not is_due(project)
    said = make(project, "site")
    assert said.returncode != 0
    assert f"is missing here, and .venv is a link: make it in {project}" in said.stderr


# What goes wrong while packages are installed


def install(project: Path, *, line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Install from a file with one line."""
    (project / "one.txt").write_text(f"{line}\n")
    return subprocess.run(
        [sys.executable, "scripts/install.py", "one.txt"],
        cwd=project,
        env={"PATH": BASICS, "HOME": str(project), "PIP_RETRIES": "1"} | environment,
        capture_output=True,
        text=True,
    )


def test_without_a_network_a_sentence_says_so(project: Path) -> None:
    result = install(project, line="no-such==1.0", PIP_INDEX_URL="http://127.0.0.1:1/simple")
    assert result.returncode == 1
    assert result.stderr.strip().startswith("The packages' index cannot be reached.")
    assert len(result.stderr.splitlines()) == 2


def test_a_pin_that_nobody_has_is_said_in_pips_own_words(project: Path) -> None:
    (project / "index").mkdir()
    options = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(project / "index")}
    result = install(project, line="no-such==1.0", **options)
    assert result.returncode == 1
    assert "No matching distribution found for no-such==1.0" in result.stderr


@pytest.fixture
def installer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("installer", ROOT / "scripts/install.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_too_little_room_is_said_before_anything_is_fetched(
    installer: ModuleType,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (project / "one.txt").write_text("no-such==1.0\n")
    monkeypatch.setattr(installer.shutil, "disk_usage", lambda _: SimpleNamespace(free=2**20))
    monkeypatch.setattr(installer.subprocess, "Popen", lambda *_, **__: pytest.fail("it began"))
    assert installer.main(str(project / "one.txt")) == 1
    assert "The disk has 1 MB left, and 1 packages take up to 6 MB." in capsys.readouterr().err


@pytest.mark.parametrize(
    "said",
    ["ERROR: [Errno 28] No space left on device", "error: failed to copy (os error 28)"],
    ids=["pip", "uv"],
)
def test_a_disk_that_is_full_in_the_middle_is_named(installer: ModuleType, said: str) -> None:
    assert installer._reason(f"Collecting x\n{said}\n").startswith("The disk is full.")


def test_python_then_finds_the_packages_of_src(
    installer: ModuleType, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    for folder in ["src", "packages"]:
        Path(folder).mkdir()
    monkeypatch.setattr(installer, "_run", lambda *_: 0)
    monkeypatch.setattr(installer.sysconfig, "get_path", lambda _: "packages")
    assert installer.main("requirements.txt") == 0
    code = "import site, sys; site.addsitedir('packages'); print(sys.path[-1])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == str(project / "src")
    assert Path("packages/course.pth").read_bytes().isascii()


@pytest.mark.parametrize("changed", ["requirements.txt", "pyproject.toml"])
def test_the_set_up_runs_again_only_when_the_dependencies_changed(
    project: Path, changed: str
) -> None:
    assert is_due(project)
    plant_venv(project)
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
                umask=0o077,
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


def command_of(process: psutil.Process) -> str:
    with suppress(psutil.Error):  # it has ended meanwhile
        return " ".join(process.cmdline())
    return ""


@contextmanager
def started(project: Path) -> Iterator[Lab]:
    """Start JupyterLab in a project with one notebook; in the end, interrupt it."""
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


@dataclass(frozen=True)
class Visit:
    """What a JupyterLab has shown, from its start to its end."""

    path: str
    """Of the page that opened."""
    files: set[str]
    news: str
    """Whether it fetches news: "none" would be a question to the reader."""
    kernel_in: str
    """The folder that a kernel started in."""
    left: list[psutil.Process]
    """What went on after Ctrl-C."""


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """One JupyterLab for all questions: it takes longer to start than all else here."""
    with started(new_project(tmp_path_factory.mktemp("lab"))) as lab:
        files = {entry["name"] for entry in lab.api("/api/contents/")["content"]}
        settings = lab.api("/lab/api/settings/@jupyterlab/apputils-extension:notification")
        news = settings["schema"]["properties"]["fetchNews"]["default"]
        notebook = {"path": "notebooks/00_start_here.ipynb", "type": "notebook", "name": ""}
        lab.api("/api/sessions", notebook | {"kernel": {"name": "python3"}})
        everything = lab.processes()
        (kernel,) = (p for p in everything if "ipykernel_launcher" in command_of(p))
        kernel_in = Path(kernel.cwd()).name
        lab.interrupt()
        _, left = psutil.wait_procs(everything, timeout=15)
        return Visit(lab.path, files, news, kernel_in, left)


def test_make_lab_opens_the_first_notebook_among_the_projects_files(visit: Visit) -> None:
    assert visit.path == "/lab/tree/notebooks/00_start_here.ipynb"
    assert {"notebooks", "pyproject.toml"} <= visit.files


def test_ctrl_c_ends_make_lab_and_its_kernels_without_a_question(visit: Visit) -> None:
    assert visit.kernel_in == "notebooks"
    assert visit.left == []


@pytest.mark.skipif(
    not Path(sys.prefix, ".ready").exists(), reason="this environment was not made by `make setup`"
)
def test_no_question_about_news_greets_the_reader(visit: Visit) -> None:
    assert visit.news == "false"
