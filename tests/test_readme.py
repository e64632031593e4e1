"""The README names what is there."""

from __future__ import annotations

import json
import re
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_every_link_leads_to_a_file() -> None:
    links = re.findall(r"\]\(((?!https?:)[^)#]+)\)", README)
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_page_of_the_docs_is_linked() -> None:
    pages = {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")}
    assert pages - set(re.findall(r"\]\(([^)#]+)\)", README)) == set()


def test_every_notebook_is_linked() -> None:
    notebooks = {f"notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert notebooks - set(re.findall(r"\]\(([^)#]+)\)", README)) == set()


def test_every_path_that_is_named_is_there() -> None:
    paths = re.findall(
        r"`((?:src|tests|docs|notebooks|scripts|\.ci|\.devcontainer)/[^\s`<*]*)`", README
    )
    assert len(paths) > 20
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_folder_of_the_sources_and_the_tests_is_on_the_map() -> None:
    layout = README.partition("## Layout")[2]
    mirrors = {folder.name for folder in (ROOT / "src").iterdir()}
    folders = [
        f"{parent}/{folder.name}/"
        for parent in ("src", "tests")
        for folder in (ROOT / parent).iterdir()
        if folder.is_dir() and not folder.name.startswith("__")
        if parent == "src" or folder.name not in mirrors or folder.name == "exercises"
    ]
    assert [folder for folder in folders if f"`{folder}`" not in layout] == []


LESSON = re.compile(r"^\| \[[^]]+\]\((notebooks/[^)]+)\) \|.*\| (\d+) \| (\w+) \|$", re.MULTILINE)
"""A row of the table of lessons: the file, the minutes, the day."""


def minutes(lesson: Path) -> str:
    """Return the first number of the line that says how long a lesson takes."""
    cells = json.loads(lesson.read_text())["cells"]
    return re.findall(r"\*\*Time:\*\* (\d+) ", "".join("".join(c["source"]) for c in cells))[0]


def test_the_table_tells_of_each_lesson_how_long_it_takes() -> None:
    lessons = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
    told = {path: time for path, time, _ in LESSON.findall(README)}
    assert told == {str(each.relative_to(ROOT)): minutes(each) for each in lessons}


def test_the_lessons_fill_a_week_from_monday_to_friday() -> None:
    days = [day for day, _ in groupby(day for _, _, day in LESSON.findall(README))]
    assert days == ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]


def test_the_page_of_an_intake_has_the_days_and_minutes_of_the_table() -> None:
    intake = (ROOT / "docs" / "intake.md").read_text()
    rows = re.findall(r"^\| (\w+day) \| (.*?) \| (\d+) \|", intake, re.MULTILINE)
    told = [
        (day, re.findall(r"\.\./(notebooks/\S+ipynb)", lessons), time)
        for day, lessons, time in rows
    ]
    expected = []
    for day, lessons in groupby(LESSON.findall(README), key=lambda row: row[2]):
        paths, minutes, _ = zip(*lessons, strict=True)
        expected.append((day, [*paths], str(sum(map(int, minutes)))))
    assert told == expected


def test_the_set_up_says_the_sizes_that_this_page_says() -> None:
    sizes = re.findall(r"about \d+ MB (?:to fetch|on the disk)", README)
    assert len(sizes) == 2
    assert ", ".join(sizes) in (ROOT / "scripts" / "setup.sh").read_text()


def test_every_option_and_variable_of_the_pipeline_that_is_named_exists() -> None:
    section = README.partition("## The pipeline outside")[2].partition("\n## ")[0]
    sources = [path.read_text() for path in (ROOT / "src" / "backend").rglob("*.py")]
    named = re.findall(r"`(--[a-z-]+|[A-Z]+(?:_[A-Z]+)+)\b", section)
    assert len(named) > 5
    named.remove("--help")  # argparse brings it
    assert [name for name in named if not any(f'"{name}"' in text for text in sources)] == []


def test_every_command_of_make_that_is_named_exists() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = re.findall(r"`make ([a-z-]+)`", README)
    assert [name for name in named if name not in targets] == []
