"""What the tools have in common: how they reach the server, read numbers, and print text."""

import argparse
import io
import math
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from redis.exceptions import ConnectionError, NoPermissionError, RedisError, TimeoutError

from backend.core.diagnosis import diagnose
from backend.core.redis import RedisClient

N = TypeVar("N", int, float)

TIMEOUT = 5.0  # seconds that the server has for each answer


class NotDoneError(Exception):
    """What was asked for is not, or not wholly, done. The message is for the reader."""


def add_connection(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which server is meant."""
    parser.add_argument(
        "--url", help="redis://HOST:PORT/DATABASE (default: REDIS_URL, else localhost:6379)"
    )
    parser.add_argument(
        "--namespace", type=a_name, default="", help="what stands in front of every name"
    )


@asynccontextmanager
async def connected(options: argparse.Namespace) -> AsyncIterator[RedisClient]:
    """Give a connected client of the server that the options name.

    Raises:
        NotDoneError: it cannot be used, went away meanwhile, or refused: what was tried, what
            came back, and what to do.
    """
    client = RedisClient(options.url, namespace=options.namespace, timeout=TIMEOUT, attempts=1)
    try:
        await client.connect()
    except ValueError as error:  # the URL cannot be read, or does not go with the namespace
        raise NotDoneError(str(error)) from None
    except (RedisError, OSError) as error:
        raise unusable(client, error) from None
    try:
        yield client
    except (ConnectionError, TimeoutError, NoPermissionError) as error:
        raise unusable(client, error) from None
    except RedisError as error:
        raise NotDoneError(f"Redis refused: {error}") from None
    finally:
        await client.disconnect()


def unusable(client: RedisClient, error: Exception) -> NotDoneError:
    """Return the error that says why the server cannot be used, and where its URL comes from."""
    return NotDoneError(
        f"{diagnose(client.redis_url, error, TIMEOUT)}\n"
        "The server is the one that --url names, else REDIS_URL, else localhost:6379."
    )


@contextmanager
def printing() -> Iterator[None]:
    """Have what the block prints written, whatever kind of text it is.

    Nobody reads it, or not to its end (`>&-`, `| head -3`)? That is no failure.

    Raises:
        NotDoneError: it cannot be written: the disk is full, for one.
    """
    if sys.stdout is None:  # it was closed before we began
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - as long as the program runs
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        _print_no_more()
    except OSError as error:
        _print_no_more()
        raise NotDoneError(f"The output cannot be written: {error.strerror}.") from None


def _print_no_more() -> None:
    """Have what is still to be written go nowhere: Python would try it again at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def a_name(text: str) -> str:
    """Read a name from the command line."""
    try:
        text.encode()
    except UnicodeEncodeError:  # bytes that are no UTF-8
        raise argparse.ArgumentTypeError(f"a name is UTF-8 text, not {text!a}") from None
    return text


def at_least(smallest: N) -> Callable[[str], N]:
    """Return what reads a number of this kind from the command line, and refuses smaller ones."""

    def number(text: str) -> N:
        value = type(smallest)(text)
        if not smallest <= value < math.inf:
            raise argparse.ArgumentTypeError(f"{smallest} or more, not {text}")
        return value

    return number


def fitted(value: Any, width: int) -> str:
    """Return a value as text of one line, that does no harm to a terminal and is not too long."""
    text = "" if value is None else str(value)[: width + 1]
    text = "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
    return text if len(text) <= width else f"{text[: width - 1]}…"
