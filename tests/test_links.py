"""Every link in the texts leads somewhere: to a file, to a heading in it, or to the web.

No address on the web is asked: a test needs no network. `make site` looks at its pages' links, too.
"""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parent.parent
MARKDOWN = MarkdownIt("commonmark").enable("table")


def texts() -> list[str]:
    """Return what may hold links, as names of files: all Markdown and all notebooks."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md", "*.ipynb"]
    said = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return said.splitlines()


def tokens_of(path: Path) -> list[Token]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown"]
        text = "\n\n".join("".join(cell["source"]) for cell in cells)
    return MARKDOWN.parse(text)


def targets(path: Path) -> Iterator[str]:
    """Yield where the links and the images of a text lead, those in its HTML too."""
    for block in tokens_of(path):
        for token in [block, *(block.children or [])]:
            if token.type in ("link_open", "image"):
                yield str(token.attrs.get("href") or token.attrs["src"])
            elif token.type in ("html_block", "html_inline"):
                yield from re.findall(r"""\b(?:href|src)=["']([^"']*)""", token.content)


def titles(path: Path) -> list[str]:
    tokens = tokens_of(path)
    return [
        "".join(part.content for part in tokens[n + 1].children or [])
        for n, token in enumerate(tokens)
        if token.type == "heading_open"
    ]


def anchors(path: Path) -> set[str]:
    """Return the names of a text's headings, as code hosts and the site make them."""
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles(path)}


def anchors_in_jupyterlab(path: Path) -> set[str]:
    """Return the names that JupyterLab finds: headings with their capitals, and those in HTML."""
    parts = [part for block in tokens_of(path) for part in block.children or []]
    html = "".join(part.content for part in parts if part.type == "html_inline")
    return {title.replace(" ", "-") for title in titles(path)} | {*re.findall('id="(.+?)"', html)}


def what_is_wrong(path: Path, target: str) -> str | None:
    """Say what is wrong with a link in the text at `path`; nothing, if it leads somewhere."""
    address = urlsplit(target)
    if address.scheme or address.netloc:
        formed = address.scheme == "https" and re.fullmatch(r"[\w-]+(\.[\w-]+)+", address.netloc)
        return None if formed else "no address that begins with https:// and a name"
    # What an exercise says, a lesson shows: its links begin where the lesson is.
    folder = ROOT / "notebooks" if re.match(r".*/src/exercises/.+/", str(path)) else path.parent
    file = (folder / unquote(address.path)).resolve() if address.path else path
    if not file.exists():
        return "there is no such file"
    if address.fragment and address.fragment not in anchors(file):
        return f"{file.name} has no such heading"
    if address.fragment and address.fragment not in anchors_in_jupyterlab(file):
        return f'JupyterLab finds it if <a id="{address.fragment}"></a> stands before the heading'
    return None


@pytest.mark.parametrize("text", texts())
def test_every_link_leads_somewhere(text: str) -> None:
    path = ROOT / text
    wrong = {target: what_is_wrong(path, target) for target in targets(path)}
    assert {target: why for target, why in wrong.items() if why} == {}


@pytest.mark.parametrize(
    "text",
    [
        "[The plan](plan.md)",
        "![A plan](plan.svg)",
        '<img src="plan.svg" alt="A plan">',
        "[A part of this page](#the-line-never-rises)",
        "[A part of the other page](other.md#the-line-never-rises)",
        "| a | table |\n|---|---|\n| with | [the plan](plan.md) |",
        "[On the web](http://example.org)",
        "[On the web](https:/example.org)",
        "[On the web](https://example)",
    ],
)
def test_a_link_that_leads_nowhere_is_found(tmp_path: Path, text: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# The line `only` rises\n\n{text}\n", encoding="utf-8")
    (tmp_path / "other.md").write_text("# Another page\n", encoding="utf-8")
    (target,) = targets(page)
    assert what_is_wrong(page, target)


def test_a_link_to_a_heading_that_only_code_hosts_and_the_site_find_is_found(
    tmp_path: Path,
) -> None:
    page = tmp_path / "page.md"
    page.write_text("# The line rises\n\n[It rises](#the-line-rises)\n", encoding="utf-8")
    assert "JupyterLab" in str(what_is_wrong(page, "#the-line-rises"))


def test_links_to_files_headings_and_the_web_are_right(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        '<a id="the-line-only-rises"></a>\n\n# The line `only` rises\n\n'
        "[Here](#the-line-only-rises), "
        "[there](page.md#the-line-only-rises) or [on the web](https://example.org/a?b#c); "
        "`[no](link.md)`.\n",
        encoding="utf-8",
    )
    assert [what_is_wrong(page, target) for target in targets(page)] == [None] * 3
