"""The notebooks' helper: what a notebook imports beside the backend and the exercises.

start, finish   the first and the last cell of every lesson: which Redis, and is all tidy?
plots           measure queues, draw them, and say in words what is drawn
wire            the commands that a client sends, as the server sees them
pipeline_lab    lesson 05: a clock, what a stage logs, where the time goes
failure_lab     lessons 06, 07: consumers to kill, a connection to cut, and the count
waiting         wait until something has happened
"""

import sys
from importlib import import_module
from importlib.util import LazyLoader, find_spec, module_from_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from course.session import finish, start

__all__ = ["finish", "start"]


def __getattr__(name: str) -> object:
    """Import `course.session` when it is first needed: the doctor runs where redis is missing.

    And `course.plots` when the first of it is used: matplotlib takes longer than all the rest.
    """
    if name in __all__:
        return getattr(import_module("course.session"), name)
    if name == "plots" and (spec := find_spec("course.plots")) and spec.loader:
        spec.loader = LazyLoader(spec.loader)
        plots = globals()[name] = sys.modules[spec.name] = module_from_spec(spec)
        spec.loader.exec_module(plots)
        return plots
    raise AttributeError(f"module 'course' has no attribute {name!r}")
