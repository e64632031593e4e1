"""What `make check` reads with typos: the prose of every text and comment, and no code."""

import subprocess
import sysconfig
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).parent.parent


def misspelt(path: Path, content: str) -> list[str]:
    """Write a file, and return what typos says of it, a line each."""
    path.write_text(content, encoding="utf-8")
    typos = Path(sysconfig.get_path("scripts"), "typos")
    command = [typos, "--config", ROOT / "pyproject.toml", "--format", "brief", path]
    said = subprocess.run(command, capture_output=True, text=True)
    assert said.stderr == ""
    return said.stdout.splitlines()


def notebook(*, text: str, code: str) -> str:
    """Return a notebook in which a text stands between two cells of code with an output each."""
    output = nbformat.v4.new_output("stream", text=code)
    text_cell = new_markdown_cell(text, id="1234ba56")  # an id as JupyterLab draws them
    cells = [new_code_cell(code, outputs=[output]), text_cell]
    return nbformat.writes(new_notebook(cells=[*cells, new_code_cell(code, outputs=[output])]))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.md", "# Figures\n\nThe color of a queue, not of `LLEN`.\n"),
        ("lesson.ipynb", notebook(text="The color of a queue.", code="1 + 1")),
        ("module.py", "length = 1  # the color of a queue\n"),
        ("package.py", '"""The color of a queue, as `show` has it."""\n'),
        ("script.sh", "# The color of a queue\n"),
    ],
)
def test_an_american_word_is_found(tmp_path: Path, name: str, content: str) -> None:
    (said,) = misspelt(tmp_path / name, content)
    assert "`color` should be `colour`" in said


def test_a_misspelt_word_is_found(tmp_path: Path) -> None:
    (said,) = misspelt(tmp_path / "page.md", "The consumer recieves a job.\n")
    assert "`recieves` should be `receives`" in said


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.md", "Call `initialize()`:\n\n```python\ncolor = 1\n```\n"),
        ("link.md", "[Colours](https://example.org/color)\n"),
        ("lesson.ipynb", notebook(text="A queue.", code="color = 'red'  # a color")),
        ("module.py", 'plot.line(color="red", align="center")\nclient.initialize()\n'),
        ("stage.md", "The analyzer requeues: requeueing is the command's own word.\n"),
    ],
)
def test_the_names_of_others_and_the_project_s_words_pass(
    tmp_path: Path, name: str, content: str
) -> None:
    assert misspelt(tmp_path / name, content) == []
