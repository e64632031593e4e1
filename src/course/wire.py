"""Show which Redis commands a piece of code sends.

    async with wire.watch(redis_server) as commands:
        await client.add_to_queue("detection_queue", detection)
    print(commands)

prints one line a command, as `RPUSH detection_queue {"camera_id":"front_door"}`. It is Redis's own
MONITOR, which can halve the speed of a busy server: on a production server, watch for a moment.
"""

from __future__ import annotations

import ast
import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

from redis import exceptions
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from course.session import CourseRedis
from private_redis import PrivateServer

NOT_SHOWN = "The commands cannot be shown here: "
"""How the sentence begins that stands in their place, where the server refuses MONITOR."""

WIDTH = 72
"""The longest argument that is shown whole, in characters; a longer one ends in `…`."""


class Commands(list[str]):
    """The commands that were seen, one line each; printed one below the other."""

    def __str__(self) -> str:
        return "\n".join(self)


@asynccontextmanager
async def watch(
    redis_server: CourseRedis | PrivateServer, *, timeout: float = 5.0
) -> AsyncIterator[Commands]:
    """Collect the commands that the course sends while the block runs.

    Only commands that carry the course's namespace are kept, and shown without it: what others do
    on a shared server is nobody's business. So a PING, which has no name in it, is not shown. Of a
    `PrivateServer`, which nobody shares, all commands are kept.

    Args:
        redis_server: the Redis to watch: from `course.start()`, or a private server.
        timeout: seconds that the server has to answer, at the start and at the end.

    Yields:
        The commands in the order in which the server ran them; complete after the block. Where
        this user may not run MONITOR, a sentence that says so.

    Raises:
        ConnectionError: the server cannot be reached, or went away in the block.
        TimeoutError: it did not answer in time.
    """
    commands = Commands()
    namespace = redis_server.namespace if isinstance(redis_server, CourseRedis) else ""
    end = secrets.token_hex(16)  # when the server repeats this, it has repeated all before it
    client = Redis.from_url(
        redis_server.url,
        socket_timeout=None,  # between two commands it may be silent for long
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 0),
    )
    connection = client.connection_pool.make_connection()
    reading: asyncio.Task[None] | None = None

    async def read() -> None:
        while True:
            arguments = parse(await connection.read_response(disable_decoding=True))
            if end in arguments:
                return
            if any(namespace in argument for argument in arguments):
                commands.append(_line(arguments, namespace))

    try:
        await _within(timeout, client.ping())  # its greeting shall not be among the commands
        if refused := await _within(timeout, _start_monitor(connection)):
            commands.append(refused)
            yield commands
            return
        reading = asyncio.create_task(read())
        yield commands
        await _within(timeout, client.execute_command("ECHO", end))
        await _within(timeout, reading)
    finally:
        if reading:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        await connection.disconnect()
        await client.aclose()


async def _start_monitor(connection: AbstractConnection) -> str | None:
    """Start MONITOR; return a sentence if the server refuses."""
    await connection.connect()
    await connection.send_command("MONITOR")
    try:
        await connection.read_response()
    except exceptions.ResponseError as error:
        return (
            f"{NOT_SHOWN}Redis refuses MONITOR ({error}). The lesson goes on. To see them, use a "
            "user with the permission +monitor, or unset REDIS_URL to get a private server."
        )
    return None


async def _within(seconds: float, answer: Awaitable[Any]) -> Any:
    try:
        return await asyncio.wait_for(answer, seconds)
    except TimeoutError:
        raise TimeoutError(
            f"The server that wire.watch() watches did not answer within {seconds:g} s. "
            "It hangs, or is out of reach."
        ) from None


def parse(line: bytes) -> list[str]:
    r"""Return the command in a line of MONITOR, and its arguments.

    redis-py has a parser too, but it joins the arguments and leaves escapes such as `\\` in them.

    Args:
        line: as in `1700000000.123456 [0 127.0.0.1:50000] "SET" "camera:1:status" "\"online\""`.
            Redis writes bytes that are no printable ASCII as Python does: `\n`, `\xc3`.
    """
    _, _, command = line.decode("ascii", "backslashreplace").partition('] "')
    quoted = re.findall(r'"(?:[^"\\]|\\.)*"', f'"{command}')
    return [ast.literal_eval(f"b{text}").decode(errors="backslashreplace") for text in quoted]


def _line(arguments: list[str], namespace: str) -> str:
    name, *values = arguments
    return " ".join([name.upper(), *(_shown(value.replace(namespace, "")) for value in values)])


def _shown(value: str) -> str:
    printable = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in value) or '""'
    return printable if len(printable) <= WIDTH else printable[: WIDTH - 1] + "…"
