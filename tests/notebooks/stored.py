"""What can be wrong with a notebook as it is stored, and that running it does not show.

nbval compares what a run prints with what is stored. It does not notice what is missing from both,
nor what should never have been stored. Each function here yields sentences: what is wrong, where,
what to do. `faults` asks them all.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator

import nbformat
from nbformat import NotebookNode
from PIL import Image
from tests.notebooks.rerun import code_cells, has_error

Sentences = Iterator[str]

SECRETS = {
    "a password in a URL": r"\w+://[^\s/:@]*:(?!\*\*\*@|<|(?i:password)@)[^\s/@]+@",
    "a token": r"\b(?:ghp_|github_pat_|xox[abp]-|sk-|AKIA|eyJ)[\w-]{12,}",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a password or key": (
        r"(?i)\b\w*(?:password|secret|token|api_?key)\b['\"]?\s*[=:]\s*['\"][^'\"*]{6,}"
    ),
}
LOCAL_PATH = (
    r"(?<![\w.:])/(?:home|Users|root|tmp|(?:private/)?var|workspaces?|work|srv|opt|mnt)/"
    r"|\b[A-Z]:\\\w|\S+/site-packages/"
)
IN_SOURCE = SECRETS | {
    "a path of one machine": LOCAL_PATH,
    # Up to four digits a port is a convention that can be taught (6379); above, one of this moment.
    "the port of one run": r"(?:\blocalhost|\b\d{1,3}(?:\.\d{1,3}){3}):\d{5}\b",
}
IN_OUTPUTS = SECRETS | {
    "a path of one machine": rf"{LOCAL_PATH}|\bFile [~/]",
    # Port 1, where nobody listens, is the same on every machine.
    "an address with a port": (
        r"(?:\blocalhost|\b\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:]+\]):(?!1\b)\d+"
    ),
    # What looks like one and is none: the line of a file, as redis.py:182.
    "a host with a port": r"(?i)\b(?:[a-z0-9-]+\.)+(?!py:)[a-z]{2,}:(?!1\b)\d+",
    # Without quotes only here: in source code it is how a password is passed on.
    "a password or key without quotes": (
        r"(?i)\b\w*(?:password|secret|token|api_?key)\s*=\s*(?!none\b|true\b|false\b)[^\s'\"*<…]{4,}"
    ),
    "an address in memory": r"\b0x[0-9a-f]{6,}",
}
NEEDS_REASON = ("nbval-ignore-output", "simulated-work")
"""Tags that nobody may use without saying why."""
TYPES = {"text/plain", "text/markdown", "text/html"}
"""Types of output whose text is the same in every run. HTML: figures, verdicts on exercises."""
PIXELS = re.compile(r'(?<=src="data:image/png;base64,)[A-Za-z0-9+/=]+(?=")')
"""The picture inside a figure that `plots.show` made."""


def faults(notebook: NotebookNode) -> list[str]:
    """Return everything that is wrong with the stored notebook."""
    checks = (invalid, not_run, not_raised, leaks, stale_figures, odd_outputs, skipped)
    return [sentence for check in checks for sentence in check(notebook)]


def invalid(notebook: NotebookNode) -> Sentences:
    """What the notebook format itself has to say."""
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        yield f"it is no valid notebook: {error.message}"


def not_run(notebook: NotebookNode) -> Sentences:
    """A cell without a count is run, but never compared; other counts come from another order."""
    cells = code_cells(notebook)
    if not cells:
        yield "it has no code cell, so nothing in it is tested"
    counts = [cell.execution_count for cell in cells]
    if counts != [*range(1, len(cells) + 1)]:
        yield f"its cells have the counts {counts}: run it from top to bottom (make notebooks)"
    for number, cell in enumerate(cells, 1):
        if not cell.source.strip():
            yield f"code cell {number} is empty: remove it"


def not_raised(notebook: NotebookNode) -> Sentences:
    """An error is stored where one is announced, and nowhere else."""
    for number, cell in enumerate(code_cells(notebook), 1):
        announced = "raises-exception" in cell.metadata.get("tags", [])
        if announced and not has_error(cell):
            yield f"code cell {number} is tagged raises-exception, and no exception is stored"
        if has_error(cell) and not announced:
            yield f"code cell {number} has stored an exception: repair it, or tag raises-exception"


def leaks(notebook: NotebookNode) -> Sentences:
    """Secrets, and what is true of one machine or one moment."""
    for number, cell in enumerate(notebook.cells):
        where = f"cell {number} (from 0, text cells too)"
        for what, pattern in IN_SOURCE.items():
            if found := re.search(pattern, cell.source):
                yield f"{where} holds {what}: {found[0]!r}"
    for number, output in _outputs(notebook):
        text = "\n".join(_texts(output))
        for what, pattern in IN_OUTPUTS.items():
            if found := re.search(pattern, text):
                yield f"the output of code cell {number} holds {what}: {found[0]!r}"
        if output.get("name") == "stderr":
            yield f"code cell {number} has written to stderr: {text.strip()[:100]!r}"


def png_description(png_bytes: bytes) -> str:
    """Return the words inside a PNG that `plots.show` made; "" for any other PNG."""
    with Image.open(io.BytesIO(png_bytes)) as image:
        image.load()  # the words may stand after the pixels
        return str(image.info.get("Description", ""))


def stale_figures(notebook: NotebookNode) -> Sentences:
    """The words inside a picture are those beside it, which nbval compares."""
    for number, output in _outputs(notebook):
        data = output.get("data", {})
        for picture in PIXELS.findall(data.get("text/html", "")):
            if png_description(base64.b64decode(picture)) != data.get("text/plain"):
                yield (
                    f"the picture of code cell {number} does not show what the text beside it says:"
                    " run the notebook again with `make notebooks`"
                )


def odd_outputs(notebook: NotebookNode) -> Sentences:
    """Outputs of a type that is another in every run, as a widget is; or that has no words."""
    for number, output in _outputs(notebook):
        for kind in sorted(set(output.get("data", {})) - TYPES):
            advice = "; show a figure with plots.show()" if kind.startswith("image/") else ""
            yield (
                f"code cell {number} has an output of the type {kind}: "
                f"not one of {sorted(TYPES)}{advice}"
            )


def skipped(notebook: NotebookNode) -> Sentences:
    """Nothing is left out of the comparison without a reason that everyone can read."""
    for number, cell in enumerate(code_cells(notebook), 1):
        if found := re.search(r"^\s*#+\s*(NBVAL_\w+|PYTEST_VALIDATE\w+)\s*$", cell.source, re.M):
            yield f"code cell {number} has the comment {found[1]}: use a tag"
        for tag in cell.metadata.get("tags", []):
            if tag in ("nbval-skip", "nbval-raises-exception", "nbval-check-output"):
                yield f"code cell {number} has the tag {tag}, which this course does not use"
            elif tag in NEEDS_REASON and not cell.metadata.get("reason"):
                yield f"code cell {number} has the tag {tag} and no `reason` in its metadata"
            elif tag not in (*NEEDS_REASON, "raises-exception"):
                yield f"code cell {number} has the tag {tag}, which nothing here knows"


def _outputs(notebook: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    for number, cell in enumerate(code_cells(notebook), 1):
        for output in cell.outputs:
            yield number, output


def _texts(output: NotebookNode) -> Iterator[str]:
    yield output.get("text", "")
    yield output.get("evalue", "")
    yield re.sub(r"\x1b\[[\d;]*m", "", "\n".join(output.get("traceback", [])))  # colours
    for kind, value in output.get("data", {}).items():
        if not kind.startswith("image/"):
            yield PIXELS.sub("", str(value))  # in which a token may be found by chance
