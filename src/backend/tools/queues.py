"""Look at the queues from outside: how long, how old, who works on them, and how fast.

    python -m backend.tools.queues                              one table
    python -m backend.tools.queues --watch                      a new one every 2 seconds
    python -m backend.tools.queues --max-age 60 --max-dead 0    for cron, or a probe
    python -m backend.tools.queues --json | jq .queues

It reads and changes nothing, and costs the server a few milliseconds at the most: no KEYS, no
MONITOR, no long answer. The columns:

    WAITING    items in the queue
    RETRY      items that failed, or whose consumer died, and that wait for a further attempt
    IN HAND    items that consumers have reserved
    OLDEST     the age of the oldest of these, by the timestamp in it; ? if none can be read
    DEAD       dead letters: items that failed too often (dlq:QUEUE)
    OVERFLOW   items that had to make room for newer ones (dlq:overflow:QUEUE)
    ALIVE      consumers that reserve, and give a sign of life
    IN/S       items that come in a second, and OUT/S that go; ? where nobody counts them, as when
               consumers pop
    EMPTY IN   time until nothing is left at this rate

The exit status is 0 if all is well, 1 if something is beyond a limit that an option sets, 2 if it
cannot be told: the server is away or refuses, or a key has the wrong type.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from redis.exceptions import ResponseError

from backend.core.diagnosis import describe
from backend.core.queue_state import (
    ConsumerState,
    Flow,
    QueueState,
    ServerState,
    flow,
    queue_state,
    server_state,
)
from backend.core.redis import RedisClient
from backend.core.unavailable import is_unavailable
from backend.services.system_status import QUEUES
from backend.tools.command_line import (
    NotDoneError,
    a_name,
    add_connection,
    at_least,
    connected,
    fitted,
    printing,
)

COLUMNS = (
    *("QUEUE", "WAITING", "RETRY", "IN HAND", "OLDEST", "DEAD", "OVERFLOW"),
    *("ALIVE", "IN/S", "OUT/S", "EMPTY IN"),
)
CONSUMER_COLUMNS = ("CONSUMER", "QUEUE", "IN HAND", "AGE", "ATTEMPT", "LEASE LEFT")
TO_THE_LEFT = ("QUEUE", "CONSUMER")
SHOWN = 20  # consumers in the table
WIDTH = 48  # characters; what is longer is cut
UNITS = (("s", 1), ("min", 60), ("h", 3600), ("d", 86_400))


@dataclass
class Look:
    """What was seen in one look at all queues."""

    states: dict[str, QueueState] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)
    """What went through since the look before, if there was one."""
    problems: list[str] = field(default_factory=list)
    """Why a queue cannot be looked at."""
    server: ServerState | None = None


def main(arguments: list[str] | None = None) -> int:
    """Run the tool with the arguments of the command line, and return its exit status."""
    options = parser().parse_args(arguments)
    status = 0
    try:
        with printing():
            status = asyncio.run(watch(options) if options.watch else run(options))
    except NotDoneError as problem:
        print(problem.args[0], file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return status


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="python -m backend.tools.queues",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_connection(top)
    top.add_argument(
        "--queue",
        type=a_name,
        action="append",
        default=[],
        metavar="NAME",
        help="look at this one, too",
    )
    top.add_argument(
        "--over",
        type=at_least(0.0),
        default=1.0,
        metavar="SECONDS",
        help="time between the two looks that the rates need; 0: one look, no rates (default: 1)",
    )
    top.add_argument(
        "--watch",
        type=at_least(0.1),
        nargs="?",
        const=2.0,
        metavar="SECONDS",
        help="a new table every so many seconds (default: 2), until Ctrl-C",
    )
    top.add_argument("--json", action="store_true", help="one JSON object a line, for programs")
    limits = top.add_argument_group("limits, for the exit status; of each queue")
    for name, metavar, what in (
        ("--max-age", "SECONDS", "its oldest item is no older"),
        ("--max-length", "ITEMS", "no more items wait"),
        ("--max-dead", "ITEMS", "no more dead letters, of both kinds"),
        ("--min-consumers", "NUMBER", "no fewer consumers are alive"),
        ("--max-memory", "PERCENT", "the server has used no more of the memory that it may use"),
    ):
        limits.add_argument(name, type=at_least(0.0), metavar=metavar, help=what)
    return top


# ---- look --------------------------------------------------------------------------------


async def run(options: argparse.Namespace) -> int:
    """Show one table, and return the exit status.

    Raises:
        NotDoneError: there is nothing to show; the message says why.
    """
    async with connected(options) as client:
        seen = await look(client, options.queue)
        if options.over:
            await asyncio.sleep(options.over)
            seen = await look(client, options.queue, since=seen)
    return show(seen, options, describe(client.redis_url))


async def watch(options: argparse.Namespace) -> int:
    """Show a table again and again, also when the server was away in between."""
    while True:
        try:
            async with connected(options) as client:
                async for seen in looks(client, options):
                    clear()
                    show(seen, options, describe(client.redis_url))
                    sys.stdout.flush()
        except NotDoneError as problem:
            clear()
            print(problem.args[0], file=sys.stderr, flush=True)
            await asyncio.sleep(options.watch)


async def looks(client: RedisClient, options: argparse.Namespace) -> AsyncIterator[Look]:
    """Yield one look after another."""
    seen = None
    while True:
        seen = await look(client, options.queue, since=seen)
        yield seen
        await asyncio.sleep(options.watch)


async def look(
    client: RedisClient, more_queues: Iterable[str] = (), *, since: Look | None = None
) -> Look:
    """Look at all queues.

    Args:
        client: a connected client.
        more_queues: names, beside those of the pipeline.
        since: the look before, for the rates.

    Raises:
        RedisError: none of them can be looked at.
    """
    seen = Look()
    for name in dict.fromkeys((*QUEUES, *more_queues)):
        before = since.states.get(name) if since else None
        try:
            now = seen.states[name] = await queue_state(client, name, since=before)
        except ResponseError as error:
            if is_unavailable(error):  # that is not this queue's fault
                raise
            seen.problems.append(f"{name}: {str(error).partition(' script: ')[0]}")
        else:
            if before:
                seen.flows[name] = flow(before, now)
    seen.server = await server_state(client)
    return seen


def beyond_limits(seen: Look, options: argparse.Namespace) -> list[str]:
    """Return, in words, what is beyond a limit that an option sets."""
    found = []
    for name, state in seen.states.items():
        age, dead = state.oldest, state.dead + state.overflowed
        if options.max_age is not None and state.in_all:
            if age is None:
                found.append(f"{name}: the age of its items cannot be read (--max-age)")
            elif age > options.max_age:
                found.append(f"{name}: the oldest item is {duration(age)} old (--max-age)")
        if options.max_length is not None and state.waiting > options.max_length:
            found.append(f"{name}: {state.waiting} items wait (--max-length)")
        if options.max_dead is not None and dead > options.max_dead:
            found.append(f"{name}: dead letters: {dead} (--max-dead)")
        if options.min_consumers is not None and state.alive < options.min_consumers:
            found.append(f"{name}: consumers alive: {state.alive} (--min-consumers)")
    used = seen.server.memory_ratio if seen.server else None
    if options.max_memory is not None and used is not None and 100 * used > options.max_memory:
        found.append(f"memory: {used:.0%} is used (--max-memory)")
    return found


# ---- show --------------------------------------------------------------------------------


def show(seen: Look, options: argparse.Namespace, where: str) -> int:
    """Print a look, and return the exit status."""
    beyond = beyond_limits(seen, options)
    if options.json:
        print(json.dumps(as_data(seen, beyond)))
    else:
        print(as_text(seen, [*seen.problems, *beyond], where))
    return 2 if seen.problems else 1 if beyond else 0


def clear() -> None:
    """Clear the screen, if it is one."""
    if sys.stdout.isatty():
        print("\x1b[2J\x1b[H", end="")


def as_data(seen: Look, beyond: list[str]) -> dict[str, Any]:
    """Return a look as JSON can hold it. Seconds, bytes, items a second."""
    queues = {}
    for name, state in seen.states.items():
        data = asdict(state) | {"oldest": state.oldest, "in_hand": state.in_hand}
        del data["queue_name"], data["last"], data["behind"]
        queues[name] = data | {"flow": asdict(seen.flows[name]) if name in seen.flows else None}
    return {
        "queues": queues,
        "server": asdict(seen.server) if seen.server else None,
        "beyond_limits": beyond,
        "problems": seen.problems,
    }


def as_text(seen: Look, remarks: list[str], where: str) -> str:
    """Return a look as a table, with what is to be said below it."""
    times = [state.time for state in seen.states.values()]
    at = f", {datetime.fromtimestamp(times[0], UTC):%H:%M:%S} UTC" if times else ""
    rows = [queue_row(state, seen.flows.get(name)) for name, state in seen.states.items()]
    parts = [f"Redis at {where}{at}", table(COLUMNS, rows)]
    consumers = [
        consumer_row(name, each)
        for name, state in seen.states.items()
        for each in sorted(state.consumers, key=lambda each: (each.is_alive, each.name))
    ]
    if consumers:
        parts.append(table(CONSUMER_COLUMNS, consumers[:SHOWN]))
    if len(consumers) > SHOWN:
        parts[-1] += f"\n… and {len(consumers) - SHOWN} more"
    parts.append(server_line(seen.server))
    return "\n\n".join([*parts, *(["\n".join(f"! {each}" for each in remarks)] if remarks else [])])


def queue_row(state: QueueState, went: Flow | None) -> tuple[Any, ...]:
    """Return what the table says of a queue."""
    age = "?" if state.in_all and state.oldest is None else duration(state.oldest)
    places = state.queue_name, state.waiting, state.retrying, state.in_hand, age
    others = state.dead, state.overflowed, state.alive
    if went is None:
        return *places, *others, "-", "-", "-"
    waits = state.waiting or state.retrying
    never = "never" if waits else "-"
    empty = never if went.time_to_empty is None else duration(went.time_to_empty or None)
    return *places, *others, rate(went.arrivals), rate(went.departures), empty


def consumer_row(queue_name: str, consumer: ConsumerState) -> tuple[Any, ...]:
    """Return what the table says of a consumer."""
    attempt = consumer.attempt if consumer.in_hand else "-"
    left = duration(consumer.lease_left) if consumer.is_alive else "run out"
    return consumer.name, queue_name, consumer.in_hand, duration(consumer.age), attempt, left


def server_line(server: ServerState | None) -> str:
    """Return what the server says of itself, in one line."""
    if server is None:
        return "The server does not let this user ask how it is (INFO)."
    limit = "no limit"
    if server.memory_ratio is not None:
        limit = f"{server.memory_ratio:.0%} of {megabytes(server.max_memory)}"
    return (
        f"Server {server.version}, up {duration(server.uptime)}. "
        f"Clients: {server.connected_clients}, blocked: {server.blocked_clients}. "
        f"Memory: {megabytes(server.used_memory)}, {limit}. Evicted keys: {server.evicted_keys}."
    )


def table(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Return rows as text, the columns aligned: the first to the left, numbers to the right."""
    lines = [list(columns), *([fitted(each, WIDTH) for each in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if header in TO_THE_LEFT else cell.rjust(width)
            for cell, width, header in zip(line, widths, lines[0], strict=True)
        ).rstrip()
        for line in lines
    )


def duration(seconds: float | None) -> str:
    """Return a time in one unit, rounded down: "45 s", "3 min"; "-" for None."""
    if seconds is None:
        return "-"
    unit, size = max(
        (each for each in UNITS if abs(seconds) >= 2 * each[1]),
        key=lambda each: each[1],
        default=UNITS[0],
    )
    return f"{int(seconds / size)} {unit}"


def rate(items: float | None) -> str:
    """Return items a second; "?" if it is not known."""
    return "?" if items is None else f"{items:.1f}"


def megabytes(size: int) -> str:
    """Return a size as "1.5 MB"."""
    return f"{size / 2**20:.1f} MB"


if __name__ == "__main__":
    sys.exit(main())
