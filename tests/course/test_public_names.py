"""The course is a small helper module: this holds it to that."""

from __future__ import annotations

import ast
import gc
import json
import pkgutil
from importlib import import_module
from pathlib import Path

import pytest

import course

ROOT = Path(__file__).parents[2]
ROOMS = [
    "course",
    *(
        name
        for _, name, _ in pkgutil.walk_packages(course.__path__, "course.")
        if hasattr(import_module(name), "__all__")
    ),
]
"""The packages and modules that name what is public in them."""


def code_of_users() -> list[ast.Module]:
    """The code cells of the notebooks, and the exercises."""
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "src/exercises").rglob("*.py")]
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        sources += ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    gc.collect()  # or compile() may fail before 3.11.9: github.com/python/cpython/issues/106905
    return [compile(source, "a user", "exec", flags) for source in sources]


def used_names() -> set[str]:
    """`course.plots.show`, for `from course.plots import show` and for `plots.show`."""
    used: set[str] = set()
    for tree in code_of_users():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("course"):
                used |= {f"{node.module}.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                owner = node.value.id
                used |= {f"{name}.{node.attr}" for name in ROOMS if name.endswith(owner)}
    return used


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_name_is_used_by_a_notebook_or_an_exercise(room: str) -> None:
    public = {f"{room}.{name}" for name in import_module(room).__all__}
    assert public - used_names() == set()
