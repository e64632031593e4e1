"""Exercises that answer back: `check`, `hint`, `solution`, `progress`.

    await exercises.check("queue.drain", drain)

How to write one is in the README.md beside this file.
"""

from exercises.calls import check, hint, progress, solution
from exercises.pipeline.lines import two_lines
from exercises.queue.plot import incident

__all__ = ["check", "hint", "incident", "progress", "solution", "two_lines"]
