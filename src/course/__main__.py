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

    chosen = parser.parse_args(arguments)
    if "run" not in chosen:
        parser.print_help()
        return 0
    status: int = chosen.run()
    return status


def _progress() -> int:
    from course import exercises  # here: the doctor runs where redis is missing

    exercises.progress()
    return 0


if __name__ == "__main__":
    sys.exit(main())
