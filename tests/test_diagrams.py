"""The drawn pictures: each is up to date, used, and said in words."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from scripts.diagrams.__main__ import FOLDER, pictures

NOTEBOOKS = sorted(FOLDER.parent.glob("*.ipynb"))
IMAGE = re.compile(r"!\[([^\]]*)\]\(pictures/([\w-]+)\.svg\)")


def shown() -> list[tuple[str, str, str]]:
    """Return (notebook, words, name of the picture) of each picture in a lesson."""
    found = []
    for notebook in NOTEBOOKS:
        for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                matches = IMAGE.findall("".join(cell["source"]))
                found += [(notebook.stem, words, name) for words, name in matches]
    return found


@pytest.mark.parametrize("name", sorted(pictures()))
def test_the_stored_picture_is_what_the_code_draws(name: str, tmp_path: Path) -> None:
    drawn = tmp_path / f"{name}.svg"
    pictures()[name]().save(drawn)
    stored = FOLDER / drawn.name
    assert stored.read_bytes() == drawn.read_bytes(), "`make diagrams` draws it again"


def test_no_picture_is_stored_that_nothing_draws() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(pictures())


def test_the_lessons_show_each_picture_and_no_other() -> None:
    assert {name for _, _, name in shown()} == set(pictures())


def test_each_picture_is_said_in_words() -> None:
    assert [place for place in shown() if len(place[1].split()) < 8] == []
