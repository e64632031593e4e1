"""The switches of the failure lab: break things on purpose, and count what is left.

    server = lab.start()
    consumer = await lab.start_consumer(server.url, "detection_queue", mode="pop")
    await consumer.holds_item()
    consumer.kill()
    print(await lab.tally(server.url, "detection_queue", added=range(100), consumers=[consumer]))

The server is always a private one, also when REDIS_URL is set: nobody else's is broken here.
Consumers are processes of their own, and end with the process that started them, however that ends.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from backend.core.redis import RedisClient
from backend.core.reliable_queue import contents, queue_counts
from backend.core.scripts import load
from course.failure_lab.consumer_process import identity
from course.kernel import shorten_tracebacks, unseen_tasks
from course.session import LeftBehind
from private_redis import PrivateServer, start_supervised

__all__ = [
    "Proxy",
    "finish",
    "settled",
    "somebody_waits",
    "start",
    "start_consumer",
    "tally",
]

# --- The server -----------------------------------------------------------------------------------

_server: PrivateServer | None = None


def start(*, append_only: bool = False) -> PrivateServer:
    """Start an empty server for the lab and print one line. Ends what an earlier call has started.

    Args:
        append_only: the server has each write on disk before it answers. After `server.kill()`,
            `server.start()` brings it back with its data.
    """
    global _server
    shorten_tracebacks()
    _end()
    _server = PrivateServer(append_only=append_only).start()
    print("Redis: a private server for this lab, since it will be broken on purpose")
    return _server


async def finish() -> None:
    """End the consumers, the proxies and the server; make sure that no task still runs.

    Raises:
        LeftBehind: a task of the notebook still runs, or has failed unseen.
    """
    _end()
    if problems := unseen_tasks():
        raise LeftBehind("This notebook leaves something behind.\n" + "\n".join(problems))
    print("Clean: the lab's server, consumers and proxies have ended; no running tasks are left.")


@atexit.register
def _end() -> None:
    for consumer in list(_consumers):
        consumer.kill()
    for proxy in list(_proxies):
        proxy.close()
    if _server:
        _server.stop()


# --- Consumers ------------------------------------------------------------------------------------


class Consumer:
    """A consumer in a process of its own. Made by `start_consumer`.

    Attributes:
        name: its name.
        taken: what it has taken from the queue, in order: the `id` of each item.
        handled: what it has done its work on, in order. (In mode "reserve" it acknowledges then.)
        log: what it has logged, line by line.
    """

    def __init__(self, name: str, settings: dict[str, Any]) -> None:
        self.name = name
        self.taken: list[Any] = []
        self.handled: list[Any] = []
        self.log: list[str] = []
        self._ready = False
        self._at_work = False
        module = "course.failure_lab.consumer_process"
        self._supervisor = start_supervised([sys.executable, "-m", module, json.dumps(settings)])
        self.pid = self._supervisor.read_program_pid() or 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        _consumers.add(self)

    @property
    def alive(self) -> bool:
        """Whether its process exists; a paused one is alive."""
        return self._supervisor.poll() is None

    async def wait_for(
        self, what: Literal["taken", "handled"], count: int, timeout: float = 10.0
    ) -> None:
        """Wait until it has taken, or handled, so many items in all.

        Raises:
            TimeoutError: it has not, within `timeout` seconds; the message says how far it came.
        """
        await self._until(
            lambda: len(getattr(self, what)) >= count,
            timeout,
            lambda: f"has {what} {len(getattr(self, what))} of {count} items",
        )

    async def holds_item(self, timeout: float = 10.0) -> Any:
        """Wait until it is at work on an item; return the item's id."""
        await self._until(lambda: self._at_work, timeout, lambda: "holds no item")
        return self.taken[-1]

    def kill(self) -> None:
        """Kill it (SIGKILL), as a crash would. Afterwards `taken` and `handled` are complete."""
        if self.alive:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        self._wait(timeout=5)

    def stop(self, *, timeout: float = 10.0) -> None:
        """Ask it to end (SIGTERM) and wait: it finishes the item that it is at work on."""
        self.resume()
        if self.alive:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)
        self._wait(timeout)

    def pause(self) -> None:
        """Make it hang (SIGSTOP): it holds what it holds, and gives no sign of life."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after `pause()`."""
        if self.alive:
            os.kill(self.pid, signal.SIGCONT)

    def _read(self) -> None:
        assert self._supervisor.stderr
        for line in self._supervisor.stderr:
            try:
                ((what, value),) = json.loads(line).items()
            except (ValueError, AttributeError):
                self.log.append(line.decode(errors="replace").rstrip())
                continue
            match what:
                case "ready":
                    self._ready = True
                case "failed":
                    self._at_work = False
                case _:
                    getattr(self, what).append(value)
                    self._at_work = what == "taken"

    def _wait(self, timeout: float) -> None:
        try:
            self._supervisor.wait(timeout)
        except subprocess.TimeoutExpired:
            raise TimeoutError(
                f"The consumer {self.name} did not end within {timeout:g} s. "
                f"Call kill(). Its last words: {self.log[-3:]}"
            ) from None
        self._reader.join(timeout)
        self._supervisor.let_go()
        _consumers.discard(self)

    async def _until(
        self, condition: Callable[[], bool], timeout: float, state: Callable[[], str]
    ) -> None:
        ends = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > ends or not (self.alive or self._reader.is_alive()):
                gone = "" if self.alive else " Its process has ended."
                raise TimeoutError(
                    f"The consumer {self.name} {state()} after {timeout:g} s.{gone} "
                    f"Its last words: {self.log[-3:]}"
                )
            await asyncio.sleep(0.002)


_consumers: set[Consumer] = set()


async def start_consumer(
    url: str,
    queue_name: str,
    *,
    mode: Literal["pop", "reserve"],
    namespace: str = "",
    name: str | None = None,
    work_seconds: float = 0.02,
    timeout: float = 5.0,
    clock: float = 0.0,
    **options: float,
) -> Consumer:
    """Start a consumer in a process of its own; return when it is connected and takes items.

    Args:
        url: the server, or a `Proxy` before it.
        queue_name: the queue.
        mode: "pop" calls `RedisClient.get_from_queue` in a loop, "reserve" `ReliableQueue.reserve`.
        namespace: the namespace of its client.
        name: in mode "reserve" its name as a consumer; by default one that no other has.
        work_seconds: how long it works on each item. It fails on an item that is no JSON object
            or has `"poison": true`.
        timeout: the deadline of its client, in seconds.
        clock: seconds by which its clock is wrong.
        options: of `ReliableQueue`: lease, max_attempts, backoff_base, backoff_cap.

    Raises:
        TimeoutError: it was not ready within 15 s; the message has its last words.
    """
    name = name or f"{mode}-{os.getpid()}-{time.monotonic_ns()}"
    settings = {
        "url": url,
        "queue_name": queue_name,
        "namespace": namespace,
        "mode": mode,
        "work_seconds": work_seconds,
        "timeout": timeout,
        "clock": clock,
        "consumer": name,
        **options,
    }
    consumer = Consumer(name, settings)
    try:
        await consumer._until(lambda: consumer._ready, 15, lambda: "is not connected")
    except BaseException:
        consumer.kill()
        raise
    return consumer


# --- The line -------------------------------------------------------------------------------------


class Proxy:
    """A line between a client and a server, which can be cut. It runs in a thread of its own.

    Args:
        url: the server.

    Attributes:
        url: the URL for clients.
        lost: how many replies were lost on the way.
    """

    def __init__(self, url: str) -> None:
        server = urlsplit(url)
        self._server = (server.hostname or "127.0.0.1", server.port or 6379)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._lines: dict[socket.socket, socket.socket] = {}
        self._marks: list[bytes] = []
        self._open = True
        self.url = f"redis://127.0.0.1:{self._listening.getsockname()[1]}{server.path}"
        self.lost = 0
        threading.Thread(target=self._accept, daemon=True).start()
        _proxies.add(self)

    def cut_next_reply(self, command: str) -> None:
        """Cut the line when the server has run the next such command, before its reply.

        Args:
            command: a Redis command such as "RPUSH", or the name of a script in `backend.core`
                such as "reserve", "acknowledge" or "push".

        Raises:
            FileNotFoundError: there is no such script; the message says which there are.
        """
        sent = command if command.isupper() else load(command).digest
        self._marks.append(f"\r\n{sent}\r\n".encode())

    def cut(self) -> None:
        """Cut every line now. New ones can be opened."""
        for client in list(self._lines):
            self._hang_up(client)

    def close(self) -> None:
        """Cut every line, and accept no more."""
        self._open = False
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._listening.close()
        self.cut()
        _proxies.discard(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client = self._listening.accept()[0]
                try:
                    self._lines[client] = socket.create_connection(self._server)
                except OSError:  # no server: the client is told by its line being cut
                    client.close()
                    continue
                threading.Thread(target=self._carry, args=[client], daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        server = self._lines[client]
        request = b""
        with suppress(OSError, ValueError):  # cut by `cut`: a closed socket is no file any more
            while True:
                readable = select.select([client, server], [], [])[0]
                if client in readable:
                    if not (data := client.recv(65536)):
                        break
                    request += data
                    server.sendall(data)
                if server in readable:
                    if not (data := server.recv(65536)):
                        break
                    # The client sends nothing before it has its answer: so this is the answer.
                    has_run = not data.startswith(b"-NOSCRIPT")
                    if has_run and any(mark in request for mark in self._marks):
                        self._marks = [mark for mark in self._marks if mark not in request]
                        self.lost += 1
                        break
                    request = b""
                    client.sendall(data)
        self._hang_up(client)

    def _hang_up(self, client: socket.socket) -> None:
        for line in (client, self._lines.pop(client, client)):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)  # wakes the thread that carries
            line.close()


_proxies: set[Proxy] = set()


# --- The count ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tally:
    """Where every item that was added is now. `print` it for one line."""

    added: int
    handled: int
    """Handled at least once."""
    waiting: int
    """Not handled yet; in the queue. The same for the next three, each with its place."""
    in_hand: int
    retrying: int
    dead_lettered: int
    missing: list[Any]
    """In none of these places: lost."""
    twice: int
    """How often an item was handled again that had been handled before."""

    def __str__(self) -> str:
        return (
            f"{self.added} added = {self.handled} handled + {self.waiting} waiting "
            f"+ {self.in_hand} in hand + {self.retrying} retrying "
            f"+ {self.dead_lettered} dead-lettered + {len(self.missing)} missing; "
            f"{self.twice} handled twice"
        )


async def tally(
    url: str,
    queue_name: str,
    *,
    added: Iterable[Any],
    consumers: Iterable[Consumer] = (),
    handled: Iterable[Any] = (),
    namespace: str = "",
) -> Tally:
    """Count where the items are.

    Args:
        url: the server.
        queue_name: the queue.
        added: the ids of all items that were added.
        consumers: everyone who took items, also those that have died. What a living consumer in
            mode "pop" is at work on is in hand: in its memory, and nowhere else.
        handled: ids of items that were handled by others than these consumers.
        namespace: the namespace of the queue.
    """
    consumers = list(consumers)
    times = Counter([*handled, *(item for each in consumers for item in each.handled)])
    memory = [each.taken[-1] for each in consumers if each.alive and each._at_work]
    async with RedisClient(url, namespace=namespace) as client:
        places = await contents(client, queue_name)
    stored = {place: [identity(item) for item in items] for place, items in places.items()}
    left = dict.fromkeys(added)
    total = len(left)

    def count(place: Iterable[Any]) -> int:
        """How many of the items that are left are here; they are left no longer."""
        return sum(1 for item in set(place) if left.pop(item, "absent") is None)

    return Tally(
        added=total,
        handled=count(times),
        waiting=count(stored["waiting"]),
        in_hand=count([*stored["in_hand"], *memory]),
        retrying=count(stored["retrying"]),
        dead_lettered=count(stored["dead_lettered"]),
        missing=list(left),
        twice=sum(times.values()) - len(times),
    )


async def somebody_waits(client: RedisClient, *, timeout: float = 5.0) -> None:
    """Wait until one of the server's clients is in a blocking call, such as BLPOP.

    Raises:
        TimeoutError: nobody was, within `timeout` seconds.
    """
    ends = time.monotonic() + timeout
    while not (await client.call("INFO", "clients"))["blocked_clients"]:
        if time.monotonic() > ends:
            raise TimeoutError(f"no client has come to wait on the server within {timeout:g} s")
        await asyncio.sleep(0.001)


async def settled(
    url: str,
    queue_name: str,
    consumers: Iterable[Consumer],
    *,
    namespace: str = "",
    timeout: float = 20.0,
) -> None:
    """Wait until no item waits, is to be tried again, or is in the hand of a living consumer.

    Raises:
        TimeoutError: it took longer than `timeout` seconds; the message says what is left.
    """
    consumers = list(consumers)
    ends = time.monotonic() + timeout
    async with RedisClient(url, namespace=namespace) as client:
        while True:
            counts = await queue_counts(client, queue_name)
            left = counts["pending"] + counts["processing"]
            if not left and not any(each.alive and each._at_work for each in consumers):
                return
            if time.monotonic() > ends:
                raise TimeoutError(f"{queue_name} has not settled after {timeout:g} s: {left} left")
            await asyncio.sleep(0.01)
