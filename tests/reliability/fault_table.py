"""The table of faults: each fault is caused for real, and afterwards every item is counted.

    python -m tests.reliability.fault_table            # a few times each; --full: its full size

Each fault has one scenario, which runs with the plain queue (`mode="pop"`) and with the reliable
queue (`mode="reserve"`), against a server of its own, and drains the queue at the end. What it
returns is the count: see `course.failure_lab.tally`.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import logging
import random
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from redis import exceptions

from backend.core.encoding import decode
from backend.core.push import add_to_queue_safe
from backend.core.redis import RedisClient
from backend.core.reliable_queue import ReliableQueue
from course import failure_lab
from course.failure_lab.consumer_process import identity
from private_redis import PrivateServer

Mode = Literal["pop", "reserve"]
QUEUE = "detection_queue"
UNANSWERED = (exceptions.ConnectionError, exceptions.TimeoutError)


# --- What the scenarios share ---------------------------------------------------------------------


@dataclass
class Round:
    """One scenario with one kind of queue: who takes part, what was added, what was handled."""

    mode: Mode
    server: PrivateServer
    client: RedisClient
    """Straight to the server: to add, and to look."""
    added: list[Any] = field(default_factory=list)
    handled: list[Any] = field(default_factory=list)
    """By workers in this process."""
    consumers: list[failure_lab.Consumer] = field(default_factory=list)
    """Consumers in processes of their own."""

    async def add(self, count: int = 1, *, client: RedisClient | None = None) -> None:
        """Add items; what is not answered is sent again, as a careful producer does."""
        for _ in range(count):
            number = len(self.added)
            self.added.append(number)
            while not await self._is_added(client or self.client, number):  # noqa: ASYNC110
                await asyncio.sleep(0.02)  # the server is away

    async def _is_added(self, client: RedisClient, number: int) -> bool:
        item = {"id": number, "camera_id": "front_door"}
        try:
            if self.mode == "pop":
                await client.add_to_queue(QUEUE, item)
            else:
                await add_to_queue_safe(client, QUEUE, item, dedupe_key=str(number))
        except UNANSWERED:
            return False
        return True

    async def start_consumer(self, **options: Any) -> failure_lab.Consumer:
        """Start a consumer process."""
        consumer = await failure_lab.start_consumer(
            self.server.url, QUEUE, mode=self.mode, **options
        )
        self.consumers.append(consumer)
        return consumer

    @asynccontextmanager
    async def worker(self, client: RedisClient, **options: Any) -> AsyncIterator[Worker]:
        """A consumer in this process."""
        if self.mode == "pop":
            yield Worker(self, client, None)
        else:
            async with ReliableQueue(client, QUEUE, **({"backoff_base": 0.02} | options)) as queue:
                yield Worker(self, client, queue)

    async def drained(self) -> None:
        """Wait until the consumer processes have left nothing to do, and end them.

        Raises:
            TimeoutError: something stays in the queue, in hand, or to be tried again.
        """
        await failure_lab.settled(self.server.url, QUEUE, self.consumers, timeout=30)
        for consumer in self.consumers:
            consumer.stop()


@dataclass
class Worker:
    """A consumer in this process, which takes one item at a time."""

    round: Round
    client: RedisClient
    queue: ReliableQueue | None
    """None with the plain queue."""

    async def work(
        self, timeout: float = 1.0, before_the_end: Callable[[], None] = lambda: None
    ) -> bool:
        """Take one item and handle it; return whether there was one.

        Args:
            timeout: seconds to wait for an item.
            before_the_end: called when the item is taken and not yet handled; may raise.
        """
        if self.queue is None:
            item = await self.client.get_from_queue(QUEUE, timeout)
            if item is not None:
                before_the_end()
                self.round.handled.append(item["id"])
            return item is not None
        async with self.queue.reserve(timeout) as job:
            if job is not None:
                before_the_end()
                self.round.handled.append(job.data["id"])
        return job is not None

    async def drain(self) -> None:
        """Handle all that is left, also what is to be tried again."""
        settled = asyncio.create_task(failure_lab.settled(self.round.server.url, QUEUE, []))
        while not settled.done():
            await self.work(0.02)
        await settled


@asynccontextmanager
async def begin(mode: Mode, *, append_only: bool = False) -> AsyncIterator[Round]:
    """Start a server for a scenario. At the end, the server and all consumers are ended."""
    with PrivateServer(append_only=append_only) as server:
        async with RedisClient(server.url, backoff_base=0.02, attempts=5) as client:
            current = Round(mode, server, client)
            try:
                yield current
            finally:
                for consumer in current.consumers:
                    consumer.kill()


async def count(of: Round) -> failure_lab.Tally:
    """Count where the items of a scenario are."""
    return await failure_lab.tally(
        of.server.url, QUEUE, added=of.added, consumers=of.consumers, handled=of.handled
    )


# --- The scenarios --------------------------------------------------------------------------------


async def kill_a_consumer(mode: Mode, tries: int) -> failure_lab.Tally:
    """`kill -9` of one of two consumers, at a random moment of its work."""
    async with begin(mode) as this:
        victim = await this.start_consumer(lease=2.0)
        for _ in range(tries):
            other = await this.start_consumer(lease=2.0)
            await this.add(10)  # so that both have work
            await victim.wait_for("handled", len(victim.handled) + 1)
            await asyncio.sleep(random.uniform(0, 0.04))  # work on an item takes half as long
            victim.kill()
            victim = other
        await this.drained()
        return await count(this)


async def hang_a_consumer(mode: Mode, tries: int) -> failure_lab.Tally:
    """A consumer that stops in the middle of its work, and goes on long after its lease."""
    async with begin(mode) as this:
        both = [await this.start_consumer(lease=1.0, work_seconds=0.1) for _ in range(2)]
        for _ in range(tries):
            await this.add()
            victim = await who_holds_an_item(both)
            victim.pause()
            if mode == "reserve":  # with the plain queue, nobody else gets the item
                other = both[both[0] is victim]
                await other.wait_for("handled", len(other.handled) + 1)
            handled = len(victim.handled)
            victim.resume()
            await victim.wait_for("handled", handled + 1)
        await this.drained()
        return await count(this)


async def cancel_a_task(mode: Mode, tries: int) -> failure_lab.Tally:
    """A task is cancelled while it takes an item, in a race with the push of that item."""
    async with begin(mode) as this, this.worker(this.client) as worker:
        for _ in range(tries):
            working = asyncio.create_task(worker.work())
            pushing = asyncio.create_task(this.add())
            await asyncio.sleep(random.uniform(0, 0.003))
            working.cancel()
            await asyncio.gather(working, pushing, return_exceptions=True)
        await worker.drain()
        return await count(this)


async def kill_the_server(mode: Mode, tries: int) -> failure_lab.Tally:
    """The server is killed and comes back (`appendfsync always`), under load."""
    async with begin(mode, append_only=True) as this:
        for _ in range(2):
            await this.start_consumer(work_seconds=0.001)
        ending = asyncio.Event()

        async def produce() -> None:
            while not ending.is_set():
                await this.add()

        producing = [asyncio.create_task(produce()) for _ in range(2)]
        for _ in range(tries):
            await asyncio.sleep(random.uniform(0.05, 0.2))
            this.server.kill()
            await asyncio.to_thread(this.server.start)
        ending.set()
        await asyncio.gather(*producing)
        await this.drained()
        return await count(this)


async def hang_the_server(mode: Mode, tries: int) -> failure_lab.Tally:
    """The server hangs at a push, while an item is taken, and at the end of the work on it."""
    async with (
        begin(mode) as this,
        RedisClient(this.server.url, timeout=0.5, backoff_base=0.02) as client,
        this.worker(client) as worker,
    ):
        server = this.server
        for _ in range(tries):
            server.pause()
            asyncio.get_running_loop().call_later(0.6, server.resume)  # after the client's deadline
            await this.add(client=client)
            await worker.drain()

            await this.add()
            await client.get_from_queue("another_queue", 0.01)  # the line is open when it hangs
            server.pause()
            with suppress(*UNANSWERED):
                await worker.work(0.1)
            server.resume()
            await worker.drain()

            await this.add()
            with suppress(*UNANSWERED):
                await worker.work(0.1, before_the_end=server.pause)
            server.resume()
            await worker.drain()
        return await count(this)


async def lose_the_reply_to_a_take(mode: Mode, tries: int) -> failure_lab.Tally:
    """The line is cut when the server has handed out an item, before the item arrives."""
    async with begin(mode) as this, behind_a_proxy(this) as (proxy, worker):
        for _ in range(tries):
            await this.add()
            proxy.cut_next_reply("BLPOP" if mode == "pop" else "reserve")
            with suppress(*UNANSWERED):
                await worker.work(0.1)
        await worker.drain()
        check_cuts(proxy, tries)
        return await count(this)


async def lose_the_reply_to_a_push(mode: Mode, tries: int) -> failure_lab.Tally:
    """The line is cut when the server has run a push; the producer sends it again."""
    async with begin(mode) as this, behind_a_proxy(this) as (proxy, worker):
        for _ in range(tries):
            proxy.cut_next_reply("RPUSH" if mode == "pop" else "push")
            await this.add(client=worker.client)
        await worker.drain()
        check_cuts(proxy, tries)
        return await count(this)


async def lose_the_reply_to_an_end(mode: Mode, tries: int) -> failure_lab.Tally:
    """The line is cut at the end of the work: acknowledge, fail, give back, one after another."""
    scripts = ("acknowledge", "fail", "give_back")
    async with begin(mode) as this, behind_a_proxy(this) as (proxy, worker):
        for script, ending in zip(itertools.cycle(scripts), endings(mode, tries), strict=False):
            await this.add()
            proxy.cut_next_reply(script)
            with suppress(*UNANSWERED, asyncio.CancelledError):
                await worker.work(before_the_end=ending)
            await worker.drain()
        check_cuts(proxy, tries)
        return await count(this)


async def wrong_types(mode: Mode, tries: int) -> failure_lab.Tally:
    """A key of the queue is a string: before an item is taken, or while it is worked on."""
    names = [QUEUE, f"dlq:{QUEUE}"]
    names += [f"{QUEUE}:{end}" for end in ("consumers", "attempts", "retry")]
    names += [f"{QUEUE}:{end}:this" for end in ("processing", "lease")]
    cases = itertools.cycle(itertools.product(names, (True, False)))
    options: dict[str, Any] = {"consumer": "this", "max_attempts": 2}
    async with begin(mode) as this, this.worker(this.client, **options) as worker:
        for ending in endings(mode, tries):
            name, before = next(cases)
            await this.add()
            await this.client.add_to_queue(f"dlq:{QUEUE}", "an entry of somebody else")
            if before:
                await make_wrong(this.client, name)
            with suppress(exceptions.ResponseError, asyncio.CancelledError, ValueError):
                if before:
                    await worker.work(0.05, before_the_end=ending)
                else:
                    await work_and_make_wrong(worker, name, ending)
            await make_right(this.client, name)
            await worker.drain()
        return await count(this)


async def poison(mode: Mode, tries: int) -> failure_lab.Tally:
    """Items that no detector can handle; among five, only the one of 10 MB is a good one."""
    async with begin(mode) as this:
        await this.start_consumer(max_attempts=2, backoff_base=0.02, work_seconds=0)
        for number in range(0, tries, 5):
            for raw in (
                b"not JSON %d" % number,
                b"not UTF-8 \xff\xfe %d" % number,
                b"[%d]" % number,
                b'{"id": %d, "poison": true}' % (number + 3),
                b'{"id": %d, "image": "%s"}' % (number + 4, 10_000_000 * b"x"),
            ):
                this.added.append(identity(decode(raw)))
                await this.client.call("RPUSH", QUEUE, raw)
        await this.drained()
        return await count(this)


async def fill_the_memory(mode: Mode, tries: int) -> failure_lab.Tally:
    """No memory is left (`maxmemory-policy noeviction`): pushes are refused, work goes on."""
    async with begin(mode) as this, this.worker(this.client) as worker:
        for ending in endings(mode, tries):
            await this.add(2)
            await this.client.call("CONFIG", "SET", "maxmemory", 1)
            try:
                await this._is_added(this.client, len(this.added))
            except exceptions.OutOfMemoryError:
                pass
            else:
                raise AssertionError("the server accepted a push without memory")
            with suppress(ValueError, asyncio.CancelledError):
                await worker.work(before_the_end=ending)
            await worker.drain()
            await this.client.call("CONFIG", "SET", "maxmemory", 0)
        await this.add()  # what was refused can be added now
        await worker.drain()
        return await count(this)


async def crowd(mode: Mode, tries: int) -> failure_lab.Tally:
    """Many producers and consumers on one queue: 50 and 20 for 5,000 items."""
    producers, consumers = max(2, tries // 100), max(2, tries // 250)
    async with begin(mode) as this:
        for _ in range(consumers):
            await this.start_consumer(work_seconds=0)

        async def produce() -> None:
            async with RedisClient(this.server.url) as client:
                await this.add(tries // producers, client=client)

        await asyncio.gather(*(produce() for _ in range(producers)))
        await this.drained()
        return await count(this)


async def wrong_clocks(mode: Mode, tries: int) -> failure_lab.Tally:
    """Three consumers, of which one is an hour slow and one an hour fast."""
    async with begin(mode) as this:
        for clock in (-3600.0, 0.0, 3600.0):
            await this.start_consumer(clock=clock, lease=2.0, work_seconds=0.02)
        await this.add(tries)
        await this.drained()
        return await count(this)


async def who_holds_an_item(consumers: list[failure_lab.Consumer]) -> failure_lab.Consumer:
    """Wait until one of the consumers is at work on an item."""
    waiting = {asyncio.create_task(each.holds_item()): each for each in consumers}
    done, others = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in others:
        task.cancel()
    return waiting[done.pop()]


def endings(mode: Mode, tries: int) -> Iterator[Callable[[], None]]:
    """Yield how the work on each item ends: it is done, it fails, it is cancelled.

    With the plain queue always the first: the other two would lose the item without any fault.
    """
    ways = (lambda: None, fail, cancel) if mode == "reserve" else (lambda: None,)
    return itertools.islice(itertools.cycle(ways), tries)


def fail() -> None:
    """End the work on an item with an error."""
    raise ValueError("the detector failed")


def cancel() -> None:
    """End the work on an item as a cancelled task does."""
    raise asyncio.CancelledError


@asynccontextmanager
async def behind_a_proxy(this: Round) -> AsyncIterator[tuple[failure_lab.Proxy, Worker]]:
    """A worker whose line can be cut."""
    with failure_lab.Proxy(this.server.url) as proxy:
        async with (
            RedisClient(proxy.url, backoff_base=0.01) as client,
            this.worker(client) as worker,
        ):
            yield proxy, worker


def check_cuts(proxy: failure_lab.Proxy, tries: int) -> None:
    """A reply that was not lost proves nothing."""
    if proxy.lost != tries:
        raise AssertionError(f"{proxy.lost} of {tries} replies were lost")


async def make_wrong(client: RedisClient, name: str) -> None:
    """Put the key aside, and a string in its place."""
    with suppress(exceptions.ResponseError):  # there is no such key
        await client.call("RENAME", name, f"aside:{name}")
    await client.call("SET", name, "not what you think")


async def make_right(client: RedisClient, name: str) -> None:
    """Put the key back."""
    if await client.call("TYPE", name) == b"string":
        await client.call("DEL", name)
    with suppress(exceptions.ResponseError):
        await client.call("RENAME", f"aside:{name}", name)


async def work_and_make_wrong(worker: Worker, name: str, ending: Callable[[], None]) -> None:
    """Make the key wrong between taking an item and the end of the work on it."""
    if worker.queue is None:
        await worker.work(before_the_end=ending)
        return
    async with worker.queue.reserve(1) as job:
        await make_wrong(worker.client, name)
        ending()
        if job:
            worker.round.handled.append(job.data["id"])


# --- The table ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """One line of the table, and what makes it true."""

    name: str
    scenario: Callable[[Mode, int], Awaitable[failure_lab.Tally]]
    small: int
    """How often it is tried, or how many items there are."""
    full: int
    lost_with_pop: Callable[[int], str] | None
    """What the plain queue loses in so many tries, as the table says it. None: it has no such call.
    """
    twice: int = 0
    """How often one try may lead to an item being handled twice, with reserve."""

    def tries(self, *, full: bool) -> int:
        """How often it is tried."""
        return self.full if full else self.small

    def row(self, *, full: bool) -> str:
        """Its line in the table."""
        tries = self.tries(full=full)
        twice = f"at most {self.twice} a try" if self.twice else "0"
        lost = self.lost_with_pop(tries) if self.lost_with_pop else "no such call"
        return f"| {self.name} | {tries:,} | {lost} | 0 | {twice} |"

    @property
    def modes(self) -> tuple[Mode, ...]:
        """With which kind of queue it can be tried."""
        return ("pop", "reserve") if self.lost_with_pop else ("reserve",)

    def check(self, mode: Mode, tries: int, result: failure_lab.Tally) -> None:
        """Hold the result against the line in the table.

        Raises:
            AssertionError: the table says something else; the message has both.
        """
        says = self.lost_with_pop(tries) if mode == "pop" and self.lost_with_pop else "0"
        lost = len(result.missing)
        true = {SOME: lost >= 1, RACE: True}.get(says, says == f"{lost:,}")
        not_drained = result.waiting + result.in_hand + result.retrying
        too_often = mode == "reserve" and result.twice > self.twice * tries
        if not true or not_drained or too_often:
            raise AssertionError(
                f"{self.name}, tried {tries} times with {mode}: the table says {says} lost and "
                f"at most {self.twice * tries} handled twice with reserve. Counted: {result}. "
                f"Missing: {result.missing[:20]}"
            )


SOME = "some"
RACE = "0 or more"


def none(_: int) -> str:
    """Loses nothing."""
    return "0"


def each(tries: int) -> str:
    """Loses an item in each try."""
    return f"{tries:,}"


def some(_: int) -> str:
    """Loses at least one: how many depends on the moment."""
    return SOME


FAULTS = (
    Fault("a consumer is killed (`kill -9`)", kill_a_consumer, 5, 100, some, twice=1),
    Fault("a consumer hangs for longer than its lease", hang_a_consumer, 2, 20, none, twice=1),
    Fault("a task is cancelled while it takes an item", cancel_a_task, 300, 1500, some, twice=1),
    Fault(
        "the server is killed and restarted (`appendfsync always`)",
        kill_the_server,
        3,
        20,
        lambda _: RACE,
        twice=2,
    ),
    Fault("the server hangs: push, take, acknowledge", hang_the_server, 2, 20, each, twice=1),
    Fault("the reply to a take is lost", lose_the_reply_to_a_take, 20, 200, each),
    Fault(
        "the reply to a push is lost, so it is sent again", lose_the_reply_to_a_push, 20, 200, none
    ),
    Fault(
        "the reply to acknowledge, fail or give back is lost",
        lose_the_reply_to_an_end,
        9,
        90,
        None,
    ),
    Fault("a key of the queue has the wrong type", wrong_types, 42, 126, none, twice=1),
    Fault(
        "poison: not JSON, not UTF-8, no object, no image; 10 MB",
        poison,
        5,
        50,
        lambda n: f"{n * 4 // 5}",
    ),
    Fault("the memory is full (`noeviction`)", fill_the_memory, 9, 90, none),
    Fault("50 producers and 20 consumers at once", crowd, 400, 5000, none),
    Fault("clocks that differ by hours", wrong_clocks, 60, 600, none),
)

HEAD = (
    "| fault | tried | lost with pop | lost with reserve | handled twice with reserve |\n"
    "|---|---:|---:|---:|---|"
)


def table(*, full: bool) -> str:
    """Return the table, in Markdown."""
    return "\n".join([HEAD, *(fault.row(full=full) for fault in FAULTS)])


async def run(fault: Fault, mode: Mode, *, full: bool) -> failure_lab.Tally:
    """Cause the fault, count, and check the count.

    Raises:
        AssertionError: the table says something else; the message has the count.
    """
    tries = fault.tries(full=full)
    result = await fault.scenario(mode, tries)
    fault.check(mode, tries, result)
    return result


def main(arguments: list[str] | None = None) -> int:
    """Cause every fault and print the table, if it is true; the counts go to standard error.

    Returns:
        The exit status: 1 if something else was counted than the table says.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.fault_table")
    parser.add_argument("--full", action="store_true", help="as often as the README says")
    full: bool = parser.parse_args(arguments).full
    wrong = 0
    logging.disable(logging.ERROR)  # the faults are on purpose
    try:
        for fault in FAULTS:
            for mode in fault.modes:
                print(f"{fault.name}, {mode}: ", end="", file=sys.stderr, flush=True)
                try:
                    print(asyncio.run(run(fault, mode, full=full)), file=sys.stderr)
                except (AssertionError, TimeoutError) as error:
                    print(error, file=sys.stderr)
                    wrong += 1
    finally:
        logging.disable(logging.NOTSET)
    if wrong:
        print(f"The table of faults does not hold: see the {wrong} above.", file=sys.stderr)
        return 1
    print(table(full=full))
    return 0


if __name__ == "__main__":
    sys.exit(main())
