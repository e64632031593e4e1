"""Every command that a text names works where the text says: in the project's folder, in any shell.

A terminal of JupyterLab is a login shell, in which Debian forgets the .venv that it was started in.
So there is one form, `.venv/bin/python -m …`, and each command is run in such a shell. The runbook
is for production, and says so: tests/drills/test_runbook.py runs its commands.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support import a_part

from private_redis import PrivateServer

ROOT = Path(__file__).parents[1]
TEXTS = [
    ROOT / "README.md",
    *(page for page in sorted((ROOT / "docs").glob("*.md")) if page.name != "runbook.md"),
    ROOT / "src/exercises/README.md",
    ROOT / "hub/README.md",
    *sorted((ROOT / "notebooks").glob("*.ipynb")),
]
PROGRAMS = r"\.venv/bin/\w+|make|python3?|pytest|pip|jupyter|git|docker|redis-cli|apt|brew|uv"
NOT_RUN = {
    r"(apt|brew|docker|kill) ": "is not on every machine",
    r"redis-cli ": "is not part of the course; tests/test_from_blpop_to_reserve.py runs its page's",
    r"git (pull|fetch|clone)\b": "needs the network",
    r"\S+ -m tests\.exercises\.mutants": "takes minutes; tests/exercises/test_mutants.py runs it",
}
"""Commands that are not tried here, and why."""
HELP = {
    r"course (reset|answers|update)\b": "changes the reader's files: tests/lessons runs it",
    r"(exercises|tests\.notebooks\.rerun)\b": "changes files, or is long",
    r"backend\.pipeline\b|backend\.examples\.pipeline\b": "does not end by itself",
    r"backend\.tools\.queues --watch": "does not end by itself",
    r"pip install\b": "needs the network",
    r"pytest ": "is long: the tests of `make test`",
}
"""Commands of which only `--help` is run, and why."""


def commands_in(text: str) -> Iterator[str]:
    """Yield the commands in a Markdown text: lines of shell blocks, and code in a sentence."""
    for block in re.findall(r"^```(?:bash|sh|shell|console)\n(.*?)^```", text, re.M | re.S):
        yield from filter(
            None, (re.sub(r"(^|\s)#.*", "", line).strip() for line in block.split("\n"))
        )
    prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    for code in re.findall(r"(?<!`)`([^`\n]+)`(?!`)", prose):
        if re.match(rf"(?:[A-Z_]+=\S+ )*(?:{PROGRAMS}) ", code):
            yield code


def text_of(path: Path) -> str:
    if path.suffix == ".md":
        return path.read_text(encoding="utf-8")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


NAMED = sorted({(command, path.name) for path in TEXTS for command in commands_in(text_of(path))})
COMMANDS = sorted({command for command, _ in NAMED})


def test_commands_are_found() -> None:
    assert len(COMMANDS) > 25
    assert "make lab" in COMMANDS
    assert ".venv/bin/python -m course progress" in COMMANDS


def test_a_program_of_the_project_is_called_from_its_venv() -> None:
    """Not `python -m course`: a login shell has no python, or another one."""
    bare = re.compile(r"(?:[A-Z_]+=\S+ )*(?:python3?|pytest|pip|jupyter|ruff|mypy) ")
    assert [(command, where) for command, where in NAMED if bare.match(command)] == []


def test_every_reason_not_to_run_a_command_is_still_needed() -> None:
    for pattern in [*NOT_RUN, *HELP]:
        assert any(re.search(pattern, command) for command in COMMANDS), pattern


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Give a login shell of somebody with an empty home and nothing but the system on PATH."""
    home = tmp_path_factory.mktemp("home")
    folder = home / "course"
    folder.mkdir()
    for entry in ROOT.iterdir():
        if entry.name not in (".venv", ".git"):
            (folder / entry.name).symlink_to(entry)
    (folder / ".venv").symlink_to(sys.prefix)
    with PrivateServer() as server:
        plain = [f"HOME={home}", "PATH=/usr/bin:/bin", f"REDIS_URL={server.url}"]
        plain.append(f"MPLCONFIGDIR={os.environ['MPLCONFIGDIR']}")  # its fonts are known already
        yield ["env", "-i", f"--chdir={folder}", *plain, "bash", "--login", "-c"]


def to_run(command: str) -> str:
    """Return what is run of a command."""
    if command.split()[0] == "make" or " make " in command:
        return re.sub(r"\bmake\b", "make --dry-run --old-file=.venv/.ready", command)
    if any(re.search(pattern, command) for pattern in HELP):
        program = re.match(r"\.venv/bin/(?:python -m [\w.]+|\w+)", command)
        assert program, command
        return f"{program[0]} --help"
    return re.sub(r"<[\w ]+>|…", "x", command)


RUN = sorted({to_run(each) for each in COMMANDS if not any(re.match(p, each) for p in NOT_RUN)})
"""What stands for several commands is run once, such as the help of a program."""


@pytest.mark.timeout(180)
@pytest.mark.parametrize("line", a_part(RUN[::8], of=RUN))
def test_a_command_runs_in_a_login_shell(shell: list[str], line: str) -> None:
    done = subprocess.run(
        [*shell, line], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=150
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
