"""Many items in one step: reserved together, acknowledged together, and never lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis import exceptions
from tests.support import until

from backend.core.queue_state import queue_state
from backend.core.redis import RedisClient
from backend.core.reliable_queue import ReliableQueue, contents, queue_counts
from backend.core.scripts import Script
from backend.core.unavailable import BadItem, Unavailable
from course.failure_lab.connection import Proxy
from private_redis import PrivateServer

QUEUE = "detection_queue"
NOTHING = {"pending": 0, "processing": 0, "dead": 0}


@pytest.fixture
async def queue(client: RedisClient) -> AsyncIterator[ReliableQueue]:
    async with ReliableQueue(client, QUEUE, backoff_base=0.01, max_attempts=2) as entered:
        yield entered


async def add(client: RedisClient, *items: int) -> None:
    for item in items:
        await client.add_to_queue(QUEUE, item)


async def test_many_come_in_order_and_are_acknowledged_at_the_end(
    client: RedisClient, queue: ReliableQueue
) -> None:
    await add(client, *range(5))
    async with queue.reserve_many(3, timeout=1) as jobs:
        assert [job.data for job in jobs] == [0, 1, 2]
        assert await queue_counts(client, QUEUE) == NOTHING | {"pending": 2, "processing": 3}
    async with queue.reserve_many(3, timeout=1) as jobs:
        assert [job.data for job in jobs] == [3, 4]
    assert await queue_counts(client, QUEUE) == NOTHING
    (consumer,) = (await queue_state(client, QUEUE)).consumers
    assert consumer.acknowledged == 5


async def test_it_waits_for_the_first(client: RedisClient, queue: ReliableQueue) -> None:
    taking = asyncio.create_task(queue.take_many(10, timeout=20))
    await until(lambda: queue._wait is not None)
    await add(client, 1)
    jobs = await taking
    assert [job.data for job in jobs] == [1]
    assert await queue.acknowledge_many(jobs)


async def test_when_none_comes_in_time_the_list_is_empty(queue: ReliableQueue) -> None:
    async with queue.reserve_many(10, timeout=0.05) as jobs:
        assert jobs == []


class QuickerOther(RedisClient):
    """Simulated: what was waited for goes to another consumer before it can be reserved."""

    waits: list[float]

    async def call(self, *command: Any, repeat: bool = False, wait: float = 0) -> Any:
        if command[0] == "BLMOVE":
            self.waits.append(wait)
        return await super().call(*command, repeat=repeat, wait=wait)

    async def run(self, script: Script, *arguments: Any, repeat: bool = False) -> Any:
        answer = await super().run(script, *arguments, repeat=repeat)
        if script.name == "reserve_many":
            await self.delete(QUEUE, f"{QUEUE}:processing:slow")
            return []
        return answer


async def test_it_waits_no_longer_than_it_was_told_when_others_are_quicker(
    client: RedisClient,
) -> None:
    async with QuickerOther(client.redis_url, namespace=client.namespace) as slow:
        slow.waits = []
        async with ReliableQueue(slow, QUEUE, consumer="slow") as queue:
            taking = asyncio.create_task(queue.take_many(10, timeout=1.5))
            await until(lambda: slow.waits)
            await asyncio.sleep(0.5)  # a part of the time
            await add(client, 1)
            assert await taking == []
    first, *others = slow.waits
    assert others
    assert max(others) <= first - 0.4


async def test_what_was_in_hand_is_handed_out_again_with_others(
    client: RedisClient, queue: ReliableQueue
) -> None:
    await add(client, 0, 1, 2)
    assert len(await queue.take_many(2, 1)) == 2
    assert [job.data for job in await queue.take_many(3, 1)] == [0, 1, 2]
    assert [job.data for job in await queue.take_many(1, 1)] == [0]


async def test_a_bad_item_takes_no_other_with_it(client: RedisClient, queue: ReliableQueue) -> None:
    await add(client, *range(4))
    handled = []
    while (await queue_counts(client, QUEUE))["pending"]:
        async with queue.reserve_many(10, timeout=1) as jobs:
            if 2 in [job.data for job in jobs]:
                raise ValueError("2 is no good")
            handled += [job.data for job in jobs]
    assert sorted(handled) == [0, 1, 3]
    assert (await contents(client, QUEUE))["dead_lettered"] == [2]


@pytest.mark.parametrize(
    ("error", "traceback"), [(BadItem("it is empty"), False), (ValueError("a bug"), True)]
)
@pytest.mark.parametrize("count", [1, 2], ids=["alone", "in a batch"])
async def test_a_bad_item_is_logged_without_a_traceback(
    client: RedisClient,
    queue: ReliableQueue,
    caplog: pytest.LogCaptureFixture,
    count: int,
    error: Exception,
    traceback: bool,
) -> None:
    await add(client, *range(count))
    async with queue.reserve_many(count, timeout=1) as jobs:
        assert len(jobs) == count
        raise error
    (record,) = caplog.records
    assert str(error) in record.getMessage()
    assert bool(record.exc_info) is traceback


async def test_an_item_that_fails_alone_waits_for_its_next_turn_as_with_reserve(
    client: RedisClient,
) -> None:
    await add(client, 1)
    async with ReliableQueue(client, QUEUE, backoff_base=60) as queue:
        async with queue.reserve_many(10, timeout=1):
            raise ValueError("1 is no good")
        assert await queue.take(0.1) is None
        assert (await contents(client, QUEUE))["retrying"] == [1]


async def test_after_a_batch_that_failed_each_comes_alone_and_at_once(
    client: RedisClient, caplog: pytest.LogCaptureFixture
) -> None:
    await add(client, 1, 2, 3)
    async with ReliableQueue(client, QUEUE, backoff_base=60) as queue:
        async with queue.reserve_many(10, timeout=1):
            raise ValueError("one of them is no good")
        alone = [job.data for job in await queue.take_many(10, 1)]
    assert alone == [1]
    assert [record.message for record in caplog.records] == [
        "Failed to handle 3 items of detection_queue at once, so each is tried alone: "
        "one of them is no good"
    ]


async def test_with_one_attempt_a_bad_item_takes_no_other_with_it_either(
    client: RedisClient,
) -> None:
    await add(client, 1, 2, 3)
    handled = []
    async with ReliableQueue(client, QUEUE, max_attempts=1) as queue:
        while (await queue_counts(client, QUEUE))["pending"]:
            async with queue.reserve_many(10, timeout=1) as jobs:
                if 2 in [job.data for job in jobs]:
                    raise ValueError("2 is no good")
                handled += [job.data for job in jobs]
    assert handled == [1, 3]
    assert (await contents(client, QUEUE))["dead_lettered"] == [2]


async def test_what_failed_before_comes_alone(client: RedisClient, queue: ReliableQueue) -> None:
    await add(client, 0)
    await queue.fail(await queue.take(1), "no")
    await add(client, 1, 2)
    await until(lambda: is_due(client))
    jobs = await queue.take_many(10, 1)
    assert [(job.data, job.attempt) for job in jobs] == [(0, 2)]
    assert await queue.acknowledge_many(jobs)


async def is_due(client: RedisClient) -> bool:
    seconds, microseconds = await client.call("TIME")
    now = 1000 * seconds + microseconds / 1000
    retry = client.full_name(f"{QUEUE}:retry")
    return await client.call("ZCOUNT", retry, "-inf", now) == 1


@pytest.mark.parametrize("error", [Unavailable("the model is away"), exceptions.ConnectionError()])
async def test_in_bad_times_all_go_back_and_no_attempt_counts(
    client: RedisClient, queue: ReliableQueue, error: Exception
) -> None:
    await add(client, 0, 1)
    with pytest.raises(type(error)):
        async with queue.reserve_many(10, timeout=1):
            raise error
    assert await client.peek_queue(QUEUE) == [0, 1]


async def test_cancelled_all_go_back_and_no_attempt_counts(
    client: RedisClient, queue: ReliableQueue
) -> None:
    await add(client, 0, 1)
    at_work = asyncio.Event()

    async def work() -> None:
        async with queue.reserve_many(10, timeout=1):
            at_work.set()
            await asyncio.sleep(60)

    working = asyncio.create_task(work())
    await at_work.wait()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    assert await client.peek_queue(QUEUE) == [0, 1]


async def test_after_the_lease_they_are_not_acknowledged_and_another_has_them(
    client: RedisClient, queue: ReliableQueue
) -> None:
    await add(client, 0, 1)
    async with ReliableQueue(client, QUEUE, lease=0.1) as dead:
        jobs = await dead.take_many(10, 1)
        dead._heart.cancel()
        await until(queue.return_lost)
        assert [(await queue.take(1)).data] == [0]
        assert not await dead.acknowledge_many(jobs)
    assert (await contents(client, QUEUE))["retrying"] == [1]


@pytest.mark.parametrize("count", [0, 1001, 2.0, True])
async def test_a_count_of_no_sense_is_refused(queue: ReliableQueue, count: int) -> None:
    with pytest.raises(ValueError, match="count must be 1 to 1,000 items"):
        await queue.take_many(count, 1)


async def test_no_jobs_cannot_be_acknowledged(queue: ReliableQueue) -> None:
    with pytest.raises(ValueError, match="the jobs of a take_many"):
        await queue.acknowledge_many([])


@pytest.mark.parametrize("lost", ["reserve_many", "acknowledge_many"])
async def test_when_an_answer_is_lost_each_item_is_handled_once(
    private_server: PrivateServer, lost: str
) -> None:
    with Proxy(private_server.url) as proxy:
        async with (
            RedisClient(proxy.url, backoff_base=0.01) as client,
            ReliableQueue(client, QUEUE) as queue,
        ):
            await add(client, *range(6))
            handled = []
            while len(handled) < 6:
                proxy.cut_next_reply(lost)
                async with queue.reserve_many(3, timeout=1) as jobs:
                    handled += [job.data for job in jobs]
            assert handled == [*range(6)]
            assert await queue_counts(client, QUEUE) == NOTHING
            assert proxy.lost == 2


async def test_cancelled_while_it_takes_it_loses_nothing(
    client: RedisClient, queue: ReliableQueue
) -> None:
    handled = []
    for number in range(100):
        taking = asyncio.create_task(queue.take_many(10, 1))
        pushing = asyncio.create_task(add(client, number, number + 1000))
        await asyncio.sleep(0.0001 * (number % 20))
        taking.cancel()
        await asyncio.gather(taking, pushing, return_exceptions=True)
    while jobs := await queue.take_many(7, 0.05):
        handled += [job.data for job in jobs]
        assert await queue.acknowledge_many(jobs)
    assert sorted(handled) == sorted([*range(100), *range(1000, 1100)])
