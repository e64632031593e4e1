"""Faults that are planted in the client and the services are caught by the notebooks alone.

For each fault the package is copied, the copy is changed, and the notebook that should notice is
run by a pytest of its own against the copy. Plain `pytest` looks at the table alone.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import pytest
from tests.mutations.table import FAULTS, Change, Fault
from tests.support import THOROUGH
from tests.warm_pytest import PROJECT, run_pytest

NOTEBOOKS = sorted({fault.notebook for fault in FAULTS})
CELL_TIMEOUT = 25
"""Seconds: more than any cell takes (the whole line of lesson 05, 9), less than a reader waits."""
RUN_TIMEOUT = 240
"""Seconds for a whole notebook, the start of pytest and the end of its kernel included."""

# A kernel that imports the copy leaves a note.
LEAVES_A_NOTE = """
import pathlib, sys
if "ipykernel" in sys.modules:
    pathlib.Path(__file__).with_name("imported").touch()
"""

pytestmark = pytest.mark.timeout(RUN_TIMEOUT + 20)


class Outcome(NamedTuple):
    failed: list[str]
    """The cells that failed."""
    said: str

    @property
    def noticed(self) -> bool:
        """Whether the lesson failed. A first cell that fails has taught nothing: it imports."""
        return bool(self.failed) and "Cell 0" not in self.failed


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of src/, to be changed."""
    source = shutil.copytree(PROJECT / "src", tmp_path / "src")
    with (source / "backend/__init__.py").open("a") as package:
        package.write(LEAVES_A_NOTE)
    return source


def run_notebook(name: str, source: Path) -> Outcome:
    """Run a notebook against a copy of the package, up to the first cell that fails."""
    report = source / "report.xml"
    status, said = run_pytest(
        *(f"notebooks/{name}.ipynb", "--exitfirst", "-k", "not stored"),
        *(f"--nbval-cell-timeout={CELL_TIMEOUT}", f"--junit-xml={report}"),
        *("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "--color=no"),
        within=RUN_TIMEOUT,
        PYTHONPATH=str(source),
        # On a server of its own, also where REDIS_URL names one: a kernel that is ended in the
        # middle of a fault cannot clean up.
        REDIS_URL="",
    )
    assert status in (0, 1), f"pytest itself failed:\n{said}"
    assert (source / "backend/imported").exists(), f"the notebook did not use the copy:\n{said}"
    cases = ElementTree.parse(report).iter("testcase")
    return Outcome(
        [case.attrib["name"] for case in cases if case.find("failure") is not None], said
    )


def changed(source: Path, change: Change) -> str:
    """Return what the changed file holds."""
    code = (source / change.file).read_text(encoding="utf-8")
    times = code.count(change.old)
    if times != 1:
        pytest.fail(
            f"tests/mutations/table.py is out of date: {change.file} holds the text {times} times, "
            f"not once:\n{change.old}",
            pytrace=False,
        )
    return code.replace(change.old, change.new)


@THOROUGH
@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_the_notebook_notices(copy: Path, fault: Fault) -> None:
    for change in fault.changes:
        (copy / change.file).write_text(changed(copy, change), encoding="utf-8")
    outcome = run_notebook(fault.notebook, copy)
    assert outcome.noticed, f"no cell of {fault.notebook} noticed it:\n{outcome.said}"


@THOROUGH
def test_a_notebook_that_cannot_start_has_noticed_nothing(copy: Path) -> None:
    (copy / "backend/core/redis.py").write_text("raise ImportError", encoding="utf-8")
    outcome = run_notebook(FAULTS[0].notebook, copy)
    assert outcome.failed == ["Cell 0"], outcome.said
    assert not outcome.noticed


@THOROUGH
@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_the_unchanged_copy_passes(copy: Path, notebook: str) -> None:
    outcome = run_notebook(notebook, copy)
    assert outcome.failed == [], outcome.said


@pytest.mark.parametrize("planted", FAULTS, ids=[fault.name for fault in FAULTS])
def test_the_table_fits_the_code(planted: Fault) -> None:
    for change in planted.changes:
        code = changed(PROJECT / "src", change)
        if change.file.endswith(".py"):
            compile(code, change.file, "exec")
