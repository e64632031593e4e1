"""Whether the reader has answered: an untouched stub is no attempt, nor is a cell that failed.

A cell that ends in an error may define nothing, and one with another name defines something else.
In both cases the function that `check` is given is the one from before.
"""

from __future__ import annotations

import linecache
import re
import sys
from types import CodeType, FunctionType
from typing import Any

from exercises.exercise import Exercise

_ran: list[Any] = []
"""What IPython says of each cell that was run since the course was imported."""


def follow_the_cells() -> None:
    """In a notebook, take note of each cell that has run."""
    ipython = sys.modules.get("IPython")
    if shell := ipython and ipython.get_ipython():
        shell.events.register("post_run_cell", _ran.append)


def missing(exercise: Exercise, answers: tuple[Any, ...]) -> str:
    """Return why these answers are no attempt, as sentences; "" if they are one."""
    values = [each for a in answers for each in (a.values() if isinstance(a, dict) else [a])]
    if any(each is ... for each in values) and not all(each is ... for each in values):
        return (
            "A `...` is left in the cell above. Replace it, run the cell, then run this one again."
        )
    if all(each is ... for each in values) or _untouched(exercise, answers):
        return "Change the cell above, run it, then run this one again."
    names = "|".join(exercise.answers)
    defines = re.compile(rf"^(async\s+)?def ({names})\b|^({names})\s*=", re.MULTILINE)
    for ran in reversed(_ran):
        source, error = ran.info.raw_cell, ran.error_before_exec or ran.error_in_exec
        if any(_is_from(answer, source) for answer in answers):
            return ""
        if ran.info.cell_id != f"{exercise.slug}-stub" and not defines.search(source):
            continue
        old = f"`{exercise.answers[0]}` is still what it was before."
        if error:
            return (
                f"The cell above ended in {type(error).__name__}, and {old} Mend it, then run both."
            )
        if not defines.search(source):
            return f"The cell above gives another name, and {old} Give it this name, then run both."
        return ""
    return ""


def cell(exercise: Exercise) -> str:
    """Return the reader's cell that has defined the answers last; "" where there is no notebook."""
    defines = re.compile(
        rf"^(async\s+)?def {exercise.answers[0]}\b|^{exercise.answers[0]}\s*=", re.M
    )
    sources = (ran.info.raw_cell for ran in reversed(_ran) if ran.success)
    return next((source for source in sources if defines.search(source)), "")


def _is_from(answer: Any, source: str) -> bool:
    """Whether this cell has defined this function."""
    file = getattr(getattr(answer, "__code__", None), "co_filename", "")
    return bool(file) and "".join(linecache.getlines(file)).strip() == source.strip()


def _untouched(exercise: Exercise, answers: tuple[Any, ...]) -> bool:
    """Whether the answers are still those of the stub, compiled alike."""
    stub: dict[str, Any] = {}
    exec(exercise.stub, stub)
    pairs = [(answer, stub[name]) for name, answer in zip(exercise.answers, answers, strict=True)]
    return all(
        isinstance(answer, FunctionType)
        and isinstance(given, FunctionType)
        and _same(answer.__code__, given.__code__)
        for answer, given in pairs
    )


def _same(one: CodeType, other: CodeType) -> bool:
    """Whether two functions do the same, instruction by instruction, wherever they stand."""
    if (one.co_code, one.co_names, one.co_varnames, len(one.co_consts)) != (
        (other.co_code, other.co_names, other.co_varnames, len(other.co_consts))
    ):
        return False
    return all(
        _same(a, b) if isinstance(a, CodeType) and isinstance(b, CodeType) else a == b
        for a, b in zip(one.co_consts, other.co_consts, strict=True)
    )
