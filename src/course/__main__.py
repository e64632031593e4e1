"""The commands of the course: `python -m course` lists them."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable
from pkgutil import resolve_name

CALL = ".venv/bin/python -m course"  # in every shell, in the project's folder
# As text: this package imports none above it, and the doctor runs where packages are missing.
COMMANDS = {
    "answers": "lessons:answers",
    "doctor": "doctor:main",
    "game_master": "drills.handout:game_master",
    "invite": "doctor.invitation:invite",
    "progress": "drills.on_call:progress",
    "reset": "lessons:reset",
    "update": "lessons:update",
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return its exit status."""
    name, *words = (sys.argv[1:] if arguments is None else arguments) or [""]
    if name in COMMANDS and not {"-h", "--help"} & {*words}:
        return _call(name, resolve_name(COMMANDS[name]), words)
    loaded = {each: resolve_name(where) for each, where in COMMANDS.items()}
    listed = {_usage(each, run): inspect.getdoc(run) or "" for each, run in loaded.items()}
    print(f"usage: {CALL} command")
    for usage, about in listed.items():
        print(f"  {usage:{max(map(len, listed))}}  {about.splitlines()[0]}")
    if name in ("", "-h", "--help", *COMMANDS):
        return 0
    print(f"There is no command {name!r}.", file=sys.stderr)
    return 2


def _call(name: str, command: Callable[..., int | None], words: list[str]) -> int:
    try:
        inspect.signature(command).bind(*words)
    except TypeError:
        print(f"usage: {CALL} {_usage(name, command)}", file=sys.stderr)
        return 2
    try:
        return command(*words) or 0
    except Exception as error:
        from private_redis import PlainError

        if not isinstance(error, PlainError):
            raise
        print(error, file=sys.stderr)
        return 1


def _usage(name: str, command: Callable[..., object]) -> str:
    return " ".join([name, *inspect.signature(command).parameters])


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
