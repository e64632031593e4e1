"""What nbval alone lets pass, and `checks` does not: each fault planted, beside sound notebooks.

The planted notebooks are run by one pytest of their own, with the settings of the project; the
tests here read what it said about each.
"""

from __future__ import annotations

import base64
from typing import Any
from xml.etree import ElementTree

import pytest
from matplotlib.figure import Figure
from nbformat import NotebookNode, write
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from tests.notebooks import stored
from tests.notebooks.rerun import METADATA, code_cells
from tests.support import THOROUGH
from tests.warm_pytest import PROJECT, run_pytest

from course import plots
from course.plots.output import picture, png
from course.plots.words import describe

CELL_TIMEOUT = 6  # seconds: with ten processes for two cores, a cell that draws took 4.7


def notebook(*cells: NotebookNode) -> NotebookNode:
    """A notebook of these cells, counted as if it had been run from top to bottom."""
    for number, cell in enumerate(cells, 1):
        cell.execution_count = number
    return new_notebook(metadata=METADATA, cells=[new_markdown_cell("# Planted"), *cells])


def cell(source: str, output: NotebookNode | str = "", **metadata: Any) -> NotebookNode:
    """A cell and what is stored as its output: what it printed, or an output of any kind."""
    outputs = [output] if output else []
    if isinstance(output, str) and output:
        outputs = [new_output("stream", name="stdout", text=output)]
    return new_code_cell(source, outputs=outputs, metadata=metadata)


def raising(source: str, *, raised: bool = True) -> NotebookNode:
    """A cell that announces an exception; `raised`: a division by zero is stored."""
    error = new_output("error", ename="ZeroDivisionError", evalue="division by zero", traceback=[])
    return cell(source, error if raised else "", tags=["raises-exception"])


def figure(values: list[int]) -> Figure:
    return plots.line({"a": values}, title="T", x_label="x", y_label="y")


def plotting(
    values: list[int], *, shown: list[int], inside: list[int], pixels: list[int] | None = None
) -> NotebookNode:
    """A cell that plots `values`; stored are the words of one figure and the picture of another.

    The picture has its own words inside; its pixels, too, may be of another.
    """
    text = describe(figure(shown))
    stored_png = png(figure(pixels or inside), describe(figure(inside)))
    data = {"text/plain": text, "text/html": picture(stored_png, text)}
    source = (
        "from course import plots\n"
        f"plots.show(plots.line({{'a': {values}}}, title='T', x_label='x', y_label='y'))"
    )
    return cell(source, new_output("display_data", data=data))


SWALLOWS = "import time\ntry:\n    time.sleep(30)\nexcept KeyboardInterrupt:\n    pass"


def planted_notebooks() -> dict[str, NotebookNode]:
    """Return notebooks with something wrong. They have figures, so they are made when needed."""
    return {
        "sound": notebook(
            cell("print(1)", "1\n"),
            cell("import asyncio\nawait asyncio.create_task(asyncio.sleep(0))"),
            raising("1 / 0"),
            plotting([1, 2], shown=[1, 2], inside=[1, 2]),
            plotting([1, 2], shown=[1, 2], inside=[1, 2], pixels=[3, 4]),
        ),
        "changed": notebook(
            cell("print(2)", "1\n"),
            plotting([1, 3], shown=[1, 2], inside=[1, 2]),
            raising("pass", raised=False),
            raising("pass"),
            raising("int('x')"),
        ),
        "not run": new_notebook(metadata=METADATA, cells=[cell("print(1)")]),
        "long": notebook(cell(SWALLOWS), cell("1 + 1;")),
        "long at the end": notebook(cell(SWALLOWS)),
        "tasks": notebook(
            cell("import asyncio\n\nasync def fails():\n    1 / 0"),
            cell("task = asyncio.create_task(fails())"),
            cell("def forget():\n    asyncio.get_running_loop().create_task(fails())"),
            cell("asyncio.get_running_loop().call_soon(forget);"),
            cell("for _ in range(3):\n    await asyncio.sleep(0)"),
            cell("another = asyncio.create_task(asyncio.sleep(60))"),
        ),
        "killed": notebook(cell("import os\nos._exit(0)")),
        "empty": notebook(),
    }


NOTICED = {
    "a changed output": ("changed", "Cell 0", "outputs differ"),
    "a changed plotted value": ("changed", "Cell 1", "a: 1 3"),
    "an exception that is neither stored nor raised": ("changed", "Cell 2", "raised nothing"),
    "an exception that is stored and not raised": ("changed", "Cell 3", "Missing output fields"),
    "another exception than the stored one": ("changed", "Cell 4", "outputs differ"),
    "an exception that was never stored": ("changed", "as stored", "no exception is stored"),
    "a cell that was never run": ("not run", "as stored", "counts [None]"),
    "a cell that swallows its timeout": ("long", "Cell 0", f"took longer than {CELL_TIMEOUT} s"),
    "the last cell swallows its timeout": (
        "long at the end",
        "Cell 0",
        f"took longer than {CELL_TIMEOUT} s",
    ),
    "a task that failed unseen": ("tasks", "left behind", "failed and nobody awaited it"),
    "a task that failed and is forgotten": ("tasks", "left behind", "never retrieved"),
    "a task that still runs": ("tasks", "left behind", "still runs"),
    "a kernel that dies": ("killed", "Cell 0", ""),
    "a notebook without code": ("empty", "as stored", "no code cell"),
}
"""{what is wrong: (planted notebook, its test that must fail, what that must say)}."""


Failures = dict[str, dict[str, str]]
"""{notebook: {test that failed: what it said}}."""


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> Failures:
    folder = tmp_path_factory.mktemp("planted")
    notebooks = planted_notebooks()
    for name, planted in notebooks.items():
        write(planted, folder / f"{name}.ipynb")
    rules = PROJECT / "tests/notebooks/sanitize.cfg"
    status, said = run_pytest(
        *(folder, "-c", PROJECT / "pyproject.toml", "--rootdir", folder, "--color=no"),
        *("-p", "tests.notebooks.checks", "-p", "no:cacheprovider"),
        *(f"--nbval-cell-timeout={CELL_TIMEOUT}", f"--nbval-sanitize-with={rules}"),
        *("--junit-xml", folder / "said.xml", "-o", "junit_family=xunit1"),
        within=120,
    )
    assert status == 1, f"pytest itself failed:\n{said}"
    found: Failures = {name: {} for name in notebooks}
    for case in ElementTree.parse(folder / "said.xml").iter("testcase"):
        for failure in [*case.iter("failure"), *case.iter("error")]:
            name = case.attrib["classname"].removesuffix(".ipynb")
            found[name][case.attrib["name"]] = failure.attrib["message"] + (failure.text or "")
    return found


@THOROUGH
@pytest.mark.timeout(150)  # the first to ask runs them all
@pytest.mark.parametrize(("name", "test", "says"), NOTICED.values(), ids=NOTICED)
def test_a_planted_fault_is_noticed(failures: Failures, name: str, test: str, says: str) -> None:
    assert test in failures[name]
    assert says in failures[name][test]


@THOROUGH
@pytest.mark.timeout(150)
def test_a_sound_notebook_passes(failures: Failures) -> None:
    assert failures["sound"] == {}


# --- What should never have been stored: no need to run anything ----------------------------------


def plain(source: str = "1", output: NotebookNode | str = "1", **metadata: Any) -> NotebookNode:
    return notebook(cell(source, output, **metadata))


def test_a_picture_of_another_run_is_noticed() -> None:
    [sentence] = stored.stale_figures(notebook(plotting([1], shown=[1, 2], inside=[1, 3])))
    assert "does not show what the text beside it says" in sentence


def test_a_figure_without_words_is_noticed() -> None:
    data = {"image/png": base64.b64encode(png(figure([1]), "")).decode(), "text/plain": "a figure"}
    [sentence] = stored.odd_outputs(plain(output=new_output("display_data", data=data)))
    assert "plots.show" in sentence


def test_what_looks_like_a_token_among_the_pixels_is_none() -> None:
    tag = '<img alt="{}" src="data:image/png;base64,AAAA/eyJhbGciOiJIUzI1NiIs"/>'
    for words, found in [("eyJhbGciOiJIUzI1NiIs", 1), ("a figure", 0)]:
        data = {"text/html": tag.format(words)}
        assert len([*stored.leaks(plain(output=new_output("display_data", data=data)))]) == found


def test_cells_that_were_run_in_another_order_are_noticed() -> None:
    made = notebook(cell("1"), cell("2"))
    code_cells(made)[0].execution_count = 3
    assert list(stored.not_run(made))


def test_an_empty_cell_is_noticed() -> None:
    assert list(stored.not_run(notebook(cell(" \n"))))


def test_an_exception_that_nobody_announced_is_noticed() -> None:
    made = notebook(raising("1 / 0"))
    code_cells(made)[0].metadata.tags = []
    assert list(stored.not_raised(made))


@pytest.mark.parametrize(
    "traceback", ["File \x1b[32m~/course/src/x.py:3\x1b[39m", "File /opt/x/redis.py:3"]
)
def test_a_local_path_in_a_traceback_is_noticed(traceback: str) -> None:
    made = notebook(raising("1 / 0"))
    code_cells(made)[0].outputs[0].traceback = [traceback]
    assert list(stored.leaks(made))


@pytest.mark.parametrize(
    "text",
    [
        "redis://:hunter2@redis.example.org/0",
        "redis://app:hunter2@redis.example.org/0",
        "token = 'abcdef123456'",
        "{'REDIS_PASSWORD': 'abcdef123456'}",
        "ghp_abcdefghijklmnopqrstuvwxyz",
        "-----BEGIN RSA PRIVATE KEY-----",
        "read /home/ann/course/notebook.ipynb",
        "read /Users/ann/course",
        "in /root/course",
        "in /tmp/tmpabc",
        "in /var/folders/ab/cd",
        "in /private/var/folders/ab/cd",
        "in /workspace/course",
        "in /workspaces/course",
        "in /srv/course",
        "in /opt/course",
        "in /mnt/c/course",
        "in C:\\Users\\ann",
        "127.0.0.1:43211",
    ],
)
def test_a_secret_or_a_local_path_is_noticed_in_outputs_and_in_sources(text: str) -> None:
    assert list(stored.leaks(plain(output=text))), "in the output"
    assert list(stored.leaks(plain(source=f"# {text}"))), "in the source"


@pytest.mark.parametrize(
    "text",
    [
        "connecting to localhost:6379",
        "connecting to redis.staging.example.com:6380",
        "Redis: the server that REDIS_URL names (Redis.example.com:6379, database 0)",
        "password = hunter2",
        "REDIS_PASSWORD=hunter2",
        "<Task object at 0x7f1fe450b010>",
        "File ~/course/redis.py:3",
    ],
)
def test_what_is_true_of_one_machine_is_noticed_in_outputs(text: str) -> None:
    assert list(stored.leaks(plain(output=text)))


@pytest.mark.parametrize(
    "text",
    [
        "redis://:***@redis.example.org/0 and redis://:PASSWORD@HOST",
        "/export/foscam/front_door/a.jpg",
        "GET /api/system/health/ready",
        "File src/backend/core/redis.py:12",
        "connecting to 127.0.0.1:1, to host.example.com:1",
        "password = ***, token=None, how a password is set",
        "2025-01-01T12:00:00, 10:30, ratio 3:45, token: none",
        "the keys: 3, tokens = 12",
    ],
)
def test_what_may_be_stored_is_not_complained_of(text: str) -> None:
    assert list(stored.leaks(plain(source=f"# {text}", output=text))) == []


def test_the_default_url_may_be_taught() -> None:
    assert list(stored.leaks(plain(source="url = 'redis://localhost:6379/0'"))) == []


def test_a_stored_warning_is_noticed() -> None:
    warning = new_output("stream", name="stderr", text="DeprecationWarning")
    assert list(stored.leaks(plain(output=warning)))


def test_an_output_of_a_type_that_changes_is_noticed() -> None:
    data = {"application/vnd.jupyter.widget-view+json": {}}
    assert list(stored.odd_outputs(plain(output=new_output("display_data", data=data))))


@pytest.mark.parametrize(
    "made",
    [
        plain(tags=["nbval-skip"]),
        plain(tags=["nbval-ignore-output"]),
        plain(tags=["simulated-work"]),
        plain(tags=["nbval-ignore-outputs"], reason="a slip of the pen"),
        plain(source="# NBVAL_SKIP\n1"),
        plain(source="1\n# NBVAL_IGNORE_OUTPUT"),
    ],
)
def test_a_cell_that_is_left_out_without_a_reason_is_noticed(made: NotebookNode) -> None:
    assert list(stored.skipped(made))


def test_a_cell_that_is_left_out_with_a_reason_passes() -> None:
    made = plain(tags=["nbval-ignore-output"], reason="a live view: its last frame may differ")
    assert list(stored.skipped(made)) == []


def test_faults_asks_every_check() -> None:
    made = plain(output="/root/x", tags=["nbval-skip"])
    code_cells(made)[0].execution_count = 2
    assert len(stored.faults(made)) == 3
