"""`python -m course doctor`: is everything there that the lessons need? One line for each thing.

findings.py   one look for each thing, and what to do
lessons.py    what the lessons do, done once for real: may this user do it?
"""

from doctor.findings import main

__all__ = ["main"]
