"""Every message that the course can show has a heading in docs/troubleshooting.md.

So a search for the message, on the site or in the file, leads to what it means and what to do.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src"
PAGE = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
HEADINGS = [heading.replace("`", "") for heading in re.findall(r"(?m)^### (.+)$", PAGE)]
SPEAKING = ["backend/core", "course", "doctor", "lessons", "private_redis"]
"""What speaks to a reader. An exercise, a drill and a dead letter say themselves what to do."""

PROBLEM = r"flaw|missing|wrong|diagnose"
"""What is in the name of a function that returns what is wrong, in words."""


def message(node: ast.AST) -> str:
    """Return the first sentence of a text in the code, with … where a value is put in."""
    if isinstance(node, ast.JoinedStr):
        parts = [each.value if isinstance(each, ast.Constant) else "…" for each in node.values]
        text = "".join(map(str, parts))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = re.sub(r"\{[^}]*\}", "…", node.value)
    else:
        return ""
    first = re.split(r"\n|(?<=[\w)])[.:](?: |$)|(?<=…)\. ", text)[0]
    first = re.sub(r": …$|, not ….*$| \((…[^)]*\)|[^)]*)$|`", "", first)
    return first if re.search(r"[^\W\d_]{3} ", first) else ""  # more than values


def texts(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield what is raised, what a finding says that is not ok, and what is told of a problem."""
    for node in ast.walk(tree):
        match node:
            case ast.Raise(exc=ast.Call(args=[text, *_])):
                yield text
            case ast.Tuple(elts=[ast.Constant(value="FAIL" | "warn"), text]):
                yield text
            case ast.Tuple(elts=[ast.Call() | ast.Lambda() | ast.Name(), text, _]):  # a cause
                yield text
            case ast.FunctionDef(name=name) if re.search(PROBLEM, name):
                yield from (each.value for each in ast.walk(node) if isinstance(each, ast.Return))


def messages(source: Path) -> set[str]:
    return set(map(message, texts(ast.parse(source.read_text(encoding="utf-8"))))) - {""}


SAID = {
    str(source.relative_to(SRC)): said
    for package in SPEAKING
    for source in sorted((SRC / package).rglob("*.py"))
    if (said := messages(source))
}
"""The messages, by the file that has them."""


@pytest.mark.parametrize("source", SAID)
def test_every_message_of_the_code_has_a_heading(source: str) -> None:
    assert sorted(SAID[source] - {*HEADINGS}) == []


def test_messages_are_found_in_all_that_speaks() -> None:
    """Or the test above would have nothing to ask: has their form changed?"""
    assert {source.split("/")[0] for source in SAID} == {each.split("/")[0] for each in SPEAKING}


def test_no_heading_stands_twice() -> None:
    assert sorted(HEADINGS) == sorted(set(HEADINGS))
