"""What a reader calls in a terminal. Nothing is overwritten that is not set aside before."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from exercises import catalogue, record
from lessons.cells import Answer, put, stubs
from lessons.files import Course

RELOAD = "Is a lesson open in JupyterLab? Choose File, Reload Notebook from Disk."


def reset(lesson: str) -> None:
    """Bring the original of one lesson back; yours is set aside, and nothing is lost."""
    course = Course()
    path = course.path(lesson)
    original = course.original(path)
    if path.exists():
        if path.read_bytes() == original:
            print(f"{path.stem} is the original.")
            return
        print(f"Yours is now {course.set_aside(path)}.")
    path.write_bytes(original)
    print(f"{path.stem} is the original again. {RELOAD}")
    right = f".venv/bin/python -m course answers {path.stem}"
    print(f"This puts back your answers that were judged right: {right}")


def answers(lesson: str) -> None:
    """Put your answers that were judged right back into one lesson, where its stubs still are."""
    course = Course()
    path = course.path(lesson)
    original = course.original(path)
    empty = stubs(original)
    kept = {}
    for name, solved in record.solved().items():
        with suppress(catalogue.WrongCall):  # solved once, and no exercise any more
            exercise = catalogue.find(name)
            if solved.answer and (cell := f"{exercise.slug}-stub") in empty:
                fits = solved.version == record.version(exercise)
                kept[cell] = Answer(solved.answer, fits)
    if not kept:
        print(f"No answer in {path.stem} has been judged right so far.")
        return
    content, fates = put(path.read_bytes(), kept, original)
    path.write_bytes(content)
    for cell, fate in fates.items():
        print(f"{cell.removesuffix('-stub')}: your answer is {fate}.")
    print(RELOAD)


def update() -> None:
    """Bring the newest course, with git, and put your answers into it."""
    course = Course()
    course.git("fetch")
    if course.git("rev-list", "HEAD..@{upstream}") == b"":
        print("This is the newest course.")
        return
    mine = {path: path.read_bytes() for path in course.changed()}
    originals = {path: course.original(path) for path in mine}
    for path in mine:
        print(f"Your {path.stem} is kept as {course.set_aside(path)}.")
    try:
        if mine:
            course.git("checkout", "HEAD", "--", *map(str, mine))
        course.git("merge", "--ff-only", "@{upstream}")
    except BaseException:
        for path, content in mine.items():
            path.write_bytes(content)
        raise
    print(f"The course is now of {course.git('log', '-1', '--format=%cs').decode().strip()}.")
    _put_into(course, mine, originals)
    in_a_hub = "JUPYTERHUB_USER" in os.environ  # which has installed it already
    again = "" if in_a_hub else " Then start `make lab` again, which installs what has changed."
    print(f"{RELOAD}{again}")


def _put_into(course: Course, mine: dict[Path, bytes], originals: dict[Path, bytes]) -> None:
    """Put what the reader has written into a newer course; an answer may be in another lesson."""
    written: dict[str, str] = {}
    then: dict[str, str] = {}
    for path, content in mine.items():
        if path.exists() and path.read_bytes() == originals[path]:
            path.write_bytes(content)  # the lesson is the same: all of it stays the reader's
            continue
        then |= stubs(originals[path])
        written |= {id: code for id, code in stubs(content).items() if code != then.get(id)}
    for path in sorted((course.folder / "notebooks").glob("*.ipynb")):
        original = path.read_bytes()
        there = stubs(original)
        ours = {id: Answer(written[id], there[id] == then.get(id)) for id in written if id in there}
        if ours:
            content, fates = put(original, ours, original)
            path.write_bytes(content)
            for cell, fate in fates.items():
                del written[cell]
                print(f"{path.stem}, {cell.removesuffix('-stub')}: your answer is {fate}.")
    for cell in written:
        print(f"{cell.removesuffix('-stub')} is gone: your answer is in the copy alone.")
