r"""Type a command as in `redis-cli`, and read the answer as `redis-cli` prints it.

    cli = Cli(server.url)
    cli("LLEN detection_queue")            # (integer) 38
    cli("INFO clients | grep blocked")     # blocked_clients:2

For places without redis-cli. In a terminal, `python -m course cli` asks the Redis that REDIS_URL
names.
"""

from __future__ import annotations

import os
import shlex
from typing import IO

import redis

from backend.core.diagnosis import diagnose, what_is_wrong_with
from private_redis import RedisUnavailable, client_without_retries

PLAIN = ("INFO", "CLIENT LIST", "CLIENT INFO", "LATENCY DOCTOR", "MEMORY DOCTOR")
"""Commands whose answer is a text to read; redis-cli prints it as it is."""
ENDLESS = ("MONITOR", "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE")


class Cli:
    """A connection to a server. Call it with a line of redis-cli; it prints the answer.

    Args:
        url: the URL of the server.
        timeout: seconds that it has for each answer.
    """

    def __init__(self, url: str, *, timeout: float = 5.0) -> None:
        if problem := what_is_wrong_with(url):
            raise RedisUnavailable(problem)
        self._url, self._timeout = url, timeout

    def __call__(self, line: str) -> None:
        """Send one command and print the answer; `| grep WORD` after it keeps the lines with WORD.

        Raises:
            ValueError: the line is no command whose answer comes to an end.
            RedisUnavailable: no answer: what was tried, what came back, and what to do.
        """
        command, _, word = line.partition(" | grep ")
        words = shlex.split(command)
        if not words or words[0].upper() in ENDLESS:
            raise ValueError(f"{line!r} has no answer that ends: type another command")
        plain = " ".join(words).upper().startswith(PLAIN)
        try:
            answer = self._ask(words, plain)
        except (redis.RedisError, OSError) as error:
            raise RedisUnavailable(diagnose(self._url, error, self._timeout)) from None
        print("\n".join(text for text in answer.splitlines() if word.strip() in text))

    def _ask(self, words: list[str], plain: bool) -> str:
        with client_without_retries(self._url, timeout=self._timeout) as client:
            connection = client.connection_pool.make_connection()
            try:
                connection.connect()
                connection.send_command(*words)
                # redis-py tells neither a status from a text, nor an error inside a list.
                with connection._sock.makefile("rb") as replies:
                    return _read(replies, plain)
            finally:
                connection.disconnect()


def _read(replies: IO[bytes], plain: bool = False) -> str:
    """Read one reply (RESP2), and return it as redis-cli prints it."""
    kind, head = replies.read(1), replies.readline()[:-2].decode(errors="backslashreplace")
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
        return text.decode(errors="replace").rstrip() if plain else _quoted(text)
    items = [_read(replies) for _ in range(int(head))]
    width = len(head)
    indent = "\n" + " " * (width + 2)
    numbered = enumerate((each.replace("\n", indent) for each in items), 1)
    return "\n".join(f"{n:>{width}}) {each}" for n, each in numbered) or "(empty array)"


def _quoted(text: bytes) -> str:
    shown = repr(text)[2:-1] if b"'" not in text else repr(text + b'"')[2:-2]
    return '"' + shown.replace("\\'", "'").replace('"', '\\"') + '"'


def main() -> None:
    """Answer commands of redis-cli, of the Redis that REDIS_URL names."""
    url = os.environ.get("REDIS_URL", "redis://localhost:6379/0")
    cli = Cli(url)
    while True:
        try:
            cli(input("redis> "))
        except EOFError:
            return print()
        except (ValueError, RedisUnavailable) as problem:
            print(problem)
