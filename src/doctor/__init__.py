"""`python -m course doctor`: is everything there that the lessons need? One line for each thing.

findings.py     one look for each thing, and what to do
kernel.py       does a kernel start, and run a cell?
lessons.py      what the lessons do, done once for real: may this user do it?
invitation.py   `python -m course invite`: a user of a shared Redis, who may do that and no more
"""

from doctor.findings import main

__all__ = ["main"]
