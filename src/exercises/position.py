"""In which line of the reader's answer something happened, in words for a verdict."""

import inspect
import traceback
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Any


class ReadersCode:
    """The cells of the notebook that define the answers."""

    def __init__(self, answers: tuple[Any, ...]) -> None:
        functions = [inspect.unwrap(each) for each in answers if inspect.isfunction(each)]
        self.namespaces = [each.__globals__ for each in functions]
        """The notebook's variables, once for each function."""
        self._files = {each.__code__.co_filename for each in functions}
        self._depth = len(traceback.extract_stack())
        """What was on the stack already: the cell with the check among it."""

    def where_raised(self, error: BaseException) -> str:
        """Return the innermost line of the reader's that the exception went through, or ""."""
        return self._innermost(traceback.extract_tb(error.__traceback__))

    def where_it_is(self, frame: FrameType | None, running: Any) -> str:
        """Return the line of the reader's that is executed, or else waits; "" if there is none.

        Args:
            frame: the innermost frame on the stack.
            running: the coroutine of the answer, which is on no stack while it waits.
        """
        stack = traceback.extract_stack(frame)[self._depth :]
        waiting = ((each, each.f_lineno) for each in _chain(running))
        return self._innermost(stack) or self._innermost(traceback.StackSummary.extract(waiting))

    def _innermost(self, frames: Sequence[traceback.FrameSummary]) -> str:
        for each in reversed(frames):
            if each.filename in self._files:
                text = f": `{each.line}`" if each.line else ""
                return f", in line {each.lineno} of your cell{text}"
        return ""


def _chain(coroutine: Any) -> Iterator[FrameType]:
    """Yield the frames of a coroutine that waits: its own, then of what it awaits, and so on."""
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "ag_frame", None)
        if frame:
            yield frame
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "ag_await", None)
