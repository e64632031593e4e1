"""In which line of the reader's answer something happened, in words for a verdict."""

from __future__ import annotations

import inspect
import linecache
import traceback
from collections.abc import Iterator
from types import FrameType
from typing import Any


class ReadersCode:
    """The cells of the notebook that define the answers."""

    def __init__(self, answers: tuple[Any, ...]) -> None:
        functions = [inspect.unwrap(each) for each in answers if inspect.isfunction(each)]
        self.namespaces = [each.__globals__ for each in functions]
        """The notebook's variables, once for each function."""
        self._files = {each.__code__.co_filename for each in functions}
        self._below = {id(frame) for frame, _ in traceback.walk_stack(None)}
        """What was on the stack already: the cell with the check among it."""

    def where_raised(self, error: BaseException) -> str:
        """Return the innermost line of the reader's that the exception went through, or ""."""
        frames = traceback.walk_tb(error.__traceback__)
        return next((_line(*each) for each in reversed([*frames]) if self._holds(each[0])), "")

    def where_it_is(self, frame: FrameType | None, running: Any) -> str:
        """Return the line of the reader's that is executed, or else waits; "" if there is none.

        Args:
            frame: the innermost frame on the stack.
            running: the coroutine of the answer, which is on no stack while it waits.
        """
        stack = traceback.walk_stack(frame) if frame else ()
        waiting = ((each, each.f_lineno) for each in reversed([*_chain(running)]))
        lines = (_line(*each) for each in [*stack, *waiting] if self._holds(each[0]))
        return next(lines, "")

    def _holds(self, frame: FrameType) -> bool:
        is_above = id(frame) not in self._below
        return is_above and frame.f_code.co_filename in self._files


def _chain(coroutine: Any) -> Iterator[FrameType]:
    """Yield the frames of a coroutine that waits: its own, then of what it awaits, and so on."""
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "ag_frame", None)
        if frame:
            yield frame
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "ag_await", None)


def _line(frame: FrameType, number: int) -> str:
    text = linecache.getline(frame.f_code.co_filename, number).strip()
    return f", in line {number} of your cell" + (f": `{text}`" if text else "")
