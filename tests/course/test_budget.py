"""The helper stays small, and every function fits on a screen."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src"
COURSE_LINES = 2_200
FUNCTION_LINES = 45
"""Without its docstring, and without the decorators."""


def functions(path: Path, root: Path = SRC) -> list[tuple[str, int]]:
    """Every function in a file, as (name, lines)."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            last = node.end_lineno or node.lineno
            lines = last - node.lineno + 1
            if ast.get_docstring(node) is not None:
                docstring = node.body[0]
                lines -= (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1
            found.append((f"{path.relative_to(root)}: {node.name}", lines))
    return found


def test_the_course_keeps_to_its_budget() -> None:
    files = [*(SRC / "course").rglob("*.py")]
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files)
    assert 0 < lines <= COURSE_LINES


def test_no_function_is_longer_than_a_screen() -> None:
    found = [each for path in SRC.rglob("*.py") for each in functions(path)]
    assert len(found) > 100
    assert [each for each in found if each[1] > FUNCTION_LINES] == []


def test_a_long_function_is_found_and_its_docstring_is_not_counted(tmp_path: Path) -> None:
    path = tmp_path / "long.py"
    body = "    pass\n" * FUNCTION_LINES
    path.write_text(f'async def long():\n    """Say\n\n    much.\n    """\n{body}')
    assert functions(path, tmp_path) == [("long.py: long", FUNCTION_LINES + 1)]
