"""Short tracebacks in a notebook: the reader's lines and ours, without those of the libraries."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

_OURS = str(Path(__file__).parents[1])  # src/, with backend and course


def shorten() -> None:
    """From now on, leave the frames of libraries out of what the notebook shows of an error."""
    if "IPython" not in sys.modules:
        return
    from IPython import get_ipython

    if shell := get_ipython():
        shell.set_custom_exc((Exception,), _show)


def _show(
    shell: Any,
    kind: type[BaseException],
    error: BaseException,
    traceback: TracebackType | None,
    tb_offset: int | None = None,
) -> None:
    for each in _chain(error):
        each.__traceback__ = _without_libraries(each.__traceback__)
    shell.showtraceback((kind, error, error.__traceback__), tb_offset=0)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what led to it."""
    while error:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _without_libraries(traceback: TracebackType | None) -> TracebackType | None:
    frames = []
    while traceback:
        frames.append(traceback)
        traceback = traceback.tb_next
    ours = [frame for frame in frames if _is_ours(frame)] or frames[-1:]
    for frame in reversed(ours):
        traceback = TracebackType(traceback, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return traceback


def _is_ours(frame: TracebackType) -> bool:
    code = frame.tb_frame.f_code
    # IPython knows a cell by a file name of its own; what runs in it has no installed module.
    return (
        code.co_filename.startswith(_OURS) or frame.tb_frame.f_globals.get("__name__") == "__main__"
    )
