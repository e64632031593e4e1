"""The commands of the course: `python -m course` lists them."""

from __future__ import annotations

import argparse
import inspect
import os
import sys
from importlib.metadata import distributions


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return its exit status.

    The commands are entry points of the group "course.commands" (see pyproject.toml): functions
    that are called with nothing and may return a status. So a package above this one adds a
    command, and this one need not know it. What is not asked for is not imported: the doctor runs
    where packages are missing.
    """
    chosen = sys.argv[1:] if arguments is None else arguments
    # Not entry_points(group=...), which an older Python does not have: the doctor runs there too.
    entries = [entry for each in distributions() for entry in each.entry_points]
    commands = {each.name: each for each in entries if each.group == "course.commands"}
    if len(chosen) == 1 and chosen[0] in commands:
        return commands[chosen[0]].load()() or 0
    abouts = [(name, inspect.getdoc(commands[name].load()) or "") for name in sorted(commands)]
    parser = argparse.ArgumentParser(
        prog="python -m course",
        usage="%(prog)s [command]",
        epilog="\n".join(
            ["commands:", *(f"  {name:<10} {about.splitlines()[0]}" for name, about in abouts)]
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", nargs="?", choices=commands, help=argparse.SUPPRESS)
    parser.parse_args(chosen)
    parser.print_help()
    return 0


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
