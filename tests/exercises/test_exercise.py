"""An exercise's file is read as it is written, and a slip in it is named with file and section."""

from __future__ import annotations

from pathlib import Path

import pytest

from exercises.exercise import COMMON, BadForm, read

GOOD = """\
---
place: 2
---
# Exercise: count to three

Write `count`.

It has two paragraphs.

## Stub

```python
START = 0


async def count(client):
    # Your code goes here.
    ...
```

## Hints

1. Begin with one.
2. Two comes next.
3. `return 3`

## Solution

```python
START = 0


async def count(client):
    return 3
```

## Why

three is what production needs.

## Mistakes

- TWO: Count on.
- NO_END: Three is the end.
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "queue").mkdir()
    return tmp_path / "queue/count.md"


def test_text_and_code_are_taken_as_they_are_written(file: Path) -> None:
    file.write_text(GOOD, encoding="utf-8")
    exercise = read(file)
    assert (exercise.name, exercise.place, exercise.title) == ("queue.count", 2, "count to three")
    assert exercise.task == "Write `count`.\n\nIt has two paragraphs."
    assert exercise.hints == ("Begin with one.", "Two comes next.", "`return 3`")
    assert exercise.solution == "START = 0\n\n\nasync def count(client):\n    return 3"
    assert exercise.why == "three is what production needs."
    assert exercise.mistakes == {"TWO": "Count on.", "NO_END": "Three is the end."}
    assert exercise.says("TWO") == "Count on."
    assert exercise.says("CLOSED") == COMMON["CLOSED"]


def test_what_the_stub_defines_is_what_is_judged(file: Path) -> None:
    file.write_text(GOOD, encoding="utf-8")
    assert read(file).answers == ("START", "count")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("place: 2", "place: two", "the beginning must be `place: 1`"),
        ("# Exercise: count", "### Count", "the beginning must be `place: 1`"),
        ("Write `count`.\n\nIt has two paragraphs.", "", "the beginning must be `place: 1`"),
        ("## Hints", "## Hint", "the sections must be `## Stub, ## Hints, ## Solution, ## Why, "),
        ("## Why", "## Stub", "once and in this order"),
        ("```python\nSTART = 0\n\n\nasync", "\nasync", "Stub must be one fence"),
        ("## Solution\n\n```python", "## Solution\n\n```", "Solution must be one fence"),
        ("3\n```\n", "3\n```\n\nLike this.\n", "Solution must be one fence"),
        ("    return 3\n", "return 3\n", "Solution must be Python: expected an indented block"),
        ("START = 0\n\n\nasync def count(client):\n    # Y", "if 1:\n    # Y", "Stub must be code"),
        ("3. `return 3`\n", "", "Hints must be three lines"),
        ("2. Two", "2. One,\nand two", "Hints must be three lines"),
        ("2. Two", "3. Two", "Hints must be three lines"),
        ("three is what", "three\nis what", "Why must be one line"),
        ("three is what production needs.", "", "Why must be one line"),
        ("- NO_END: ", "- no end: ", "Mistakes must be lines"),
    ],
)
def test_a_slip_of_the_author_is_named(file: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    file.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(BadForm) as raised:
        read(file)
    assert str(raised.value).startswith(f"{file}: ")
    assert message in str(raised.value)
