"""A round in the failure lab: a server, a queue, what was added to it, and who takes it."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self

from redis import exceptions

from backend.core.redis import RedisClient
from backend.core.reliable_queue import contents, queue_counts
from backend.examples.consumer import identity
from backend.examples.pop_or_reserve import COMMANDS, QUEUE, Mode, Options, add
from course import plots
from course.failure_lab.connection import Proxy
from course.failure_lab.consumer import Consumer
from course.failure_lab.tally import Tally
from course.kernel import CLEANED_UP, prepare, shorten_tracebacks, unseen_tasks
from course.session import UNTIDY, LeftBehind
from course.waiting import until
from private_redis import PrivateServer


class Round:
    """One experiment after another on a private server: add items, break something, count.

    Args:
        append_only: the server has each write on disk before it answers. After `server.kill()`,
            `server.start()` brings it back with its data.

    Attributes:
        server: to kill, to pause, and to start again.
        client: a client of that server, which waits while it is away.
        mode: how items are added and taken: "pop" or "reserve".
        added: the ids of the items that were added since the last `begin`.
        handled: what others than the consumers have handled since then.
        consumers: those that were started since then.
    """

    def __init__(self, *, append_only: bool = False) -> None:
        self.server = PrivateServer(append_only=append_only)
        self._proxies: list[Proxy] = []
        self.consumers: list[Consumer] = []

    async def __aenter__(self) -> Self:
        self._places = [*plots.places.PLACES]  # matplotlib is imported here: not while it counts
        self.server.start()
        self.client = RedisClient(self.server.url, attempts=20, backoff_base=0.05)
        await self.client.connect()
        await self.begin("pop")
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            await self.client.disconnect()
        finally:
            self._kill_consumers()
            for proxy in self._proxies:
                proxy.close()
            self.server.stop()

    def _kill_consumers(self) -> None:
        for consumer in self.consumers:
            consumer.kill()
        self.consumers = []

    async def begin(self, mode: Mode) -> None:
        """Begin anew: the last experiment's consumers are killed, and the server is emptied.

        Args:
            mode: "pop" (`add_to_queue`, `get_from_queue`) or "reserve" (`add_to_queue_safe` with
                a `dedupe_key`, `ReliableQueue`).

        Raises:
            ValueError: there is no such mode.
        """
        if mode not in COMMANDS:
            raise ValueError(f"mode must be {' or '.join(COMMANDS)}, not {mode!r}")
        self._kill_consumers()
        await self.client.call("FLUSHALL", repeat=True)
        self.mode: Mode = mode
        self._numbers = itertools.count()
        self.added: list[Any] = []
        self.handled: list[Any] = []

    async def add(self, count: int = 1, *, client: RedisClient | None = None) -> None:
        """Add so many jobs, numbered on from the last one. See `add_item`."""
        for number in itertools.islice(self._numbers, count):
            await self.add_item({"id": number, "camera_id": "front_door"}, client=client)

    async def add_item(self, item: Any, *, client: RedisClient | None = None) -> None:
        """Add this item; what is not answered is sent again, as a careful producer does.

        Args:
            item: anything that JSON can hold. When the server refuses it, it is not added.
            client: the producer's client; by default the round's.
        """
        key = secrets.token_hex(8)
        while True:
            try:
                await add(client or self.client, self.mode, item, key)
                break
            except (exceptions.ConnectionError, exceptions.TimeoutError):
                await asyncio.sleep(0.02)  # the server is away
        self.added.append(identity(item))

    async def start_consumer(self, **options: Any) -> Consumer:
        """Start a consumer in a process of its own; return when it takes items.

        Args:
            options: those of `backend.examples.pop_or_reserve.Options`, as `work_seconds=0.1`.

        Raises:
            TypeError: there is no such option.
            TimeoutError: it was not ready within 15 s; the message has the end of its log.
        """
        consumer = Consumer(self.server.url, self.mode, Options(**options))
        self.consumers.append(consumer)
        return await consumer.started()

    def proxy(self) -> Proxy:
        """Return a connection to the server that can be cut. It ends with the round."""
        self._proxies.append(Proxy(self.server.url))
        return self._proxies[-1]

    async def settled(self, timeout: float = 20.0) -> None:
        """Wait until no item waits, is to be tried again, or is in hand; let the consumers end.

        Raises:
            TimeoutError: it took longer than `timeout` seconds; the message says what is left.
        """
        left = 0

        async def nothing_is_left() -> bool:
            nonlocal left
            counts = await queue_counts(self.client, QUEUE)
            in_memory = sum(len(consumer.in_hand) for consumer in self.consumers)
            left = counts["pending"] + counts["processing"] + in_memory
            return not left

        await until(
            nothing_is_left,
            within=timeout,
            otherwise=lambda: f"{QUEUE} has not settled, with {left} items left",
        )
        for consumer in self.consumers:
            await asyncio.to_thread(consumer.stop)

    async def count(self, *, client: RedisClient | None = None) -> Tally:
        """Count where the items are that were added since the last `begin`."""
        stored = await contents(client or self.client, QUEUE)
        places = {place: [identity(item) for item in items] for place, items in stored.items()}
        for consumer in self.consumers:
            places["in_hand"] += consumer.in_hand  # with "pop" it is in its memory alone
        by_consumers = [item for consumer in self.consumers for item in consumer.handled]
        return Tally.of(self.added, self.handled + by_consumers, places)

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[plots.lengths.Lengths]:
        """Count again and again while the body of the `async with` runs: for `plots.account`.

        What is in no place and turns up again was on its way to a consumer: it is "in hand". While
        the server gives no answer there is a gap; it has to be back when the body ends.
        """
        absent: list[set[Any]] = []  # of each sample

        async def read() -> Sequence[int]:
            tally = await self.count(client=asking)
            absent.append(set(tally.missing))
            return [tally.places[place] for place in self._places]

        # It asks once: a client that asks again, after a wait, would make each gap longer by that.
        async with RedisClient(self.server.url, attempts=1) as asking:
            lengths = plots.lengths.Lengths(read, self._places, timed=True, timeout=5.0)
            async with plots.measure.sampled(lengths, every=0.02, outages=True):
                yield lengths
        lost = absent[-1]
        for sample, items in reversed([*enumerate(absent)]):
            lost = lost & items  # from here on, to the end
            lengths["missing"][sample] -= len(items - lost)
            lengths["in hand"][sample] += len(items - lost)


_open: Round | None = None


async def open(*, append_only: bool = False) -> Round:
    """Open the lab for a notebook, as the one `Round` there is: end what was open, print a line."""
    global _open
    prepare()
    if _open:
        await _open.__aexit__()
    _open = await Round(append_only=append_only).__aenter__()
    print("Redis: a private server for this lab, since it will be broken on purpose")
    return _open


async def finish() -> None:
    """End the consumers, the proxies and the server; make sure that no task still runs.

    Raises:
        LeftBehind: a task of the notebook still runs, or has failed unseen.
    """
    if _open:
        await _open.__aexit__()
    if problems := unseen_tasks():
        raise LeftBehind("\n".join([UNTIDY, *problems]))
    print("Clean: the lab's server, consumers and proxies have ended; no running tasks are left.")
    shorten_tracebacks(note=CLEANED_UP)


async def somebody_waits(client: RedisClient, *, timeout: float = 5.0) -> None:
    """Wait until one of the server's clients is in a blocking call, such as BLPOP."""

    async def one_waits() -> bool:
        return bool((await client.call("INFO", "clients"))["blocked_clients"])

    await until(one_waits, within=timeout, otherwise=lambda: "no client has come to wait")
