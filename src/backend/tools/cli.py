"""Type a command as in `redis-cli`, and read the answer as `redis-cli` prints it.

    python -m backend.tools.cli LLEN detection_queue        (integer) 38
    python -m backend.tools.cli                             a prompt; Ctrl-D ends it

For places without redis-cli, such as a container of the backend, or a notebook:

    cli = Cli(server.url)
    cli("LLEN detection_queue")
    cli("INFO clients | grep blocked")

Each command has a connection of its own. The exit status is 0; 1 if the server answered with an
error, 2 if it did not answer.
"""

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from typing import IO

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from backend.core.diagnosis import diagnose, what_is_wrong_with
from backend.core.redis import DEFAULT_URL
from backend.tools.command_line import TIMEOUT, NotDoneError, printing

PLAIN = ("INFO", "CLIENT LIST", "CLIENT INFO", "LATENCY DOCTOR", "MEMORY DOCTOR")
"""Commands whose answer is a text to read: it is printed as it is."""
ENDLESS = ("MONITOR", "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "SYNC", "PSYNC")
ESCAPES = {b'"'[0]: '\\"', b"\\"[0]: "\\\\", 7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 13: "\\r"}


class Cli:
    """A way to a server. Call it with a line of redis-cli, and it prints the answer.

    Args:
        url: the URL of the server.
        timeout: seconds that it has for each answer.

    Raises:
        NotDoneError: the URL cannot be read.
    """

    def __init__(self, url: str, *, timeout: float = TIMEOUT) -> None:
        if problem := what_is_wrong_with(url):
            raise NotDoneError(problem)
        self._url, self._timeout = url, timeout

    def __call__(self, line: str) -> None:
        """Send one command and print the answer.

        Args:
            line: the command. After `| grep WORD` the lines with WORD alone are printed.

        Raises:
            ValueError: it is no command, or one whose answer never ends.
            NotDoneError: no answer: what was tried, what came back, and what to do.
        """
        command, _, word = line.partition(" | grep ")
        answer = self.ask(shlex.split(command))
        print("\n".join(text for text in answer.splitlines() if word.strip() in text))

    def ask(self, words: Sequence[str]) -> str:
        """Send one command, and return the answer as redis-cli prints it.

        Args:
            words: the command and its arguments.
        """
        if not words or words[0].upper() in ENDLESS:
            raise ValueError(f"{' '.join(words) or 'an empty line'}: not a command that ends")
        client = redis.Redis.from_url(
            self._url,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=self._timeout,
            socket_connect_timeout=self._timeout,
            protocol=2,
        )
        connection = client.connection_pool.make_connection()
        try:
            connection.connect()
            connection.send_command(*words)
            # Past redis-py's own reader, which returns a status and a text alike.
            with connection._sock.makefile("rb") as replies:  # type: ignore[attr-defined]
                return read(replies, plain=" ".join(words).upper().startswith(PLAIN))
        except (redis.RedisError, OSError) as error:
            raise NotDoneError(diagnose(self._url, error, self._timeout)) from None
        finally:
            connection.disconnect()


def read(replies: IO[bytes], *, plain: bool = False) -> str:
    """Read one reply (RESP2), and return it as redis-cli prints it.

    Args:
        replies: what the server sends.
        plain: a text is printed as it is, without quotes.
    """
    kind, head = replies.read(1), replies.readline()[:-2].decode(errors="replace")
    if kind == b"+":
        return head
    if kind == b"-":
        return f"(error) {head}"
    if kind == b":":
        return f"(integer) {head}"
    if not kind:
        raise redis.ConnectionError("Connection closed by server.")
    if head == "-1":
        return "(nil)"
    if kind == b"$":
        text = replies.read(int(head) + 2)[:-2]
        return text.decode(errors="replace").rstrip() if plain else quoted(text)
    items = [read(replies) for _ in range(int(head))]
    indent = "\n" + " " * (len(head) + 2)
    numbered = enumerate((each.replace("\n", indent) for each in items), 1)
    return "\n".join(f"{n:>{len(head)}}) {each}" for n, each in numbered) or "(empty array)"


def quoted(text: bytes) -> str:
    """Return bytes in quotes; those that are no printable ASCII are escaped."""
    shown = (ESCAPES.get(b) or (chr(b) if 32 <= b < 127 else f"\\x{b:02x}") for b in text)
    return f'"{"".join(shown)}"'


def main(arguments: list[str] | None = None) -> int:
    """Run the tool with the arguments of the command line, and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m backend.tools.cli",
        description="Send one command to Redis and print the answer; without one, prompt for some.",
    )
    parser.add_argument(
        "--url", help="redis://HOST:PORT/DATABASE (default: REDIS_URL, else localhost:6379)"
    )
    parser.add_argument("command", nargs=argparse.REMAINDER, help="as LLEN detection_queue")
    options = parser.parse_args(arguments)
    try:
        cli = Cli(options.url or os.environ.get("REDIS_URL") or DEFAULT_URL)
        if not options.command:
            with printing():
                prompt(cli)
            return 0
        answer = cli.ask(options.command)
        with printing():
            print(answer)
    except (NotDoneError, ValueError) as problem:
        print(problem, file=sys.stderr)
        return 2
    return 1 if answer.startswith("(error)") else 0


def prompt(cli: Cli) -> None:
    """Answer one line after another, until there are no more."""
    while True:
        try:
            if line := input("redis> ").strip():
                cli(line)
        except (EOFError, KeyboardInterrupt):
            print()
            return
        except (NotDoneError, ValueError) as problem:
            print(problem)


if __name__ == "__main__":
    sys.exit(main())
