"""In which line of the reader's cell something happened, in words for a verdict."""

from __future__ import annotations

import inspect
import linecache
import traceback
from collections.abc import Iterator
from types import FrameType
from typing import Any


class ReadersCode:
    """The code of the notebook that defines the answers."""

    def __init__(self, answers: tuple[Any, ...]) -> None:
        self.namespaces = [a.__globals__ for a in answers if inspect.isfunction(a)]
        """The notebook's variables, once for each function."""

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
        while frame:
            if self._holds(frame):
                return _line(frame, frame.f_lineno)
            frame = frame.f_back
        waiting = [each for each in _chain(running) if self._holds(each)]
        return _line(waiting[-1], waiting[-1].f_lineno) if waiting else ""

    def _holds(self, frame: FrameType) -> bool:
        return any(frame.f_globals is namespace for namespace in self.namespaces)


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
