"""The helper module of the notebooks: which Redis, plots, exercises, doctor."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from course.server import CourseRedis, RedisUnavailable, finish, start

__all__ = ["CourseRedis", "RedisUnavailable", "finish", "start"]


def __getattr__(name: str) -> object:
    """Import `course.server` when it is first needed: the doctor runs where redis is missing."""
    if name in __all__:
        return getattr(import_module("course.server"), name)
    raise AttributeError(f"module 'course' has no attribute {name!r}")
