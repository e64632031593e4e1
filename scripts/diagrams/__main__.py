"""Draw every picture: `python -m scripts.diagrams`, or `make diagrams`."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import scripts.diagrams
from scripts.diagrams.kit import Canvas

FOLDER = Path(__file__).parents[2] / "notebooks" / "pictures"


def pictures() -> dict[str, Callable[[], Canvas]]:
    """Return {name: function that draws it}, of all modules beside this one."""
    found: dict[str, Callable[[], Canvas]] = {}
    for module in pkgutil.iter_modules(scripts.diagrams.__path__, "scripts.diagrams."):
        if not module.name.endswith("__main__"):
            found |= getattr(import_module(module.name), "PICTURES", {})
    return found


def draw_all(folder: Path = FOLDER) -> None:
    """Write each picture as a file of its own."""
    folder.mkdir(exist_ok=True)
    for name, draw in pictures().items():
        draw().save(folder / f"{name}.svg")


if __name__ == "__main__":
    draw_all()
