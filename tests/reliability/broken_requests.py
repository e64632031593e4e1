"""Scenarios in which a reply is lost, or the server refuses, or an item cannot be handled."""

from __future__ import annotations

import itertools
from contextlib import suppress

from redis import exceptions
from tests.reliability.worker import (
    ENDINGS,
    NOT_DONE,
    UNANSWERED,
    Ending,
    behind_a_proxy,
    endings,
    working,
)

from backend.core.encoding import decode
from backend.core.redis import RedisClient
from backend.examples.consumer import identity
from backend.examples.pop_or_reserve import COMMANDS, QUEUE, add
from course.failure_lab.round import Round


async def lose_the_reply_to_a_take(round: Round, tries: int) -> None:
    """The connection is cut when the server has handed out an item, before the item arrives."""
    _, take = COMMANDS[round.mode]
    async with behind_a_proxy(round, tries) as (proxy, worker):
        for _ in range(tries):
            await round.add()
            proxy.cut_next_reply(take)
            with suppress(*UNANSWERED):
                await worker.work(0.1)


async def lose_the_reply_to_a_push(round: Round, tries: int) -> None:
    """The connection is cut when the server has run a push; the producer sends it again."""
    push, _ = COMMANDS[round.mode]
    async with behind_a_proxy(round, tries) as (proxy, worker):
        for _ in range(tries):
            proxy.cut_next_reply(push)
            await round.add(client=worker.client)


async def lose_the_reply_to_an_end(round: Round, tries: int) -> None:
    """The connection is cut at the end of the work: acknowledge, fail, give back, in turn."""
    ends = zip(("acknowledge", "fail", "give_back"), ENDINGS, strict=True)
    async with behind_a_proxy(round, tries) as (proxy, worker):
        for script, ending in itertools.islice(itertools.cycle(ends), tries):
            await round.add()
            proxy.cut_next_reply(script)
            with suppress(*UNANSWERED, *NOT_DONE):
                await worker.work(before_the_end=ending)
            await worker.drain()


KEYS = {
    QUEUE: "list",
    f"dlq:{QUEUE}": "list",
    f"{QUEUE}:processing:this": "list",
    f"{QUEUE}:consumers": "zset",
    f"{QUEUE}:retry": "zset",
    f"{QUEUE}:lease:this": "string",
    f"{QUEUE}:swept": "string",
}
"""The keys of a queue, and what each has to be."""
FOREIGN = {
    "string": ("SET", "not what you think"),
    "list": ("RPUSH", "nor this"),
    "hash": ("HSET", "nor", "this"),
    "set": ("SADD", "nor this"),
    "zset": ("ZADD", 1, "nor this"),
    "stream": ("XADD", "*", "nor", "this"),
}
"""How somebody else writes to a key, by the type that it then has."""


def foreign_values() -> list[tuple[str, str]]:
    """Return every key of the queue with every type that it must not have.

    A string in place of a lease, or of the mark of a search, is one of somebody else too.
    """
    return [
        (name, kind)
        for name, right in KEYS.items()
        for kind in FOREIGN
        if kind != right or right == "string"
    ]


async def wrong_types(round: Round, tries: int) -> None:
    """A key of the queue is somebody else's: before an item is taken, or while it is worked on."""
    cases = itertools.cycle(itertools.product(foreign_values(), (True, False)))
    client = round.client
    async with working(round, name="this", max_attempts=2) as worker:
        for ending in endings(round, tries):
            (name, kind), before = next(cases)

            async def make_wrong_and_end(
                name: str = name, kind: str = kind, ending: Ending = ending
            ) -> None:
                await make_wrong(client, name, kind)
                await ending()

            await round.add()
            await client.add_to_queue(f"dlq:{QUEUE}", "an entry of somebody else")
            with suppress(exceptions.ResponseError, *NOT_DONE):
                if before:
                    await make_wrong(client, name, kind)
                    await worker.work(0.05, before_the_end=ending)
                else:
                    await worker.work(before_the_end=make_wrong_and_end)
            await make_right(client, name, kind)
            await worker.drain()


async def make_wrong(client: RedisClient, name: str, kind: str) -> None:
    """Put the key aside, and a value of another type in its place, in one step."""
    command, *value = FOREIGN[kind]
    script = (
        "if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('RENAME', KEYS[1], KEYS[2]) end "
        "redis.call(ARGV[1], KEYS[1], unpack(ARGV, 2))"
    )
    await client.call("EVAL", script, 2, name, f"aside:{name}", command, *value)


async def make_right(client: RedisClient, name: str, kind: str) -> None:
    """Put the key back."""
    if await client.call("TYPE", name) == kind.encode():
        await client.call("DEL", name)
    with suppress(exceptions.ResponseError):
        await client.call("RENAME", f"aside:{name}", name)


async def poison(round: Round, tries: int) -> None:
    """Items that no detector can handle; among five, only the one of 10 MB is a good one."""
    await round.start_consumer(max_attempts=2, backoff_base=0.02, work_seconds=0)
    for number in range(0, tries, 5):
        for raw in (
            b"not JSON %d" % number,
            b"not UTF-8 \xff\xfe %d" % number,
            b"[%d]" % number,
            b'{"id": %d, "poison": true}' % (number + 3),
            b'{"id": %d, "image": "%s"}' % (number + 4, 10_000_000 * b"x"),
        ):
            round.added.append(identity(decode(raw)))
            await round.client.call("RPUSH", QUEUE, raw)
    await round.settled()


async def fill_the_memory(round: Round, tries: int) -> None:
    """No memory is left (`maxmemory-policy noeviction`): pushes are refused, work goes on."""
    client = round.client
    async with working(round) as worker:
        for ending in endings(round, tries):
            await round.add(2)
            await client.call("CONFIG", "SET", "maxmemory", 1)
            try:
                await add(client, round.mode, "refused", key="refused")
            except exceptions.OutOfMemoryError:
                pass
            else:
                raise AssertionError("the server accepted a push without memory")
            with suppress(*NOT_DONE):
                await worker.work(before_the_end=ending)
            await worker.drain()
            await client.call("CONFIG", "SET", "maxmemory", 0)
        await round.add()  # what was refused can be added now
        await worker.drain()
