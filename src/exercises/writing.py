"""What the author of an exercise needs, in one import."""

from exercises.bench import FORGOT_AWAIT, Bench, BenchClient
from exercises.catalogue import Exercise, Wrong
from exercises.verdict import NotYet

__all__ = ["FORGOT_AWAIT", "Bench", "BenchClient", "Exercise", "NotYet", "Wrong"]
