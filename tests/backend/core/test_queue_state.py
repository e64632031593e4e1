"""Queues and servers seen from outside: what waits, how old it is, who works on it, how fast."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis.asyncio
from redis import exceptions
from tests.support import as_user, until

from backend.core.push import add_to_queue_safe
from backend.core.queue_state import QueueState, flow, queue_state, server_state
from backend.core.redis import RedisClient
from backend.core.reliable_queue import Job, ReliableQueue
from private_redis import PrivateServer

QUEUE = "detection_queue"


def job(age: float = 0.0, **fields: Any) -> dict[str, Any]:
    """A job whose timestamp is so many seconds ago."""
    moment = datetime.now(UTC) - timedelta(seconds=age)
    return {"camera_id": "front_door", "timestamp": moment.isoformat(), **fields}


async def add(client: RedisClient, *items: Any) -> None:
    for item in items:
        await client.add_to_queue(QUEUE, item)


def about(seconds: float) -> Any:
    """So many seconds, or a few more on a busy machine."""
    return pytest.approx(seconds + 5, abs=5.5)


@asynccontextmanager
async def consumer(
    client: RedisClient, name: str = "one", **options: Any
) -> AsyncIterator[ReliableQueue]:
    async with ReliableQueue(client, QUEUE, consumer=name, **options) as queue:
        yield queue


async def taken(queue: ReliableQueue) -> Job:
    job = await queue.take(timeout=5)
    assert job
    return job


# ---- lengths and places ----


async def test_a_queue_that_is_not_there_is_empty(client: RedisClient) -> None:
    state = await queue_state(client, QUEUE)
    assert (state.waiting, state.in_all, state.dead, state.overflowed) == (0, 0, 0, 0)
    assert (state.oldest, state.consumers, state.alive) == (None, (), 0)


async def test_every_place_is_counted(client: RedisClient) -> None:
    await add(client, job(), job(), job(), job())
    async with consumer(client, max_attempts=2, backoff_base=1000) as queue:
        await queue.fail(await taken(queue), "no")  # to be tried again
        async with consumer(client, "two", max_attempts=1) as other:
            await other.fail(await taken(other), "never")
            await other.take()
            state = await queue_state(client, QUEUE)
    assert (state.waiting, state.retrying, state.in_hand, state.dead) == (1, 1, 1, 1)
    assert state.in_all == 3
    assert {each.name: each.in_hand for each in state.consumers} == {"one": 0, "two": 1}


async def test_items_that_had_to_make_room_are_counted_apart(client: RedisClient) -> None:
    for _ in range(3):
        await add_to_queue_safe(client, QUEUE, job(), max_size=1, overflow_policy="dlq")
    state = await queue_state(client, QUEUE)
    assert (state.waiting, state.dead, state.overflowed) == (1, 0, 2)


async def test_looking_changes_nothing(
    client: RedisClient, other_program: redis.asyncio.Redis, namespace: str
) -> None:
    await add(client, job(), job())

    async def everything() -> dict[bytes, bytes]:
        keys = [key async for key in other_program.scan_iter(match=f"{namespace}*")]
        return {key: await other_program.dump(key) for key in sorted(keys)}

    before = await everything()
    await queue_state(client, QUEUE, since=await queue_state(client, QUEUE))
    assert await everything() == before


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("", "list"),
        (":consumers", "zset"),
        (":retry", "zset"),
    ],
)
async def test_a_key_of_the_wrong_type_is_named(client: RedisClient, key: str, kind: str) -> None:
    await client.set(f"{QUEUE}{key}", "text")
    name = client.full_name(f"{QUEUE}{key}")
    with pytest.raises(exceptions.ResponseError, match=f"{name} is a string, not a {kind}"):
        await queue_state(client, QUEUE)


# ---- ages ----


@pytest.mark.parametrize(
    "written",
    [
        lambda moment: moment.isoformat(),
        lambda moment: moment.isoformat().replace("+00:00", "Z"),
        lambda moment: moment.replace(tzinfo=None).isoformat(),  # then it is UTC
        lambda moment: moment.astimezone().isoformat(),
        lambda moment: moment.timestamp(),  # as in analysis_queue
    ],
    ids=["with its zone", "with a Z", "without a zone", "of another zone", "since 1970"],
)
async def test_the_age_comes_from_the_timestamp_however_it_is_written(
    client: RedisClient, written: Any
) -> None:
    await add(client, {"timestamp": written(datetime.now(UTC) - timedelta(seconds=90))})
    assert (await queue_state(client, QUEUE)).oldest == about(90)


@pytest.mark.parametrize(
    "item",
    [{}, {"timestamp": None}, {"timestamp": "nan"}, {"timestamp": "soon"}, [1], "text", None, 3],
    ids=str,
)
async def test_an_item_without_a_timestamp_has_no_age(client: RedisClient, item: Any) -> None:
    await add(client, item)
    state = await queue_state(client, QUEUE)
    assert (state.waiting, state.oldest) == (1, None)


@pytest.mark.parametrize("raw", [b"", b"not JSON", b"\xff", b"[" * 2000, b'{"timestamp":1e999}'])
async def test_what_no_producer_of_ours_wrote_has_no_age(client: RedisClient, raw: bytes) -> None:
    await client.call("RPUSH", client.full_name(QUEUE), raw)
    assert (await queue_state(client, QUEUE)).oldest is None


async def test_the_oldest_need_not_be_the_first(client: RedisClient) -> None:
    await add(client, *(job(1) for _ in range(9)), job(100), job(1000))
    assert (await queue_state(client, QUEUE)).oldest == about(100)  # the eleventh is not looked at


async def test_an_item_in_hand_is_as_old_as_one_that_waits(client: RedisClient) -> None:
    await add(client, job(500), job(20))
    async with consumer(client) as queue:
        await queue.take()
        state = await queue_state(client, QUEUE)
    assert (state.waiting_age, state.consumers[0].age) == (about(20), about(500))
    assert state.oldest == about(500)


async def test_an_item_that_waits_for_a_retry_is_as_old(client: RedisClient) -> None:
    await add(client, job(500))
    async with consumer(client, backoff_base=1000) as queue:
        await queue.fail(await taken(queue), "no")
        state = await queue_state(client, QUEUE)
    assert (state.waiting, state.retrying_age, state.oldest) == (0, about(500), about(500))


async def test_an_age_is_below_zero_when_a_producers_clock_is_ahead(client: RedisClient) -> None:
    await add(client, job(-3600))
    assert (await queue_state(client, QUEUE)).oldest == about(-3600)


async def test_a_large_item_is_not_looked_into_and_makes_no_large_answer(
    quick: RedisClient, admin: redis.asyncio.Redis
) -> None:
    await add(quick, job(filler="x" * 2_000_000))
    await queue_state(quick, QUEUE)  # from now on, the server knows the script
    before = (await admin.info("stats"))["total_net_output_bytes"]
    state = await queue_state(quick, QUEUE)
    after = (await admin.info("stats"))["total_net_output_bytes"]
    assert (state.waiting, state.oldest) == (1, None)
    assert after - before < 30_000  # of which most is the answer to INFO


# ---- consumers ----


async def test_a_consumer_tells_its_item_its_attempt_and_its_lease(client: RedisClient) -> None:
    await add(client, job(60))
    async with consumer(client, lease=30) as queue:
        await queue.take()
        (seen,) = (await queue_state(client, QUEUE)).consumers
    assert (seen.name, seen.in_hand, seen.attempt, seen.age) == ("one", 1, 1, about(60))
    assert seen.is_alive
    assert 0 < (seen.lease_left or 0) <= 30


async def test_a_consumer_whose_lease_has_run_out_is_seen_with_what_it_holds(
    client: RedisClient,
) -> None:
    await client.add_to_queue(f"{QUEUE}:processing:dead", job())
    await client.call("ZADD", client.full_name(f"{QUEUE}:consumers"), 0, "dead")
    state = await queue_state(client, QUEUE)
    assert (state.alive, state.in_hand) == (0, 1)
    assert state.consumers[0].lease_left is None


async def test_a_consumer_tells_how_many_items_it_has_acknowledged(client: RedisClient) -> None:
    await add(client, job(), job(), job())
    async with consumer(client) as queue:
        for _ in range(3):
            done = await taken(queue)
            assert await queue.acknowledge(done)
            assert await queue.acknowledge(done)  # asked again: counted once
        (seen,) = (await queue_state(client, QUEUE)).consumers
    assert seen.acknowledged == 3


async def test_an_item_is_acknowledged_though_the_lease_has_the_wrong_type(
    client: RedisClient,
) -> None:
    await add(client, job())
    async with consumer(client) as queue:
        done = await taken(queue)
        await client.add_to_queue("not a lease", 1)
        # In one step: a sign of life in between would make a lease again.
        names = map(client.full_name, ("not a lease", f"{QUEUE}:lease:one"))
        await client.call("RENAME", *names)
        assert await queue.acknowledge(done)


# ---- what went through ----


def state(seconds: float = 0.0, **fields: Any) -> QueueState:
    """A state of an empty queue, so many seconds after the start; with other fields as given."""
    empty = QueueState(QUEUE, 1000.0 + seconds, 0, None, 0, None, 0, 0, ())
    return replace(empty, **fields)


async def test_flow_of_consumers_that_reserve_is_what_they_acknowledged(
    client: RedisClient,
) -> None:
    await add(client, job(), job(), job())
    async with consumer(client) as queue:
        before = await queue_state(client, QUEUE)
        for _ in range(2):
            await queue.acknowledge(await taken(queue))
        await add(client, *(job(n=n) for n in range(5)))
        after = await queue_state(client, QUEUE, since=before)
    went = flow(replace(before, time=after.time - 2), after)
    assert (went.departures, went.arrivals, went.growth) == (1.0, 2.5, 1.5)
    assert went.time_to_empty is None


async def test_flow_of_consumers_that_pop_is_told_by_the_item_that_was_last(
    client: RedisClient,
) -> None:
    await add(client, *(job(n=n) for n in range(10)))
    before = await queue_state(client, QUEUE)
    for _ in range(6):
        await client.get_from_queue(QUEUE)
    await add(client, job(n=10), job(n=11))
    after = await queue_state(client, QUEUE, since=before)
    went = flow(replace(before, time=after.time - 2), after)
    assert (went.arrivals, went.departures, went.growth) == (1.0, 3.0, -2.0)
    assert went.time_to_empty == 3.0  # 6 items, 2 fewer each second


async def test_flow_cannot_be_told_when_all_that_waited_was_popped(client: RedisClient) -> None:
    await add(client, job(n=1))
    before = await queue_state(client, QUEUE)
    await client.get_from_queue(QUEUE)
    await add(client, job(n=2), job(n=3))
    went = flow(before, await queue_state(client, QUEUE, since=before))
    assert (went.arrivals, went.departures) == (None, None)
    assert went.growth > 0


async def test_dead_letters_count_as_gone(client: RedisClient) -> None:
    await add(client, job(), job())
    async with consumer(client, max_attempts=1) as queue:
        before = await queue_state(client, QUEUE)
        await queue.fail(await taken(queue), "never")
        after = await queue_state(client, QUEUE, since=before)
    went = flow(replace(before, time=after.time - 1), after)
    assert (went.departures, went.arrivals, went.time_to_empty) == (1.0, 0.0, 1.0)


async def test_a_consumer_that_joins_anew_counts_from_its_beginning(client: RedisClient) -> None:
    await add(client, job(), job(), job())
    async with consumer(client) as queue:
        for _ in range(2):
            await queue.acknowledge(await taken(queue))
        before = await queue_state(client, QUEUE)
    async with consumer(client) as queue:
        await queue.acknowledge(await taken(queue))
        after = await queue_state(client, QUEUE, since=before)
    assert flow(replace(before, time=after.time - 1), after).departures == 1.0


def test_a_queue_that_is_empty_is_empty_now() -> None:
    assert flow(state(), state(1)).time_to_empty == 0.0


def test_a_queue_that_stays_as_it_is_is_never_empty() -> None:
    assert flow(state(waiting=5), state(1, waiting=5)).time_to_empty is None


# ---- the server ----


async def test_the_server_tells_its_memory_and_who_waits(
    quick: RedisClient, admin: redis.asyncio.Redis
) -> None:
    await admin.config_set("maxmemory", "64mb")
    async with consumer(quick, "idle"):
        server = await server_state(quick)
        assert server
        assert (server.max_memory, server.blocked_clients) == (64 * 2**20, 0)
        assert 0 < (server.memory_ratio or 0) < 1
        assert server.uptime < 60


async def test_a_server_without_a_limit_has_no_ratio(quick: RedisClient) -> None:
    server = await server_state(quick)
    assert server
    assert (server.max_memory, server.memory_ratio) == (0, None)


async def test_a_client_that_waits_is_counted(quick: RedisClient) -> None:
    waiting = asyncio.create_task(quick.get_from_queue(QUEUE, timeout=10))

    async def it_is_seen() -> bool:
        server = await server_state(quick)
        return server is not None and server.blocked_clients == 1

    await until(it_is_seen)
    await quick.add_to_queue(QUEUE, 1)
    assert await waiting == 1


@pytest.fixture
async def restricted(
    private_server: PrivateServer, admin: redis.asyncio.Redis
) -> AsyncIterator[RedisClient]:
    """A client of a user who may run scripts, and nothing in them."""
    await admin.execute_command(
        "ACL", "SETUSER", "guest", "on", ">secret", "~*", "+ping", "+evalsha", "+script|load"
    )
    url = as_user(private_server.url, "guest", "secret")
    async with RedisClient(url, attempts=1) as client:
        yield client


async def test_a_user_who_may_not_look_is_told_so(restricted: RedisClient) -> None:
    with pytest.raises(exceptions.NoPermissionError):
        await queue_state(restricted, QUEUE)


async def test_a_user_who_may_not_ask_the_server_gets_no_answer(restricted: RedisClient) -> None:
    assert await server_state(restricted) is None


async def test_a_look_at_a_long_queue_is_quick(client: RedisClient) -> None:
    name = client.full_name(QUEUE)
    await client.call("RPUSH", name, *(b'{"timestamp":1,"n":%d}' % n for n in range(50_000)))
    before = await queue_state(client, QUEUE)
    best = 1.0
    for _ in range(20):
        started = time.monotonic()
        await queue_state(client, QUEUE, since=before)
        best = min(best, time.monotonic() - started)
    assert best < 0.02
