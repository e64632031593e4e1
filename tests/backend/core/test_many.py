"""Calls that handle many at once: as one by one, in one round trip, and all or none."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from itertools import chain
from typing import Any

import pytest
import redis.asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import exceptions
from tests.support import until

from backend.core.encoding import MAX_ITEM
from backend.core.redis import MAX_MANY, RedisClient

# ---- adding many ----


async def test_many_are_added_in_order_behind_what_is_there(client: RedisClient) -> None:
    await client.add_to_queue("q", "first")
    assert await client.add_many_to_queue("q", ["123", {"a": [None]}, 1.5]) == 4
    assert await client.peek_queue("q") == ["first", "123", {"a": [None]}, 1.5]


async def test_many_may_come_from_a_generator_and_be_as_many_as_is_said(
    client: RedisClient,
) -> None:
    assert await client.add_many_to_queue("q", (n for n in range(MAX_MANY))) == MAX_MANY


async def test_to_add_none_changes_nothing_and_returns_the_length(client: RedisClient) -> None:
    await client.add_to_queue("q", 1)
    assert await client.add_many_to_queue("q", []) == 1


async def test_one_that_json_cannot_hold_is_named_and_none_is_added(client: RedisClient) -> None:
    with pytest.raises(TypeError, match=r"at 2: value\['image'\] is a bytes"):
        await client.add_many_to_queue("q", [1, 2, {"image": b"jpeg"}, 4])
    assert await client.get_queue_length("q") == 0


@pytest.mark.parametrize("one", [{"camera_id": "front_door"}, "front_door", b"front_door"])
async def test_one_item_is_not_taken_for_many(client: RedisClient, one: Any) -> None:
    with pytest.raises(TypeError, match="takes many, as a list"):
        await client.add_many_to_queue("q", one)
    assert await client.get_queue_length("q") == 0


async def test_too_many_are_refused_and_none_is_added(client: RedisClient) -> None:
    with pytest.raises(ValueError, match="one call takes 10,000 at the most, not 10,001"):
        await client.add_many_to_queue("q", range(MAX_MANY + 1))
    assert await client.get_queue_length("q") == 0


async def test_those_that_are_too_large_together_are_refused(client: RedisClient) -> None:
    half = "x" * (MAX_ITEM // 2)
    with pytest.raises(ValueError, match="together they have 16,000,004 bytes"):
        await client.add_many_to_queue("q", [half, half])
    assert await client.get_queue_length("q") == 0


# ---- taking many ----


async def test_taking_many_takes_the_first_ones_and_leaves_the_others(client: RedisClient) -> None:
    await client.add_many_to_queue("q", range(5))
    assert await client.get_many_from_queue("q", 3, timeout=1) == [0, 1, 2]
    assert await client.get_many_from_queue("q", 3, timeout=1) == [3, 4]
    assert await client.exists("q") == 0


async def test_taking_many_waits_for_the_first_and_then_takes_what_is_there(
    quick: RedisClient, admin: redis.asyncio.Redis
) -> None:
    taking = asyncio.create_task(quick.get_many_from_queue("q", 10, timeout=30))
    await until(lambda: blocked(admin, 1))
    await quick.add_many_to_queue("q", [1, 2, 3])
    assert await taking == [1, 2, 3]


async def test_a_vain_wait_for_many_ends_with_none_of_them(client: RedisClient) -> None:
    began = asyncio.get_running_loop().time()
    assert await client.get_many_from_queue("q", 10, timeout=0.2) == []
    assert 0.19 <= asyncio.get_running_loop().time() - began < 2


async def test_taking_many_without_a_timeout_waits_on_beyond_the_longest_block(
    quick: RedisClient, admin: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.core.redis.LONGEST_BLOCK", 0.1)
    taking = asyncio.create_task(quick.get_many_from_queue("q", 10))

    async def has_waited_three_times() -> bool:
        statistics = (await admin.info("commandstats")).get("cmdstat_blmove", {"calls": 0})
        return statistics["calls"] >= 3

    await until(has_waited_three_times)
    await quick.add_to_queue("q", "at last")
    assert await taking == ["at last"]


async def test_who_waits_for_many_and_is_cancelled_takes_nothing(
    quick: RedisClient, admin: redis.asyncio.Redis
) -> None:
    taking = asyncio.create_task(quick.get_many_from_queue("q", 10))
    await until(lambda: blocked(admin, 1))
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
    await quick.add_to_queue("q", "next")
    assert await quick.peek_queue("q") == ["next"]


async def test_cancelled_at_any_moment_many_lose_nothing_and_stay_in_order(
    client: RedisClient,
) -> None:
    """A consumer with deadlines that are too short; and what it was not given is still there."""
    chance = random.Random(1)
    handed_over: list[int] = []
    cancelled = 0
    await client.add_many_to_queue("q", range(600))
    takes = 0.004  # seconds, as long as we do not know better
    while await client.get_queue_length("q"):
        began = time.monotonic()
        try:
            # Without a deadline now and then: on a busy machine, all others may be too short.
            async with asyncio.timeout(chance.choice([None, chance.uniform(0, takes)])):
                handed_over += await client.get_many_from_queue("q", 3, timeout=1)
            takes = time.monotonic() - began
        except TimeoutError:
            cancelled += 1
    assert cancelled > 5
    assert handed_over == list(range(600))


async def test_cancelled_when_the_memory_is_full_by_then_many_lose_nothing(
    quick: RedisClient, admin: redis.asyncio.Redis
) -> None:
    await quick.add_many_to_queue("q", range(20))
    call = quick.call

    async def full_after_the_take(*command: Any, **options: Any) -> Any:
        reply = await call(*command, **options)
        if command[0] == "LPOP":
            await admin.config_set("maxmemory", 1)
            taking.cancel()
            await asyncio.sleep(0)  # here the cancellation arrives
        return reply

    quick.call = full_after_the_take  # type: ignore[method-assign]
    taking = asyncio.create_task(quick.get_many_from_queue("q", 5, timeout=1))
    await asyncio.gather(taking, return_exceptions=True)
    assert taking.cancelled()
    assert await quick.peek_queue("q") == list(range(20))


async def test_full_memory_is_waited_for_and_what_is_there_is_taken(
    quick: RedisClient, admin: redis.asyncio.Redis
) -> None:
    await quick.add_to_queue("q", 1)
    await admin.config_set("maxmemory", 1)
    assert await quick.get_many_from_queue("q", 10, timeout=1) == [1]
    assert await quick.get_many_from_queue("q", 10, timeout=0.2) == []


@pytest.mark.parametrize("count", [0, -1, 1.0, True, MAX_MANY + 1])
async def test_a_count_that_makes_no_sense_is_refused(client: RedisClient, count: Any) -> None:
    with pytest.raises(ValueError, match="count must be a whole number from 1 to 10,000"):
        await client.get_many_from_queue("q", count)


@pytest.mark.parametrize("timeout", [-1, float("nan")])
async def test_a_timeout_that_is_no_time_to_wait_is_refused(
    client: RedisClient, timeout: float
) -> None:
    with pytest.raises(ValueError, match="timeout must be"):
        await client.get_many_from_queue("q", 1, timeout)


async def test_consumers_who_take_many_share_the_items(client: RedisClient) -> None:
    async def consume() -> list[int]:
        taken: list[int] = []
        while items := await client.get_many_from_queue("q", 7, timeout=0.3):
            taken += items
        return taken

    consumers = [asyncio.create_task(consume()) for _ in range(4)]
    for start in range(0, 200, 20):
        await client.add_many_to_queue("q", range(start, start + 20))
    shares = await asyncio.gather(*consumers)
    assert sorted(chain.from_iterable(shares)) == list(range(200))


# ---- many values ----


async def test_many_values_come_back_as_themselves(client: RedisClient) -> None:
    values = {"a": "123", "b": {"deep": [1.5, None]}, "c": None, "d": True}
    assert await client.set_many(values) is True
    assert await client.get_many(list(values)) == values


async def test_what_is_absent_is_left_out_and_null_is_not(client: RedisClient) -> None:
    await client.set("there", None)
    await client.add_to_queue("queue", 1)
    assert await client.get_many(["absent", "there", "queue", "there"]) == {"there": None}


async def test_no_keys_at_all_are_no_error(client: RedisClient) -> None:
    assert await client.get_many([]) == {}
    assert await client.set_many({}) is True


async def test_many_values_expire_together(
    client: RedisClient, other_program: redis.asyncio.Redis
) -> None:
    await client.set_many({"a": 1, "b": 2}, expire=300)
    for key in "ab":
        assert 299_000 < await other_program.pttl(client.full_name(key)) <= 300_000


async def test_many_values_without_expire_stay_for_good(
    client: RedisClient, other_program: redis.asyncio.Redis
) -> None:
    await client.set("a", 1, expire=300)
    await client.set_many({"a": 2})
    assert await other_program.pttl(client.full_name("a")) == -1


async def test_one_value_that_json_cannot_hold_is_named_and_none_is_stored(
    client: RedisClient,
) -> None:
    with pytest.raises(TypeError, match=r"at 'b': value is a set"):
        await client.set_many({"a": 1, "b": {1}})
    assert await client.exists("a") == 0


async def test_full_memory_refuses_all_of_the_values(
    quick: RedisClient, admin: redis.asyncio.Redis
) -> None:
    await admin.config_set("maxmemory", 1)
    with pytest.raises(exceptions.OutOfMemoryError):
        await quick.set_many({"a": 1, "b": 2})
    assert await quick.exists("a", "b") == 0


@pytest.mark.parametrize("expire", [0, -1, 1.5, True])
async def test_many_values_need_whole_seconds_too(client: RedisClient, expire: Any) -> None:
    with pytest.raises(ValueError, match="whole seconds"):
        await client.set_many({"a": 1}, expire=expire)


async def test_one_key_is_not_taken_for_many(client: RedisClient) -> None:
    with pytest.raises(TypeError, match="takes many, as a list"):
        await client.get_many("status")


async def test_too_many_keys_are_refused(client: RedisClient) -> None:
    with pytest.raises(ValueError, match="one call takes 10,000"):
        await client.get_many(str(n) for n in range(MAX_MANY + 1))


async def test_as_many_values_as_is_said_are_stored_and_found(client: RedisClient) -> None:
    values = {str(n): n for n in range(MAX_MANY)}
    await client.set_many(values, expire=60)
    assert await client.get_many(list(values)) == values


async def test_two_namespaces_do_not_see_each_others_many(
    client: RedisClient, redis_url: str, namespace: str
) -> None:
    async with RedisClient(redis_url, namespace=f"{namespace}other:") as other:
        await client.set_many({"k": "ours"})
        await client.add_many_to_queue("q", ["ours"])
        assert await other.get_many(["k"]) == {}
        assert await other.get_many_from_queue("q", 1, timeout=0.01) == []


async def test_what_another_program_wrote_is_among_many_values(
    client: RedisClient, other_program: redis.asyncio.Redis
) -> None:
    await other_program.mset({client.full_name("empty"): "", client.full_name("bytes"): b"\xff"})
    assert await client.get_many(["empty", "bytes"]) == {"empty": "", "bytes": b"\xff"}


# ---- the law: many are as good as one by one ----

items = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@given(added=st.lists(items, max_size=12), takes=st.lists(st.integers(1, 6), max_size=5))
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example clears the queue
)
def test_taking_many_splits_what_was_added_and_changes_nothing_in_it(
    added: list[Any], takes: list[int], redis_url: str, namespace: str, loop: asyncio.Runner
) -> None:
    async def play() -> None:
        left = list(added)
        async with RedisClient(redis_url, namespace=namespace) as client:
            await client.clear_queue("law")
            assert await client.add_many_to_queue("law", added) == len(added)
            for count in takes:
                if left:  # a vain wait has its own test
                    assert await client.get_many_from_queue("law", count, timeout=1) == left[:count]
                    del left[:count]
            assert await client.peek_queue("law") == left

    loop.run(play())


async def blocked(admin: redis.asyncio.Redis, count: int) -> bool:
    return (await admin.info("clients"))["blocked_clients"] == count
