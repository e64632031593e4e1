"""Scenarios in which a process dies, hangs, is one of many, or has a wrong clock."""

from __future__ import annotations

import asyncio
import random
import sys
from contextlib import suppress
from pathlib import Path

from tests.reliability.worker import UNANSWERED, working

from backend.core.redis import RedisClient
from backend.examples.pop_or_reserve import Options
from course.failure_lab.consumer import Consumer
from course.failure_lab.round import Round

WRONG_CLOCK = Path(__file__).with_name("wrong_clock.py")


async def kill_a_consumer(round: Round, tries: int) -> None:
    """`kill -9` of one of two consumers, at a random moment of its work."""
    victim = await round.start_consumer(lease=2.0)
    for _ in range(tries):
        other = await round.start_consumer(lease=2.0)
        handled = len(victim.handled)
        await round.add(10)  # so that both have work
        await victim.has_handled(handled + 1)
        await asyncio.sleep(random.uniform(0, 0.04))  # work on an item takes half as long
        victim.kill()
        victim = other
    await round.settled()


async def hang_a_consumer(round: Round, tries: int) -> None:
    """A consumer that stops in the middle of its work, and goes on long after its lease."""
    # Their work lasts longer than this process may stand still before it pauses one.
    first, second = [await round.start_consumer(lease=1.0, work_seconds=0.5) for _ in range(2)]
    for _ in range(tries):
        handled = {each: len(each.handled) for each in (first, second)}
        await round.add()
        victim = await first_to_hold_an_item(first, second)
        victim.pause()
        if round.mode == "reserve":  # with the plain queue, nobody else gets the item
            other = second if victim is first else first
            await other.has_handled(handled[other] + 1)
        victim.resume()
        await victim.has_handled(handled[victim] + 1)
    await round.settled()


async def first_to_hold_an_item(*consumers: Consumer) -> Consumer:
    """Wait until one of the consumers is at work on an item."""
    waiting = {asyncio.create_task(each.holds_item()): each for each in consumers}
    done, others = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in others:
        task.cancel()
    return waiting[done.pop()]


async def end_the_program(round: Round, tries: int) -> None:
    """The work on an item calls `sys.exit`; the program is started again."""

    async def exit_() -> None:
        sys.exit("the driver of the graphics card is broken")

    for _ in range(tries):
        await round.add()
        with suppress(SystemExit):
            async with working(round) as worker:
                await worker.work(before_the_end=exit_)
        async with working(round) as worker:
            await worker.drain()


async def cancel_a_task(round: Round, tries: int) -> None:
    """A task is cancelled while it takes an item, in a race with the push of that item."""
    async with working(round) as worker:
        for _ in range(tries):
            taking = asyncio.create_task(worker.work())
            pushing = asyncio.create_task(round.add())
            await asyncio.sleep(random.uniform(0, 0.003))
            taking.cancel()
            await asyncio.gather(taking, pushing, return_exceptions=True)
        await worker.drain()


async def kill_the_server(round: Round, tries: int) -> None:
    """The server is killed and comes back (`appendfsync always`), under load."""
    for _ in range(2):
        await round.start_consumer(work_seconds=0.001)
    ending = asyncio.Event()

    async def produce() -> None:
        while not ending.is_set():
            await round.add()

    producing = [asyncio.create_task(produce()) for _ in range(2)]
    for _ in range(tries):
        await asyncio.sleep(random.uniform(0.05, 0.2))
        round.server.kill()
        await asyncio.to_thread(round.server.start)
    ending.set()
    await asyncio.gather(*producing)
    await round.settled()


async def hang_the_server(round: Round, tries: int) -> None:
    """The server hangs at a push, while an item is taken, and at the end of the work on it."""
    server = round.server

    async def hang() -> None:
        server.pause()

    async with (
        RedisClient(server.url, timeout=0.5, backoff_base=0.02) as client,
        working(round, client) as worker,
    ):
        for _ in range(tries):
            server.pause()
            asyncio.get_running_loop().call_later(0.6, server.resume)  # after the client's deadline
            await round.add(client=client)
            await worker.drain()

            await round.add()
            await client.get_from_queue("another_queue", 0.01)  # it is connected when it hangs
            server.pause()
            with suppress(*UNANSWERED):
                await worker.work(0.1)
            server.resume()
            await worker.drain()

            await round.add()
            with suppress(*UNANSWERED):
                await worker.work(0.1, before_the_end=hang)
            server.resume()
            await worker.drain()


async def crowd(round: Round, tries: int) -> None:
    """Many producers and consumers on one queue: 50 and 20 for 5,000 items."""
    producers, consumers = max(2, tries // 100), max(2, tries // 250)
    for _ in range(consumers):
        await round.start_consumer(work_seconds=0)

    async def produce() -> None:
        async with RedisClient(round.server.url) as client:
            await round.add(tries // producers, client=client)

    await asyncio.gather(*(produce() for _ in range(producers)))
    await round.settled()


async def differ_by_hours(round: Round, tries: int) -> None:
    """Three consumers, of which one's clock is an hour slow and one's an hour fast."""
    for clock in (-3600.0, 0.0, 3600.0):
        options = Options(lease=2.0, work_seconds=0.02)
        program = [str(WRONG_CLOCK), str(clock)]
        round.consumers.append(Consumer(round.server.url, round.mode, options, program=program))
        await round.consumers[-1].started()
    await round.add(tries)
    await round.settled()
