"""What the author of an exercise needs, in one import."""

from course.exercises._bench import FORGOT_AWAIT, Bench, BenchClient
from course.exercises._exercise import Exercise, Wrong
from course.exercises._verdict import NotYet

__all__ = ["FORGOT_AWAIT", "Bench", "BenchClient", "Exercise", "NotYet", "Wrong"]
