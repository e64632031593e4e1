"""The commands of the course: `python -m course` lists them."""

from __future__ import annotations

import argparse
import sys

from course import doctor


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m course", description=__doc__)
    commands = parser.add_subparsers(title="commands", metavar="")
    about = "check Python, packages and Redis; say what to do about what is wrong"
    commands.add_parser("doctor", help=about, description=about).set_defaults(run=doctor.main)
    about = "show which exercises are solved"
    commands.add_parser("progress", help=about, description=about).set_defaults(run=_progress)

    about = "cause every fault, count what is lost, and print the table of the README"
    table = commands.add_parser("fault-table", help=about, description=about)
    table.add_argument("--full", action="store_true", help="as often as the README says")
    table.set_defaults(run=_fault_table)

    chosen = parser.parse_args(arguments)
    if "run" not in chosen:
        parser.print_help()
        return 0
    options = vars(chosen)
    status: int = options.pop("run")(**options)
    return status


def _progress() -> int:
    from course import exercises  # here: the doctor runs where redis is missing

    exercises.progress()
    return 0


def _fault_table(*, full: bool) -> int:
    from course import fault_table  # the doctor must run where its imports fail

    return fault_table.main(full=full)


if __name__ == "__main__":
    sys.exit(main())
