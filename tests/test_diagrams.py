"""The drawn pictures: each is up to date, used, and said in words."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from scripts.diagrams.__main__ import FOLDER, pictures
from scripts.diagrams.kit import BLUE, INK, MUTED, PAPER, TINTS, WORDS

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


def luminance(colour: str) -> float:
    """Return how bright a colour is, from 0 to 1, as WCAG 2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", [BLUE, *WORDS.values()])
def test_coloured_words_can_be_read_on_white(colour: str) -> None:
    assert (luminance(PAPER) + 0.05) / (luminance(colour) + 0.05) >= 4.5


@pytest.mark.parametrize("ground", TINTS.values())
def test_words_can_be_read_on_what_fills_a_shape(ground: str) -> None:
    for colour in (INK, MUTED):
        assert (luminance(ground) + 0.05) / (luminance(colour) + 0.05) >= 4.5
