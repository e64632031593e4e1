"""The commands of the course: `python -m course` lists them."""

from __future__ import annotations

import argparse
import sys
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
    parser = argparse.ArgumentParser(prog="python -m course", description=__doc__)
    commands = parser.add_subparsers(title="commands", metavar="", dest="command")
    commands.add_parser("doctor", help=_about(doctor))
    functions = {each.name: each.load() for each in entry_points(group="course.commands")}
    for name, function in functions.items():
        commands.add_parser(name, help=_about(function))
    command = parser.parse_args(chosen).command
    if command is None:
        parser.print_help()
        return 0
    functions[command]()
    return 0


def _about(thing: object) -> str:
    """Return the first line of its docstring."""
    return (thing.__doc__ or "").partition("\n")[0]


if __name__ == "__main__":
    sys.exit(main())
