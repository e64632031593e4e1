"""The commands of the course: `python -m course` lists them."""

from __future__ import annotations

import argparse
import inspect
import os
import sys
from collections.abc import Callable
from importlib.metadata import entry_points

from course import doctor


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return its exit status.

    Beside the doctor, the commands are entry points of the group "course.commands" (see
    pyproject.toml): functions that are called with nothing. So a package above this one adds a
    command, and this one need not know it.
    """
    chosen = sys.argv[1:] if arguments is None else arguments
    if chosen == ["doctor"]:  # before anything else: it runs where packages are missing
        return doctor.main()
    commands = {each.name: each.load() for each in entry_points(group="course.commands")}
    known: dict[str, Callable[[], object]] = {"doctor": doctor.main, **commands}
    lines = [f"  {name:<10} {_about(command)}" for name, command in known.items()]
    parser = argparse.ArgumentParser(
        prog="python -m course",
        usage="%(prog)s [command]",
        epilog="\n".join(["commands:", *lines]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", nargs="?", choices=known, help=argparse.SUPPRESS)
    command = parser.parse_args(chosen).command
    if command is None:
        parser.print_help()
        return 0
    known[command]()
    return 0


def _about(command: Callable[[], object]) -> str:
    """Return the first line of its docstring."""
    return (inspect.getdoc(command) or "").partition("\n")[0]


def _run() -> int:
    """Run as a program: a reader of our output that has read enough, as `head`, is no error."""
    try:
        status = main()
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still in the buffer goes nowhere, or Python's own flush at exit would fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status


if __name__ == "__main__":
    sys.exit(_run())
