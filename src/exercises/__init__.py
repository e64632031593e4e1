"""Exercises that answer back: `check`, `hint`, `solution`, `progress`.

    await exercises.check("queue.drain", drain)

The way of an answer, room by room:

    calls       what a reader calls
    attempt     whether it is one: a cell that failed has not answered
    catalogue   finds an exercise by its name; `exercise` reads its Markdown file
    judge       runs the check in a child process (`sandbox`) and returns the verdict
    bench       what a check works with: two `clients`, a deadline (`position`: in which line)
    watch       what an answer changes, also for a moment
    mishaps     what can go wrong in every exercise
    interruptions  cuts an answer short at each of its commands
    reading     exercises in which a plot is read
    verdict     what is said: NotYet, or right
    record      which exercises are solved

An exercise is two files: `queue/drain.md` holds all its words, `queue/drain.py` checks the answer.
README.md says how to write one; `python -m tests.exercises.cells` puts it into its notebook.
"""

from exercises.attempt import follow_the_cells
from exercises.calls import check, hint, progress, solution
from exercises.reading import incident, two_lines

__all__ = ["check", "hint", "incident", "progress", "solution", "two_lines"]

follow_the_cells()
