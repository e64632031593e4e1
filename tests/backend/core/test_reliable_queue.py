"""What the reliable queue promises, one promise a test, and what a review of it found."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import AsyncExitStack, suppress
from typing import Any

import pytest
from redis import exceptions
from tests.support import until

from backend.core.dead_letters import dead_letter
from backend.core.encoding import decode
from backend.core.redis import RedisClient
from backend.core.reliable_queue import Job, ReliableQueue, ServerClock, contents, queue_counts
from backend.core.unavailable import Unavailable
from course import failure_lab
from private_redis import PrivateServer

QUEUE = "detection_queue"
DETECTION = {"id": 1, "camera_id": "front_door"}


def queue_of(client: RedisClient, **options: Any) -> ReliableQueue:
    return ReliableQueue(client, QUEUE, **({"backoff_base": 0.01} | options))


async def take(queue: ReliableQueue) -> Job:
    job = await queue.take(2)
    assert job is not None
    return job


async def keys(client: RedisClient) -> list[str]:
    """The keys of this test that are left, without their namespace."""
    pattern = client.full_name("*")
    found = (await client.call("SCAN", 0, "MATCH", pattern, "COUNT", 100_000))[1]
    return sorted(key.decode().removeprefix(client.namespace) for key in found)


async def stop_the_heart(queue: ReliableQueue) -> None:
    """No more signs of life, and no more looking after others, but for what the test asks for."""
    assert queue._heart
    queue._heart.cancel()
    await asyncio.gather(queue._heart, return_exceptions=True)


async def die(queue: ReliableQueue) -> None:
    """End as a killed process does: without a goodbye. Its lease is over at once."""
    await stop_the_heart(queue)
    lease = queue._client.full_name(f"{QUEUE}:lease:{queue.consumer}")
    await queue._client.call("DEL", lease)


# ---- the plain way ----


async def test_a_handled_item_leaves_nothing_behind(client: RedisClient) -> None:
    await client.add_to_queue(QUEUE, DETECTION)
    async with queue_of(client) as queue, queue.reserve(timeout=1) as job:
        assert job
        assert job.data == DETECTION
        assert job.attempt == 1
        assert await client.get_queue_length(QUEUE) == 0
    assert await keys(client) == []


async def test_an_assertion_in_a_block_fails_the_test(
    client: RedisClient, failed_in_a_block: list[AssertionError]
) -> None:
    await client.add_to_queue(QUEUE, DETECTION)
    with pytest.raises(AssertionError, match="not so"):
        async with queue_of(client) as queue, queue.reserve(timeout=1):
            raise AssertionError("not so")
    assert failed_in_a_block.pop().args == ("not so",)


async def test_no_item_in_time_is_none(client: RedisClient) -> None:
    async with queue_of(client) as queue, queue.reserve(timeout=0.05) as job:
        assert job is None


async def test_an_item_that_comes_later_ends_the_wait(client: RedisClient) -> None:
    async with queue_of(client) as queue:
        waiting = asyncio.create_task(queue.take())
        await client.add_to_queue(QUEUE, DETECTION)
        assert (await waiting).data == DETECTION


async def test_items_come_in_the_order_in_which_they_were_added(client: RedisClient) -> None:
    for number in range(5):
        await client.add_to_queue(QUEUE, number)
    async with queue_of(client) as queue:
        for number in range(5):
            async with queue.reserve(1) as job:
                assert job
                assert job.data == number


async def test_a_failed_item_is_tried_again_and_then_goes_to_the_dead_letter_queue(
    client: RedisClient,
) -> None:
    await client.add_to_queue(QUEUE, DETECTION)
    attempts = []
    async with queue_of(client, max_attempts=3) as queue:
        for _ in range(3):
            async with queue.reserve(timeout=2) as job:
                assert job
                attempts.append(job.attempt)
                raise ValueError("no such image")
        async with queue.reserve(timeout=0.1) as job:
            assert job is None
    (entry,) = await client.peek_queue(f"dlq:{QUEUE}")
    assert attempts == [1, 2, 3]
    assert entry["original_job"] == DETECTION
    assert entry["error"] == "ValueError: no such image"
    assert entry["attempt_count"] == 3
    assert entry["queue_name"] == QUEUE
    assert entry["first_failed_at"] <= entry["last_failed_at"]
    assert await keys(client) == [f"dlq:{QUEUE}"]


async def test_a_failed_item_waits_before_it_is_tried_again(client: RedisClient) -> None:
    await client.add_to_queue(QUEUE, DETECTION)
    async with queue_of(client, backoff_base=30) as queue:
        await queue.fail(await take(queue), "not now")
        assert await queue.take(0.05) is None
        retry = client.full_name(f"{QUEUE}:retry")
        _, due = await client.call("ZRANGE", retry, 0, -1, "WITHSCORES")
        seconds, _ = await client.call("TIME")
        assert 20 < float(due) / 1000 - seconds < 40


async def test_a_retry_of_another_reaches_an_idle_consumer_two_seconds_late_at_the_most(
    client: RedisClient,
) -> None:
    async def next_attempt(queue: ReliableQueue) -> int | None:
        async with queue.reserve() as job:
            return job.attempt if job else None

    await client.add_to_queue(QUEUE, DETECTION)
    async with queue_of(client) as failing, queue_of(client) as idle:
        job = await take(failing)
        waiting = asyncio.create_task(next_attempt(idle))
        await until(lambda: idle._wait)
        began = time.monotonic()
        await failing.fail(job, "not now")
        assert await waiting == 2
        assert time.monotonic() - began < 2.9  # two seconds, and what a busy machine adds


async def test_the_wait_doubles_with_each_failure_up_to_the_cap(
    client: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.uniform", lambda least, most: (least + most) / 2)
    retry = client.full_name(f"{QUEUE}:retry")
    await client.add_to_queue(QUEUE, DETECTION)
    waits = []
    async with queue_of(client, backoff_base=100, backoff_cap=300, max_attempts=4) as queue:
        for _ in range(3):
            await queue.fail(await take(queue), "not now")
            member, due = await client.call("ZRANGE", retry, 0, -1, "WITHSCORES")
            seconds, _ = await client.call("TIME")
            waits.append(float(due) / 1000 - seconds)
            await client.call("ZADD", retry, 0, member)  # due at once
    assert waits == pytest.approx([100, 200, 300], abs=30)


async def test_an_item_may_fail_any_number_of_times(client: RedisClient) -> None:
    """After 1,024 attempts, the doubled wait was too much for a float."""
    member = b'{"token":"ab","attempt":5000,"first_failed_at":""}1'
    await client.call("ZADD", client.full_name(f"{QUEUE}:retry"), 1, member)
    async with queue_of(client, max_attempts=10**6, backoff_cap=0.01) as queue:
        await queue.fail(await take(queue), "not now")
        assert (await take(queue)).attempt == 5002


async def test_the_longest_wait_that_chance_can_give_is_waited_for(
    client: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.uniform", lambda least, most: most)
    await client.add_to_queue(QUEUE, DETECTION)
    async with queue_of(client, backoff_base=1000, backoff_cap=1000) as queue:
        await queue.fail(await take(queue), "not now")
        assert await queue.take(0.05) is None


async def test_a_cancelled_item_goes_back_at_once_and_the_attempt_does_not_count(
    client: RedisClient,
) -> None:
    await client.add_to_queue(QUEUE, 1)
    await client.add_to_queue(QUEUE, 2)
    async with queue_of(client) as queue:

        async def work() -> None:
            async with queue.reserve(1):
                at_work.set()
                await asyncio.Event().wait()

        at_work = asyncio.Event()
        working = asyncio.create_task(work())
        await at_work.wait()
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working
        job = await take(queue)
        assert (job.data, job.attempt) == (1, 1)


async def test_leaving_gives_back_what_is_in_hand(client: RedisClient) -> None:
    await client.add_to_queue(QUEUE, 1)
    async with queue_of(client) as queue:
        await take(queue)
    assert await client.peek_queue(QUEUE) == [1]


async def test_take_without_entering_is_an_error(client: RedisClient) -> None:
    with pytest.raises(RuntimeError, match="async with"):
        await queue_of(client).take(0.1)


# ---- consumers that die ----


async def test_what_a_dead_consumer_had_in_hand_goes_to_the_front_in_the_old_order(
    client: RedisClient,
) -> None:
    for number in range(4):
        await client.add_to_queue(QUEUE, number)
    dead = [queue_of(client, consumer=name) for name in ("c", "a", "b")]
    async with queue_of(client) as alive:
        await stop_the_heart(alive)
        for queue in dead:
            await queue.__aenter__()
            await take(queue)
            await asyncio.sleep(0.002)  # taken at different milliseconds
        for queue in dead:
            await die(queue)
        assert await alive.return_lost() == 3
        assert await alive.return_lost() == 0
        for number in range(4):
            async with alive.reserve(1) as job:
                assert job
                assert job.data == number


async def test_the_living_find_the_item_of_a_dead_consumer_by_themselves(
    client: RedisClient,
) -> None:
    await client.add_to_queue(QUEUE, DETECTION)
    dead = queue_of(client)
    async with queue_of(client, lease=0.3) as alive:
        await dead.__aenter__()
        await take(dead)
        await die(dead)
        assert (await take(alive)).data == DETECTION


async def test_a_restart_under_the_same_name_finds_the_item_at_once(client: RedisClient) -> None:
    await client.add_to_queue(QUEUE, DETECTION)
    first = queue_of(client, consumer="detector-1")
    await first.__aenter__()
    await take(first)
    await stop_the_heart(first)
    async with queue_of(client, consumer="detector-1") as second:
        job = await take(second)
        assert (job.data, job.attempt) == (DETECTION, 2)


async def test_an_item_that_kills_its_consumers_ends_in_the_dead_letter_queue(
    client: RedisClient,
) -> None:
    await client.add_to_queue(QUEUE, DETECTION)
    for _ in range(2):
        dies = queue_of(client, max_attempts=2)
        await dies.__aenter__()
        await take(dies)
        await die(dies)
        async with queue_of(client, max_attempts=2) as alive:
            await alive.return_lost()
    async with queue_of(client, max_attempts=2) as alive:
        assert await alive.take(0.05) is None
    (entry,) = await client.peek_queue(f"dlq:{QUEUE}")
    assert entry["original_job"] == DETECTION
    assert entry["attempt_count"] == 2


async def test_a_consumer_that_works_for_longer_than_its_lease_keeps_its_item(
    client: RedisClient,
) -> None:
    await client.add_to_queue(QUEUE, DETECTION)
    async with queue_of(client, lease=0.3) as slow, queue_of(client, lease=0.3) as other:
        job = await take(slow)
        assert await other.take(1.0) is None
        assert await slow.acknowledge(job)


async def test_a_sign_of_life_is_given_three_times_in_a_lease(
    client: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    sleep = asyncio.sleep

    async def note(seconds: float) -> None:
        pauses.append(seconds)
        await sleep(0.001)

    monkeypatch.setattr("backend.core.reliable_queue.asyncio.sleep", note)
    async with queue_of(client, lease=30):
        await until(lambda: 10 in pauses)


async def test_who_comes_back_after_its_lease_cannot_acknowledge_what_another_has(
    client: RedisClient, caplog: pytest.LogCaptureFixture
) -> None:
    await client.add_to_queue(QUEUE, DETECTION)
    async with queue_of(client, consumer="hung") as hung, queue_of(client) as other:
        async with hung.reserve(1):
            await die(hung)  # as good as dead: it hangs for longer than its lease
            await other.return_lost()
            job = await take(other)
        assert "its lease had run out" in caplog.text
        assert await other.acknowledge(job)


# ---- what a review found ----


async def test_equal_items_that_are_at_work_at_once_are_no_attempts_of_each_other(
    client: RedisClient,
) -> None:
    for _ in range(5):
        await client.add_to_queue(QUEUE, "motion")
    queues = [queue_of(client, max_attempts=3) for _ in range(5)]
    for queue in queues:
        await queue.__aenter__()
    jobs = [await take(queue) for queue in queues]
    assert [job.attempt for job in jobs] == [1] * 5
    for queue, job in zip(queues, jobs, strict=True):
        assert await queue.acknowledge(job)
        await queue.__aexit__(None, None, None)
    assert await keys(client) == []


async def test_equal_items_that_fail_are_each_kept(client: RedisClient) -> None:
    for _ in range(3):
        await client.add_to_queue(QUEUE, "motion")
    async with queue_of(client, backoff_base=30, max_attempts=9) as queue:
        for _ in range(3):
            await queue.fail(await take(queue), "no")
    stored = await contents(client, QUEUE)
    assert len(stored["retrying"]) == 3


async def test_an_acknowledgement_that_is_sent_again_says_the_same(client: RedisClient) -> None:
    await client.add_to_queue(QUEUE, 1)
    await client.add_to_queue(QUEUE, 2)
    async with queue_of(client) as queue:
        job = await take(queue)
        assert await queue.acknowledge(job)
        assert await queue.acknowledge(job)
        second = await take(queue)
        assert await queue.acknowledge(job)
        assert await queue.take(1) == second  # in hand still


async def test_an_acknowledgement_after_the_lease_leaves_no_lease_without_an_end(
    client: RedisClient,
) -> None:
    await client.add_to_queue(QUEUE, 1)
    async with queue_of(client, consumer="late") as queue:
        job = await take(queue)
        lease = client.full_name(f"{QUEUE}:lease:late")
        await client.call("DEL", lease)
        assert await queue.acknowledge(job)
        without_an_end = -1
        assert await client.call("PTTL", lease) != without_an_end


async def test_a_cancel_stays_a_cancel_when_the_server_is_away(
    private_server: PrivateServer, quick: RedisClient
) -> None:
    await quick.add_to_queue(QUEUE, DETECTION)

    async def work() -> None:
        async with queue_of(quick) as queue, queue.reserve(1) as job:
            assert job
            private_server.stop()
            await asyncio.Event().wait()

    working = asyncio.create_task(work())

    async def stopped() -> bool:
        return not private_server.running

    await until(stopped)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working


async def test_a_cancel_stays_a_cancel_when_a_key_is_somebody_elses(client: RedisClient) -> None:
    """Else who waits for the end of a stage would wait for ever."""
    await client.add_to_queue(QUEUE, DETECTION)
    queue, spoilt = queue_of(client), asyncio.Event()

    async def work() -> None:
        async with queue, queue.reserve(1) as job:
            assert job
            await client.set(QUEUE, "somebody else's")
            spoilt.set()
            await asyncio.Event().wait()

    working = asyncio.create_task(work())
    await spoilt.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    await client.delete(QUEUE)
    async with queue_of(client, consumer=queue.consumer) as heir:
        assert (await take(heir)).data == DETECTION


async def test_an_error_whose_text_is_no_utf_8_can_be_written_down(client: RedisClient) -> None:
    await client.add_to_queue(QUEUE, DETECTION)
    async with queue_of(client, max_attempts=1) as queue:
        await queue.fail(await take(queue), FileNotFoundError("/export/foscam/caf\udce9.jpg"))
    (entry,) = await client.peek_queue(f"dlq:{QUEUE}")
    assert entry["error"] == r"FileNotFoundError: /export/foscam/caf\udce9.jpg"


async def test_an_error_whose_text_cannot_be_read_is_a_failure_like_any_other(
    client: RedisClient,
) -> None:
    class Odd(Exception):
        def __str__(self) -> str:
            raise ZeroDivisionError

    await client.add_to_queue(QUEUE, DETECTION)
    async with queue_of(client, max_attempts=1) as queue, queue.reserve(1):
        raise Odd
    (entry,) = await client.peek_queue(f"dlq:{QUEUE}")
    assert entry["error"] == "Odd: (its text cannot be read)"


async def test_two_workers_on_one_object_is_an_error(client: RedisClient) -> None:
    await client.add_to_queue(QUEUE, 1)
    async with queue_of(client) as queue:
        async with queue.reserve(1):
            with pytest.raises(RuntimeError, match="one for each worker"):
                async with queue.reserve(1):
                    pass
        async with queue.reserve(0.01):
            pass


async def test_nothing_is_reserved_that_nobody_would_look_for(client: RedisClient) -> None:
    """The list of consumers is of the wrong type: then an item has to stay in the queue."""
    await client.add_to_queue(QUEUE, 1)
    async with queue_of(client) as queue:
        await client.set(f"{QUEUE}:consumers", "a string")
        with pytest.raises(exceptions.ResponseError, match="WRONGTYPE"):
            await queue.take(0.1)
        assert await client.peek_queue(QUEUE) == [1]
        await client.delete(f"{QUEUE}:consumers")
        assert (await take(queue)).data == 1


async def test_a_consumer_that_waits_outlives_a_restart_of_the_server(
    private_server: PrivateServer,
) -> None:
    async with (
        RedisClient(private_server.url, backoff_base=0.05, attempts=9) as client,
        queue_of(client) as queue,
    ):
        waiting = asyncio.create_task(queue.take())

        async def blocked() -> bool:
            return (await client.call("INFO", "clients"))["blocked_clients"] == 1

        await until(blocked)
        private_server.stop()
        private_server.start()
        async with RedisClient(private_server.url) as producer:
            await producer.add_to_queue(QUEUE, DETECTION)
        assert (await waiting).data == DETECTION


@pytest.mark.parametrize(
    "raw",
    [b"", b"null", b"0", b"not JSON", b"\xff\xfe", b"|", b'{"a": 1e999}', b'"\\ud800"', b"a|b|c"],
)
async def test_any_bytes_pass_through_retry_and_dead_letter_to_the_byte(
    client: RedisClient, raw: bytes
) -> None:
    await client.call("RPUSH", client.full_name(QUEUE), raw)
    async with queue_of(client, max_attempts=2) as queue:
        for attempt in (1, 2):
            job = await take(queue)
            assert (job.raw, job.attempt) == (raw, attempt)
            await queue.fail(job, "no")
    stored = await contents(client, QUEUE)
    assert stored["dead_lettered"] == [decode(raw)]


async def test_consumers_that_wait_do_not_take_an_item_out_of_the_queue(
    client: RedisClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    async with queue_of(client) as one, queue_of(client) as two:
        waiting = [asyncio.create_task(queue.take(2)) for queue in (one, two)]
        await client.add_to_queue(QUEUE, 1)
        await client.add_to_queue(QUEUE, 2)
        jobs = await asyncio.gather(*waiting)
        assert sorted(job.data for job in jobs if job) == [1, 2]


async def test_a_consumer_that_waited_is_given_the_first_of_several_that_come_at_once(
    quick: RedisClient,
) -> None:
    """What wakes it leaves the items in their order."""
    async with queue_of(quick) as queue:
        waiting = asyncio.create_task(queue.take(5))
        await failure_lab.somebody_waits(quick)
        await quick.call("RPUSH", QUEUE, "1", "2", "3")
        assert (await waiting or Job(None, 0, b"")).data == 1
        assert await quick.peek_queue(QUEUE) == [2, 3]


def test_json_of_any_depth_can_be_given_up() -> None:
    """Where Python's recursion ends, an item was given up for ever anew."""
    for depth in range(900, 1000):
        assert dead_letter(b"[" * depth + b"]" * depth, error="no")


async def test_the_counts_and_the_contents_say_the_same_of_every_place(
    client: RedisClient,
) -> None:
    for number in range(6):
        await client.add_to_queue(QUEUE, number)
    async with (
        queue_of(client, max_attempts=1) as gives_up,
        queue_of(client, backoff_base=60) as fails,
        queue_of(client) as works,
    ):
        await gives_up.fail(await take(gives_up), "broken")
        await fails.fail(await take(fails), "not now")
        for queue in (works, gives_up, fails):
            await take(queue)
        there = await contents(client, QUEUE)
        there["in_hand"].sort()
        assert there == {
            "waiting": [5],
            "in_hand": [2, 3, 4],
            "retrying": [1],
            "dead_lettered": [0],
        }
        assert await queue_counts(client, QUEUE) == {"pending": 2, "processing": 3, "dead": 1}


async def test_a_queue_can_be_counted_when_the_memory_is_full(quick: RedisClient) -> None:
    await quick.add_to_queue(QUEUE, 1)
    await quick.call("CONFIG", "SET", "maxmemory", 1)
    assert await queue_counts(quick, QUEUE) == {"pending": 1, "processing": 0, "dead": 0}
    assert (await contents(quick, QUEUE))["waiting"] == [1]


async def test_a_consumer_works_on_and_makes_room_when_the_memory_is_full(
    quick: RedisClient, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(4):
        await quick.add_to_queue(QUEUE, number)
    await quick.call("CONFIG", "SET", "maxmemory", 1)
    async with queue_of(quick) as dead:
        await take(dead)
        await die(dead)
        async with queue_of(quick, max_attempts=1, lease=30) as alive:
            assert await alive.acknowledge(await take(alive))
            await alive.fail(await take(alive), "broken")
            await alive.give_back(await take(alive))
            assert await alive.return_lost() == 1
            await take(alive)
    assert await contents(quick, QUEUE) == {
        "waiting": [3],
        "in_hand": [],
        "retrying": [],
        "dead_lettered": [2, 0],
    }
    assert "No sign of life" not in caplog.text


async def test_what_a_dead_consumer_leaves_when_the_memory_is_full_is_no_missed_sign_of_life(
    quick: RedisClient, caplog: pytest.LogCaptureFixture
) -> None:
    """The wait that a sign of life would end is over: it was refused."""
    await quick.add_to_queue(QUEUE, DETECTION)
    dead = await queue_of(quick).__aenter__()
    await take(dead)
    await quick.call("CONFIG", "SET", "maxmemory", 1)
    async with queue_of(quick, lease=0.6) as alive:
        taking = asyncio.create_task(take(alive))
        await until(lambda: alive._wait)
        await die(dead)
        assert (await taking).data == DETECTION
    assert "No sign of life" not in caplog.text


# ---- whose fault it is ----


@pytest.mark.parametrize("end", [SystemExit(1), asyncio.CancelledError()], ids=["exit", "cancel"])
async def test_work_that_ends_the_program_or_cancels_itself_is_counted(
    client: RedisClient, end: BaseException
) -> None:
    await client.add_to_queue(QUEUE, "poison")
    await client.add_to_queue(QUEUE, "good")
    for attempt in (1, 2):
        with suppress(SystemExit):
            async with queue_of(client, max_attempts=2) as queue, queue.reserve(2) as job:
                assert job
                assert (job.data, job.attempt) == ("poison", attempt)
                raise end
        await until(lambda: is_due(client))
    assert [entry["original_job"] for entry in await client.peek_queue(f"dlq:{QUEUE}")] == [
        "poison"
    ]
    async with queue_of(client) as queue, queue.reserve(1) as job:
        assert job
        assert job.data == "good"


async def is_due(client: RedisClient) -> bool:
    """Whether nothing waits for a retry that is still to come."""
    seconds, micro = await client.call("TIME")
    name = client.full_name(f"{QUEUE}:retry")
    return not await client.call("ZCOUNT", name, 1000 * seconds + micro / 1000, "+inf")


@pytest.mark.parametrize(
    "error",
    [
        Unavailable("the model is away"),
        ConnectionRefusedError("the model is away"),
        exceptions.OutOfMemoryError("OOM command not allowed"),
        exceptions.ReadOnlyError("READONLY You can't write against a read only replica."),
        exceptions.ResponseError("NOREPLICAS Not enough good replicas to write."),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_when_what_the_work_needs_is_away_no_attempt_is_counted(
    client: RedisClient, error: Exception
) -> None:
    await client.add_to_queue(QUEUE, 1)
    async with queue_of(client, max_attempts=2) as queue:
        for _ in range(5):
            attempts = []
            with suppress(type(error)):
                async with queue.reserve(1) as job:
                    assert job
                    attempts.append(job.attempt)
                    raise error
                pytest.fail("whoever works has to hear that something is away")
            assert attempts == [1]
    assert await client.peek_queue(QUEUE) == [1]
    assert await client.get_queue_length(f"dlq:{QUEUE}") == 0


async def test_leaving_with_an_error_counts_the_attempt_on_what_is_in_hand(
    client: RedisClient,
) -> None:
    """Step by step, too, an item that ends its program again and again ends as a dead letter."""
    await client.add_to_queue(QUEUE, 1)
    for _ in range(3):
        with suppress(SystemExit):
            async with queue_of(client, max_attempts=2) as queue:
                if await queue.take(0.1):
                    raise SystemExit
    assert await client.get_queue_length(f"dlq:{QUEUE}") == 1


# ---- a reservation has a token ----


async def test_a_late_acknowledgement_of_an_equal_item_removes_nothing(client: RedisClient) -> None:
    for _ in range(2):
        await client.add_to_queue(QUEUE, "motion")
    async with queue_of(client, consumer="dies") as queue, queue_of(client) as other:
        first = await take(queue)
        await queue.acknowledge(first)
        second = await take(queue)
        await queue.acknowledge(first)  # on its way for long, it arrives now
        await die(queue)
        assert await other.return_lost() == 1
        assert (await take(other)).raw == second.raw


async def test_attempts_are_not_inherited_by_an_equal_item_and_leave_nothing(
    client: RedisClient,
) -> None:
    await client.add_to_queue(QUEUE, "motion")
    async with queue_of(client, backoff_base=60) as queue:
        await queue.fail(await take(queue), "no")
        await client.delete(f"{QUEUE}:retry")
        await client.add_to_queue(QUEUE, "motion")
        job = await take(queue)
        assert job.attempt == 1
        await queue.acknowledge(job)
    assert await keys(client) == []


async def test_what_was_handled_after_the_lease_is_not_handled_again_if_nobody_has_it(
    client: RedisClient,
) -> None:
    await client.add_to_queue(QUEUE, 1)
    async with queue_of(client, consumer="blocked") as blocked, queue_of(client) as other:
        job = await take(blocked)
        await die(blocked)  # its event loop is blocked for longer than its lease
        assert await other.return_lost() == 1
        assert await blocked.acknowledge(job)
        assert await other.take(0.05) is None


async def test_the_item_in_hand_is_what_a_processing_list_shows_first(client: RedisClient) -> None:
    await client.add_to_queue(QUEUE, DETECTION)
    async with queue_of(client, consumer="detector-1") as queue:
        job = await take(queue)
        item, reservation = await client.peek_queue(f"{QUEUE}:processing:detector-1")
        assert item == DETECTION
        assert reservation == {"token": job.token, "attempt": 1, "first_failed_at": ""}


async def test_a_push_wakes_one_consumer_however_many_wait(private_server: PrivateServer) -> None:
    async with RedisClient(private_server.url) as client, AsyncExitStack() as stack:
        # A long lease: so no sign of life is given meanwhile.
        queues = [await stack.enter_async_context(queue_of(client, lease=600)) for _ in range(40)]
        waiting = [asyncio.create_task(queue.take()) for queue in queues]

        async def all_wait() -> bool:
            return (await client.call("INFO", "clients"))["blocked_clients"] == len(queues)

        async def commands() -> int:
            return sum(
                each["calls"]
                for name, each in (await client.call("INFO", "commandstats")).items()
                if name not in ("cmdstat_info", "cmdstat_ping")
            )

        async def push_and_handle() -> None:
            await until(all_wait, within=20)
            await client.add_to_queue(QUEUE, 1)
            (taken,), _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            place = waiting.index(taken)
            await queues[place].acknowledge(taken.result())
            waiting[place] = asyncio.create_task(queues[place].take())
            await until(all_wait)

        try:
            await push_and_handle()  # after this, the server knows every script
            before = await commands()
            await push_and_handle()
            assert await commands() - before <= 12
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)


async def test_an_item_that_comes_when_the_wait_was_cancelled_goes_back(
    client: RedisClient,
) -> None:
    async with queue_of(client, consumer="gone", lease=0.15) as queue:
        assert await queue.take(0.01) is None
        # The server had moved it, and nobody was there any more to hear of it.
        await client.add_to_queue(f"{QUEUE}:processing:gone", DETECTION)

        async def is_back() -> bool:
            return await client.peek_queue(QUEUE) == [DETECTION]

        await until(is_back)


async def test_what_a_given_up_wait_brings_when_its_consumer_has_left_is_found(
    client: RedisClient,
) -> None:
    gone = queue_of(client, consumer="gone", lease=0.3)

    async def work() -> None:
        async with gone:
            await gone.take()

    working = asyncio.create_task(work())
    await until(lambda: gone._wait)
    working.cancel()
    await asyncio.wait([working])
    # The server heard late that the connection had ended, and had moved an item meanwhile.
    await client.add_to_queue(f"{QUEUE}:processing:gone", DETECTION)
    async with queue_of(client) as other:

        async def is_found() -> bool:
            return await other.return_lost() == 1

        await until(is_found)
        assert await other.acknowledge(await take(other))
    assert await keys(client) == []


async def test_who_leaves_when_its_waits_are_answered_leaves_nothing_behind(
    client: RedisClient,
) -> None:
    async with queue_of(client) as queue:
        assert await queue.take(0.05) is None
    assert await keys(client) == []


async def test_a_consumer_that_was_counted_as_dead_and_waits_again_is_looked_for(
    client: RedisClient,
) -> None:
    async with queue_of(client, consumer="hung", lease=600) as hung, queue_of(client) as other:
        await stop_the_heart(hung)
        await client.call("DEL", client.full_name(f"{QUEUE}:lease:hung"))
        await other.return_lost()  # it hung for longer than its lease, with nothing in hand
        assert await hung.take(0.05) is None
        await client.add_to_queue(f"{QUEUE}:processing:hung", DETECTION)  # comes, and it is killed
        assert await other.return_lost() == 1
        assert (await take(other)).data == DETECTION


async def test_a_consumer_that_hangs_and_is_counted_as_dead_no_longer_waits(
    client: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else its wait brings an item into a list where nobody looks, and it is killed."""

    async def hang(*_: Any, **__: Any) -> None:
        await asyncio.Event().wait()

    async with (
        RedisClient(client.redis_url, namespace=client.namespace) as its_own,
        queue_of(client) as other,
    ):
        hung = await queue_of(its_own, consumer="hung", lease=1.2).__aenter__()
        waiting = asyncio.create_task(hung.take())
        await until(lambda: hung._wait)
        await stop_the_heart(hung)
        monkeypatch.setattr(its_own, "call", hang)  # all but the wait that has begun

        async def is_counted_as_dead() -> bool:
            await other.return_lost()
            consumers = client.full_name(f"{QUEUE}:consumers")
            return await client.call("ZSCORE", consumers, "hung") is None

        await until(is_counted_as_dead)
        await client.add_to_queue(QUEUE, DETECTION)
        job = await other.take(1)
        waiting.cancel()
        await asyncio.wait([waiting])
        assert job
        assert job.data == DETECTION


async def test_an_item_that_came_while_its_consumer_waited_is_at_its_first_attempt(
    client: RedisClient,
) -> None:
    async with queue_of(client, consumer="asks-again") as queue:
        await stop_the_heart(queue)  # which would put it back
        await client.add_to_queue(f"{QUEUE}:processing:asks-again", DETECTION)
        job = await take(queue)
        assert (job.data, job.attempt) == (DETECTION, 1)


async def test_an_item_that_came_to_a_consumer_counted_as_dead_is_handed_out_once(
    client: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is moved to the slow consumer, and before that can reserve it, another one has it."""
    call, jobs = client.call, []

    async def another_is_quicker(command: str, *arguments: Any, **options: Any) -> Any:
        if command == "BLMOVE" and not jobs:
            await client.add_to_queue(QUEUE, DETECTION)
            moved = await call(command, *arguments, **options)
            assert await quick.return_lost() == 1
            jobs.append(await take(quick))
            return moved
        return await call(command, *arguments, **options)

    async with queue_of(client, consumer="slow") as slow, queue_of(client) as quick:
        await die(slow)
        monkeypatch.setattr(client, "call", another_is_quicker)
        assert await slow.take(0.1) is None
        assert [job.data for job in jobs] == [DETECTION]


@pytest.mark.parametrize("end", ["acknowledge", "fail", "give_back", "die"])
async def test_an_item_that_a_wait_of_long_ago_brings_is_not_lost(
    client: RedisClient, end: str
) -> None:
    """The server served a connection that its consumer had given up: another item is in hand."""
    async with queue_of(client, consumer="one") as one, queue_of(client) as other:
        await client.add_to_queue(QUEUE, "ours")
        job = await take(one)
        await client.add_to_queue(f"{QUEUE}:processing:one", "stray")
        assert sorted((await contents(client, QUEUE))["in_hand"]) == ["ours", "stray"]
        if end == "die":
            await die(one)
            await other.return_lost()
        elif end == "fail":
            await one.fail(job, "no")
        else:
            await getattr(one, end)(job)
        left = {"stray"} if end == "acknowledge" else {"ours", "stray"}
        for _ in left:
            async with (other if end == "die" else one).reserve(1) as again:
                assert again
                left = left - {again.data}
        assert left == set()
    assert await keys(client) == []


async def test_two_items_that_came_to_one_consumer_at_once_are_both_handled(
    client: RedisClient,
) -> None:
    async with queue_of(client, consumer="one") as queue:
        for item in ("first", "second"):
            await client.add_to_queue(f"{QUEUE}:processing:one", item)
        for item in ("first", "second"):
            async with queue.reserve(1) as job:
                assert job
                assert job.data == item


# ---- time ----


async def test_nothing_waits_for_longer_than_the_longest_wait(client: RedisClient) -> None:
    """An hour ahead is where a retry stands when the server's clock was put back by an hour."""
    await client.add_to_queue(QUEUE, 1)
    async with queue_of(client, backoff_cap=30) as queue:
        await queue.fail(await take(queue), "no")
        retry = client.full_name(f"{QUEUE}:retry")
        ((member, due),) = pairs(await client.call("ZRANGE", retry, 0, -1, "WITHSCORES"))
        await client.call("ZADD", retry, float(due) + 3_600_000, member)
        assert (await take(queue)).attempt == 2


def pairs(answer: list[Any]) -> list[tuple[Any, Any]]:
    return list(zip(answer[::2], answer[1::2], strict=True))


async def test_no_lease_lasts_for_longer_than_a_lease(client: RedisClient) -> None:
    """So when the server's clock was put back, a dead consumer's item does not wait for hours."""
    await client.add_to_queue(QUEUE, 1)
    dead = queue_of(client, consumer="dead", lease=0.1)
    async with queue_of(client) as alive:
        await dead.__aenter__()
        await take(dead)
        await stop_the_heart(dead)
        await client.call("PEXPIRE", client.full_name(f"{QUEUE}:lease:dead"), 3_600_000)

        async def is_found() -> bool:
            return await alive.return_lost() == 1

        await until(is_found)


def test_the_dead_are_not_believed_dead_after_the_servers_clock_was_put_ahead() -> None:
    clock = ServerClock(lease=30)
    assert not clock.tells_the_dead(1000, 0)  # nothing to compare with
    assert clock.tells_the_dead(1010, 10)
    assert not clock.tells_the_dead(1080, 20)  # a minute ahead at once
    assert not clock.tells_the_dead(1105, 45)  # the living get a lease's time
    assert clock.tells_the_dead(1110, 50)
    assert clock.tells_the_dead(500, 60)  # put back: leases end late, which does no harm


# ---- signs of life ----


async def test_the_heart_goes_on_after_the_client_was_disconnected_for_a_while(
    client: RedisClient,
) -> None:
    await client.add_to_queue(QUEUE, 1)
    async with queue_of(client, lease=0.3, consumer="back") as queue:
        await take(queue)
        await client.disconnect()
        await asyncio.sleep(0.15)  # simulated: a beat falls into the time without a connection
        await client.connect()
        lease = client.full_name(f"{QUEUE}:lease:back")
        await client.call("DEL", lease)

        async def beats() -> bool:
            return await client.call("EXISTS", lease) == 1

        await until(beats)


async def test_a_blocked_event_loop_is_said(
    client: RedisClient, caplog: pytest.LogCaptureFixture
) -> None:
    async with queue_of(client, lease=0.1):
        await asyncio.sleep(0.02)
        time.sleep(0.3)  # noqa: ASYNC251 - work that blocks the loop for longer than the lease

        async def is_said() -> bool:
            return "the event loop was blocked" in caplog.text

        await until(is_said)


# ---- what others have written ----


@pytest.mark.parametrize("foreign", [b"", b"x", b"a|b", b"{}", b'{"token":"zz"}', b"\xff"])
async def test_a_foreign_member_of_retry_counts_as_an_item(
    client: RedisClient, foreign: bytes
) -> None:
    await client.call("ZADD", client.full_name(f"{QUEUE}:retry"), 1, foreign)
    await client.add_to_queue(QUEUE, "ours")
    async with queue_of(client) as queue:
        job = await take(queue)
        assert (job.raw, job.attempt) == (foreign, 1)
        await queue.acknowledge(job)
        assert (await take(queue)).data == "ours"


@pytest.mark.parametrize(
    "option",
    [{"lease": 0.0004}, {"lease": float("inf")}, {"max_attempts": 2.5}, {"backoff_base": -1}],
    ids=str,
)
async def test_options_that_make_no_sense_are_refused(
    client: RedisClient, option: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="must be"):
        queue_of(client, **option)


# ---- values of others under the queue's keys ----


async def lose_an_item(client: RedisClient) -> None:
    """Let a consumer die with an item in hand."""
    await client.add_to_queue(QUEUE, DETECTION)
    dying = await queue_of(client).__aenter__()
    await take(dying)
    await die(dying)


async def test_a_foreign_value_where_the_search_is_noted_does_not_end_the_search(
    client: RedisClient,
) -> None:
    await lose_an_item(client)
    await client.set(f"{QUEUE}:swept", "for ever")
    async with queue_of(client, lease=0.3) as queue:
        assert (await take(queue)).data == DETECTION


@pytest.mark.parametrize("end", ["processing", "lease"])
async def test_a_foreign_value_of_one_consumer_hides_no_item_of_another(
    client: RedisClient, end: str
) -> None:
    await lose_an_item(client)
    await client.call("ZADD", client.full_name(f"{QUEUE}:consumers"), 1, "nobody")
    key = client.full_name(f"{QUEUE}:{end}:nobody")
    await client.call("HSET", key, "a", "b")
    await client.call("PEXPIRE", key, 3_600_000)
    assert (await queue_counts(client, QUEUE))["processing"] == 1
    assert len((await contents(client, QUEUE))["in_hand"]) == 1
    async with queue_of(client) as queue:
        assert await queue.return_lost() == 1
        assert (await take(queue)).data == DETECTION
    assert await client.call("TYPE", key) == b"hash"


@pytest.mark.parametrize(
    "reservation",
    [
        b'{"token":"ab","attempt":%s,"first_failed_at":""}' % (30 * b"9"),
        b'{"token":"ab","attempt":1,"first_failed_at":"\x01"}',
        b'{"token":"ab","attempt":1,"first_failed_at":"\xff"}',
    ],
)
async def test_what_is_nearly_a_reservation_is_an_item_like_any_other(
    client: RedisClient, reservation: bytes
) -> None:
    member = reservation + b"x"
    await client.call("ZADD", client.full_name(f"{QUEUE}:retry"), 1, member)
    async with queue_of(client) as queue:
        job = await take(queue)
        assert (job.raw, job.attempt) == (member, 1)
        assert await queue.acknowledge(job)
    assert await keys(client) == []


async def test_an_answer_of_no_sense_is_an_error_of_redis_and_the_heart_goes_on(
    client: RedisClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with queue_of(client, lease=0.06) as queue:

        async def babble(*arguments: Any, **options: Any) -> Any:
            return b"OK"

        monkeypatch.setattr(client, "run", babble)
        with pytest.raises(exceptions.InvalidResponse, match="no answer to a reservation: b'OK'"):
            await queue.take(1)
        await until(lambda: "No sign of life" in caplog.text)
        monkeypatch.undo()
        await client.add_to_queue(QUEUE, DETECTION)
        job = await take(queue)
        await asyncio.sleep(0.2)  # simulated: work for longer than a lease
        assert await queue.acknowledge(job)
