"""Look at dead letters, requeue them, delete them.

    python -m backend.tools.dlq list detection_queue
    python -m backend.tools.dlq requeue detection_queue 1a2b3c4d5e6f
    python -m backend.tools.dlq delete detection_queue --all --yes

The first column of the list is the ID. The exit status is 0 if all that was asked for is done,
1 if not, 2 if the command cannot be understood.
"""

import argparse
import asyncio
import sys
from typing import Any

from backend.core.dead_letters import DeadLetter, DeadLetters
from backend.core.redis import RedisClient
from backend.tools.command_line import (
    NotDoneError,
    a_name,
    add_connection,
    at_least,
    connected,
    fitted,
    printing,
)

ROW = "{:<12}  {:<25}  {:>8}  {:<40}  {}"
COLUMNS = ("ID", "LAST FAILED", "ATTEMPTS", "REASON", "ITEM")
WIDTHS = (12, 25, 8, 40, 80)  # characters; what is longer is cut


def main(arguments: list[str] | None = None) -> int:
    """Run the tool with the arguments of the command line, and return its exit status."""
    options = parser().parse_args(arguments)
    try:
        with printing():
            asyncio.run(run(options))
    except (NotDoneError, LookupError) as problem:
        return failed(problem.args[0])
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "queue", type=a_name, help="the queue that the items came from: detection_queue"
    )
    common.add_argument(
        "--overflow",
        action="store_true",
        help="those that had to make room (dlq:overflow:QUEUE), not those that failed (dlq:QUEUE)",
    )
    add_connection(common)

    top = argparse.ArgumentParser(prog="python -m backend.tools.dlq", description="Dead letters.")
    commands = top.add_subparsers(dest="command", required=True)

    showing = commands.add_parser("list", parents=[common], help="show them, oldest first")
    showing.add_argument("--start", type=at_least(0), default=0, help="skip so many (default: 0)")
    showing.add_argument("--count", type=at_least(1), default=20, help="show so many (default: 20)")

    for name, what in ("requeue", "put back at the end of the queue"), ("delete", "remove"):
        command = commands.add_parser(name, parents=[common], help=f"{what}: one, or all")
        which = command.add_mutually_exclusive_group(required=True)
        which.add_argument("id", nargs="?", metavar="ID", help="one of them, as listed")
        which.add_argument("--all", action="store_true", help="all of them")
        if name == "delete":
            command.add_argument("--yes", action="store_true", help="with --all: yes, all of them")
    return top


async def run(options: argparse.Namespace) -> None:
    """Do what was asked for, and print what was done.

    Raises:
        NotDoneError, LookupError: it could not be done.
    """
    async with connected(options) as client:
        await act(client, options)


async def act(client: RedisClient, options: argparse.Namespace) -> None:
    """Do what was asked for with a client that is connected."""
    letters = DeadLetters(client, options.queue, overflow=options.overflow)
    match options.command:
        case "list":
            await show(letters, options.start, options.count)
        case "requeue" if options.all:
            await requeue_all(letters)
        case "requeue":
            await requeue(letters, options.id)
        case "delete" if options.all:
            await delete_all(letters, sure=options.yes)
        case "delete":
            await letters.delete(options.id)
            print(f"Deleted {options.id} from {letters.name}.")


async def show(letters: DeadLetters, start: int, count: int) -> None:
    """Print a table of the entries, one line each."""
    length = await letters.length()
    page = await letters.page(start, count)
    if not page:
        print(f"{letters.name}: nothing to show ({entries(length)} in all)")
        return
    print(f"{letters.name}: {start + 1} to {start + len(page)} of {length}, oldest first")
    print(ROW.format(*COLUMNS))
    for letter in page:
        print(ROW.format(*map(fitted, row(letter), WIDTHS)).rstrip())


async def requeue(letters: DeadLetters, id: str) -> None:
    """Put one item back."""
    try:
        await letters.requeue(id)
    except ValueError as error:
        raise NotDoneError(f"{error}. Look at it with `list`; `delete` removes it.") from None
    print(f"Requeued {id} into {letters.queue_name}.")


async def requeue_all(letters: DeadLetters) -> None:
    """Put all items back."""
    requeued = await letters.requeue_all()
    print(f"Requeued {entries(requeued)} into {letters.queue_name}.")
    if left := await letters.length():
        raise NotDoneError(
            f"{entries(left)} left in {letters.name}: no item to requeue is in there, or it came "
            "in the meantime. Look with `list`."
        )


async def delete_all(letters: DeadLetters, *, sure: bool) -> None:
    """Remove all entries for good, if the reader is sure."""
    if not sure:
        length = await letters.length()
        raise NotDoneError(
            f"This would delete {entries(length)} from {letters.name} for good. "
            "If you are sure, add --yes."
        )
    print(f"Deleted {entries(await letters.delete_all())} from {letters.name}.")


def row(letter: DeadLetter) -> tuple[Any, ...]:
    """Return what the table says of an entry; what an entry lacks is left empty."""
    item = letter.raw if letter.item is None else letter.item
    fields = letter.entry if isinstance(letter.entry, dict) else {}
    reason = fields.get("error") or fields.get("reason")
    if letter.item is None:
        reason = "(not a dead letter of ours)"
    shown = item.decode(errors="backslashreplace")
    return letter.id, fields.get("last_failed_at"), fields.get("attempt_count"), reason, shown


def entries(count: int) -> str:
    """Return "1 entry" or "2 entries"."""
    return "1 entry" if count == 1 else f"{count} entries"


def failed(message: str) -> int:
    """Print why it is not done, and return the exit status that says so."""
    print(message, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
