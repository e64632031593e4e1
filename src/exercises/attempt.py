"""Whether the reader has answered: an untouched stub is no attempt, nor is a cell that failed.

A cell that ends in an error may define nothing, and one with another name defines something else.
In both cases the function that `check` is given is the one from before.
"""

import ast
import inspect
import linecache
import re
import sys
from contextlib import suppress
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
    is_open = [each is ... for each in values]
    if all(is_open) or _untouched(exercise, answers):
        return "Change the cell above, run it, then run this one again."
    if any(is_open):
        return "A `...` is left in the cell above. Replace it, run that cell, then this one again."
    for ran in reversed(_ran):
        source, error = ran.info.raw_cell, ran.error_before_exec or ran.error_in_exec
        if any(_is_from(answer, source) for answer in answers):
            return ""
        has_name = _defines(source, *exercise.answers)
        if not has_name and ran.info.cell_id != f"{exercise.slug}-stub":
            continue
        old = f"`{exercise.answers[0]}` is still what it was before."
        if error:
            what = f"The cell above ended in {type(error).__name__}, and {old}"
            return f"{what} Mend it, then run both."
        if not has_name:
            return f"The cell above gives another name, and {old} Give it this name, then run both."
        return ""
    return ""


def cell(exercise: Exercise) -> str:
    """Return the reader's cell that has defined the answers last; "" where there is no notebook."""
    sources = (ran.info.raw_cell for ran in reversed(_ran) if ran.success)
    return next((each for each in sources if _defines(each, exercise.answers[0])), "")


def _defines(source: str, *names: str) -> bool:
    pattern = rf"^((async\s+)?def ({'|'.join(names)})\b|({'|'.join(names)})\s*=)"
    return bool(re.search(pattern, source, re.MULTILINE))


def _is_from(answer: Any, source: str) -> bool:
    """Whether this cell has defined this function."""
    file = getattr(getattr(answer, "__code__", None), "co_filename", "")
    return bool(file) and "".join(linecache.getlines(file)).strip() == source.strip()


def _untouched(exercise: Exercise, answers: tuple[Any, ...]) -> bool:
    """Whether the answers are functions as in the stub; a comment or an empty line is no change."""
    stub = [ast.unparse(each) for each in ast.parse(exercise.stub).body if hasattr(each, "args")]
    with suppress(OSError, TypeError, SyntaxError):  # no function, or not from a cell
        return [ast.unparse(ast.parse(inspect.getsource(each))) for each in answers] == stub
    return False
