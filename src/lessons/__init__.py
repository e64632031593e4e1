"""The reader's lessons, of which nothing is lost: reset, answers and update of `python -m course`.

commands.py   reset, answers, update: what a reader calls
files.py      the lessons as files: the reader's, the original in git, and copies set aside
cells.py      the cells in which answers stand, found again by their ids
"""

from lessons.commands import answers, reset, update

__all__ = ["answers", "reset", "update"]
