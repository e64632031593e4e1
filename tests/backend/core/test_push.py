"""add_to_queue_safe, get_queue_pressure: what fits, what makes room, what comes once."""

from __future__ import annotations

import asyncio
import json
from itertools import chain
from typing import Any

import pytest
import redis.asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import exceptions
from tests.support import until

from backend.core.dead_letters import item_of
from backend.core.push import (
    QueueAddResult,
    QueuePressure,
    add_to_queue_safe,
    get_queue_pressure,
)
from backend.core.redis import RedisClient
from course.failure_lab.connection import Proxy
from private_redis import PrivateServer

POLICIES = ["reject", "dlq", "drop_oldest"]
OVERFLOW = "dlq:overflow:q"


async def fill(client: RedisClient, items: list[Any]) -> None:
    for item in items:
        await client.add_to_queue("q", item)


# ---- what each policy does ----


@pytest.mark.parametrize("policy", POLICIES)
async def test_below_the_limit_every_policy_adds_at_the_end(
    client: RedisClient, policy: Any
) -> None:
    await fill(client, [1, 2])
    result = await add_to_queue_safe(client, "q", 3, max_size=10, overflow_policy=policy)
    assert result == QueueAddResult(success=True, queue_length=3)
    assert await client.peek_queue("q") == [1, 2, 3]


@pytest.mark.parametrize("policy", POLICIES)
async def test_the_last_free_place_is_used(client: RedisClient, policy: Any) -> None:
    await fill(client, [1, 2])
    result = await add_to_queue_safe(client, "q", 3, max_size=3, overflow_policy=policy)
    assert (result.success, result.queue_length, result.dropped_count) == (True, 3, 0)
    assert await client.peek_queue("q") == [1, 2, 3]


async def test_reject_adds_nothing_to_a_full_queue_and_says_so(client: RedisClient) -> None:
    await fill(client, [1, 2, 3])
    assert await add_to_queue_safe(client, "q", 4, max_size=3) == QueueAddResult(
        success=False,
        queue_length=3,
        error="q is full (3 of 3 items): the item was not added",
    )
    assert await client.peek_queue("q") == [1, 2, 3]


async def test_drop_oldest_makes_room_and_counts_what_is_gone(client: RedisClient) -> None:
    await fill(client, [1, 2, 3])
    assert await add_to_queue_safe(
        client, "q", 4, max_size=3, overflow_policy="drop_oldest"
    ) == QueueAddResult(
        success=True,
        queue_length=3,
        dropped_count=1,
        warning="q was full (3 items): 1 of the oldest dropped",
    )
    assert await client.peek_queue("q") == [2, 3, 4]


async def test_dlq_moves_the_oldest_to_the_dead_letter_queue_with_the_reason(
    client: RedisClient,
) -> None:
    await fill(client, [{"n": 1}, {"n": 2}])
    assert await add_to_queue_safe(
        client, "q", {"n": 3}, max_size=2, overflow_policy="dlq"
    ) == QueueAddResult(
        success=True,
        queue_length=2,
        moved_to_dlq_count=1,
        warning="q was full (2 items): 1 of the oldest moved to dlq:overflow:q",
    )
    assert await client.peek_queue("q") == [{"n": 2}, {"n": 3}]
    assert await client.peek_queue(OVERFLOW) == [
        {
            "original_queue": "q",
            "reason": "queue_overflow",
            "overflow_policy": "dlq",
            "data": {"n": 1},
        }
    ]


async def test_the_dead_letter_queue_can_have_another_name(client: RedisClient) -> None:
    await fill(client, [1])
    await add_to_queue_safe(
        client, "q", 2, max_size=1, overflow_policy="dlq", dlq_name="dlq:elsewhere"
    )
    assert [entry["data"] for entry in await client.peek_queue("dlq:elsewhere")] == [1]
    assert await client.get_queue_length(OVERFLOW) == 0


@pytest.mark.parametrize("policy", ["dlq", "drop_oldest"])
async def test_a_queue_that_is_too_long_already_is_brought_down_to_its_size(
    client: RedisClient, policy: Any
) -> None:
    await fill(client, list(range(10)))
    result = await add_to_queue_safe(client, "q", 10, max_size=3, overflow_policy=policy)
    assert result.queue_length == 3
    assert result.dropped_count + result.moved_to_dlq_count == 8
    assert await client.peek_queue("q") == [8, 9, 10]
    letters = await client.peek_queue(OVERFLOW)
    assert [each["data"] for each in letters] == (list(range(8)) if policy == "dlq" else [])


async def test_reject_leaves_a_queue_that_is_too_long_as_it_is(client: RedisClient) -> None:
    await fill(client, [1, 2, 3])
    result = await add_to_queue_safe(client, "q", 4, max_size=2)
    assert (result.success, result.queue_length) == (False, 3)
    assert "3 of 2 items" in str(result.error)


@pytest.mark.parametrize(
    "raw",
    [
        '{"camera":"Haustür 東京 😀","ratio":1.00, "empty":[]}'.encode(),
        b"not JSON",
        b'"half a quote \\',
        b"",
        b"\xff\xd8\xff\xe0\x00\x1f\x7f",
        b'"\xff"',
        b"NaN",
        b'"line\nbreak"',
        b"[" * 2000 + b"]" * 2000,
        b'{"data":1},"data":{}}',
    ],
    ids=lambda raw: repr(raw[:20]),
)
async def test_the_dead_letter_keeps_the_item_to_the_byte(client: RedisClient, raw: bytes) -> None:
    await client.call("RPUSH", client.full_name("q"), raw)
    await add_to_queue_safe(client, "q", "new", max_size=1, overflow_policy="dlq")
    (entry,) = await client.call("LRANGE", client.full_name(OVERFLOW), 0, -1)
    assert item_of(entry) == raw


@pytest.mark.parametrize("raw", [b"not JSON", b"\xff\xd8\x00", b'{"cut off":'])
async def test_the_dead_letter_of_what_is_not_json_is_json_all_the_same(
    client: RedisClient, raw: bytes
) -> None:
    await client.call("RPUSH", client.full_name("q"), raw)
    await add_to_queue_safe(client, "q", "new", max_size=1, overflow_policy="dlq")
    (entry,) = await client.call("LRANGE", client.full_name(OVERFLOW), 0, -1)
    assert json.loads(entry)["reason"] == "queue_overflow"


# ---- what is said ----


async def test_a_warning_begins_at_the_pressure_threshold(client: RedisClient) -> None:
    results = [await add_to_queue_safe(client, "q", number, max_size=10) for number in range(8)]
    assert [result.warning for result in results] == [None] * 7 + ["q is 80% full (8 of 10 items)"]


@pytest.mark.parametrize(
    ("length", "ratio", "at_threshold", "full"),
    [(0, 0.0, False, False), (7, 0.7, False, False), (8, 0.8, True, False), (10, 1.0, True, True)],
)
async def test_pressure_says_how_full_the_queue_is(
    client: RedisClient, length: int, ratio: float, at_threshold: bool, full: bool
) -> None:
    await fill(client, list(range(length)))
    assert await get_queue_pressure(
        client, "q", max_size=10, overflow_policy="dlq"
    ) == QueuePressure("q", length, 10, ratio, at_threshold, full, "dlq")


async def test_a_queue_that_is_too_long_is_more_than_full(client: RedisClient) -> None:
    await fill(client, [1, 2, 3])
    pressure = await get_queue_pressure(client, "q", max_size=2)
    assert (pressure.fill_ratio, pressure.is_full) == (1.5, True)


# ---- what is refused, and changes nothing ----


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"max_size": 0}, "max_size must be 1 or more items, not 0"),
        ({"overflow_policy": "drop"}, "must be reject or dlq or drop_oldest, not 'drop'"),
        ({"dlq_name": "q"}, "q cannot be its own dead-letter queue"),
        *(
            ({"expire": expire}, "expire must be 1 or more whole seconds")
            for expire in (0, -1, 0.5, 1.5)
        ),
        *(
            (
                {"expire": expire, "dedupe_key": "k"},
                "expire must be 100,000,000,000 seconds or less",
            )
            for expire in (10**11 + 1, 10**16, 10**20)
        ),
    ],
)
async def test_what_makes_no_sense_is_refused(
    client: RedisClient, options: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        await add_to_queue_safe(client, "q", 1, **options)
    assert await client.get_queue_length("q") == 0


async def test_the_longest_expire_is_one_that_redis_takes(client: RedisClient) -> None:
    result = await add_to_queue_safe(client, "q", 1, dedupe_key="k", expire=10**11)
    assert result.success
    left = await client.call("TTL", client.full_name("dedupe:k"))
    assert left == pytest.approx(10**11, abs=100)


@pytest.mark.parametrize("threshold", [-0.1, 0, 1.01, 80])
async def test_a_threshold_that_is_no_part_of_the_size_is_refused(
    client: RedisClient, threshold: float
) -> None:
    with pytest.raises(ValueError, match="threshold"):
        await get_queue_pressure(client, "q", threshold=threshold)


async def test_the_threshold_can_be_the_whole_size(client: RedisClient) -> None:
    await fill(client, [1, 2])
    pressure = await get_queue_pressure(client, "q", max_size=2, threshold=1)
    assert pressure.is_at_pressure_threshold


@pytest.mark.parametrize("policy", POLICIES)
async def test_a_name_that_is_no_queue_is_refused_and_named(
    client: RedisClient, policy: Any
) -> None:
    await client.set("q", "a text")
    with pytest.raises(exceptions.ResponseError, match=r"WRONGTYPE .*q is a string, not a queue"):
        await add_to_queue_safe(client, "q", 1, overflow_policy=policy)
    assert await client.get("q") == "a text"


async def test_the_oldest_stays_when_its_dead_letter_cannot_be_written(
    client: RedisClient,
) -> None:
    await fill(client, [1, 2])
    await client.set(OVERFLOW, "a text")
    with pytest.raises(exceptions.ResponseError, match="dlq:overflow:q is a string"):
        await add_to_queue_safe(client, "q", 3, max_size=2, overflow_policy="dlq")
    assert await client.peek_queue("q") == [1, 2]


@pytest.mark.parametrize("policy", POLICIES)
async def test_when_the_memory_is_full_the_push_is_an_error_and_nothing_changes(
    quick: RedisClient, admin: redis.asyncio.Redis, policy: Any
) -> None:
    await fill(quick, [1, 2])
    await admin.config_set("maxmemory", 1)
    with pytest.raises(exceptions.OutOfMemoryError):
        await add_to_queue_safe(quick, "q", 3, max_size=2, overflow_policy=policy)
    with pytest.raises(exceptions.OutOfMemoryError):
        await add_to_queue_safe(quick, "q", 3, max_size=2, overflow_policy=policy, dedupe_key="k")
    assert await quick.peek_queue("q") == [1, 2]
    assert await admin.dbsize() == 1


async def test_data_that_json_cannot_hold_is_refused_and_nothing_is_sent(
    client: RedisClient,
) -> None:
    await fill(client, [1])
    with pytest.raises(TypeError, match=r"value\['box'\] is a tuple"):
        await add_to_queue_safe(client, "q", {"box": ()}, max_size=1, overflow_policy="drop_oldest")
    with pytest.raises(TypeError, match=r"value\['box'\] is a tuple"):
        await add_to_queue_safe(client, "q", {"box": ()}, dedupe_key="k")
    assert await client.peek_queue("q") == [1]
    assert await client.exists("dedupe:k") == 0


async def test_a_limited_push_whose_reply_is_lost_is_an_error_and_one_item(
    proxy: Proxy, admin: redis.asyncio.Redis
) -> None:
    async with RedisClient(proxy.url, backoff_base=0.01) as client:
        proxy.cut_next_reply("EVALSHA")
        with pytest.raises(exceptions.ConnectionError):
            await add_to_queue_safe(client, "q", "once")
    assert await admin.lrange("q", 0, -1) == ['"once"']


# ---- many at once ----


@pytest.mark.parametrize("policy", POLICIES)
async def test_many_producers_at_once_never_pass_the_limit_and_every_item_is_accounted_for(
    client: RedisClient, redis_url: str, namespace: str, policy: Any
) -> None:
    max_size, highest = 10, 0

    async def watch() -> None:
        nonlocal highest
        while True:
            highest = max(highest, await client.get_queue_length("q"))

    async def produce(producer: int) -> list[QueueAddResult]:
        async with RedisClient(redis_url, namespace=namespace) as own:
            return [
                await add_to_queue_safe(
                    own, "q", [producer, number], max_size=max_size, overflow_policy=policy
                )
                for number in range(20)
            ]

    watching = asyncio.create_task(watch())
    results = list(chain.from_iterable(await asyncio.gather(*map(produce, range(20)))))
    watching.cancel()

    waiting = await client.peek_queue("q")
    dead = [entry["data"] for entry in await client.peek_queue(OVERFLOW)]
    dropped = sum(result.dropped_count for result in results)
    refused = sum(not result.success for result in results)
    assert max(result.queue_length for result in results) == highest == len(waiting) == max_size
    assert len(waiting) + len(dead) + dropped + refused == 400
    assert len({tuple(item) for item in waiting + dead}) == len(waiting) + len(dead)
    assert len(dead) == sum(result.moved_to_dlq_count for result in results)
    assert [bool(dead), bool(dropped), bool(refused)] == [
        policy == "dlq",
        policy == "drop_oldest",
        policy == "reject",
    ]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("push"), st.integers(0, 9)),
        st.tuples(st.just("pop"), st.just(0)),
        st.tuples(st.sampled_from(POLICIES), st.integers(1, 4)),
    ),
    max_size=30,
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_it_does_what_a_plain_list_would_do(
    redis_url: str, namespace: str, steps: list[tuple[str, int]]
) -> None:
    asyncio.run(play(steps, redis_url, namespace))


async def play(steps: list[tuple[str, Any]], redis_url: str, namespace: str) -> None:
    """Do the steps to a queue and to a model of two lists; both have to agree at each step."""
    waiting: list[int] = []
    dead: list[int] = []
    async with RedisClient(redis_url, namespace=namespace) as client:
        await client.delete("q", OVERFLOW)
        for number, (what, value) in enumerate(steps):
            if what == "push":  # by somebody who looks at no limit
                waiting.append(number)
                await client.add_to_queue("q", number)
            elif what == "pop":
                if waiting:
                    assert await client.get_from_queue("q", timeout=1) == waiting.pop(0)
            else:
                fits = what != "reject" or len(waiting) < value
                room_for = max(len(waiting) + 1 - value, 0) if fits else 0
                if what == "dlq":
                    dead += waiting[:room_for]
                if fits:
                    waiting = [*waiting[room_for:], number]
                result = await add_to_queue_safe(
                    client, "q", number, max_size=value, overflow_policy=what
                )
                assert (result.success, result.queue_length) == (fits, len(waiting))
                assert result.dropped_count == (room_for if what == "drop_oldest" else 0)
                assert result.moved_to_dlq_count == (room_for if what == "dlq" else 0)
            assert await client.peek_queue("q") == waiting
            assert [entry["data"] for entry in await client.peek_queue(OVERFLOW)] == dead


# ---- once ----


async def push_once(client: RedisClient, item: Any, key: str = "k", **options: Any) -> bool:
    """Add an item with a dedupe key; return whether it was this call that added it."""
    result = await add_to_queue_safe(client, "q", item, dedupe_key=key, **options)
    assert result.success
    return not result.duplicate


async def test_the_same_item_is_added_once(client: RedisClient) -> None:
    assert [await push_once(client, number) for number in range(3)] == [True, False, False]
    assert await client.peek_queue("q") == [0]


async def test_a_duplicate_is_no_failure_and_says_how_long_the_queue_is(
    client: RedisClient,
) -> None:
    await add_to_queue_safe(client, "q", 1, dedupe_key="k")
    await add_to_queue_safe(client, "q", 2)
    assert await add_to_queue_safe(client, "q", 1, dedupe_key="k") == QueueAddResult(
        success=True, queue_length=2, duplicate=True
    )


async def test_another_key_is_another_item(client: RedisClient) -> None:
    assert await push_once(client, 1, "a")
    assert await push_once(client, 1, "b")
    assert await client.get_queue_length("q") == 2


async def test_it_stays_once_after_the_item_was_taken(client: RedisClient) -> None:
    await push_once(client, 1)
    await client.get_from_queue("q", timeout=1)
    assert await push_once(client, 1) is False
    assert await client.get_queue_length("q") == 0


async def test_the_key_has_the_production_name_and_ttl(client: RedisClient) -> None:
    await push_once(client, 1)
    assert 299 <= await client.call("TTL", client.full_name("dedupe:k")) <= 300


async def test_an_item_can_be_remembered_for_one_second(client: RedisClient) -> None:
    result = await add_to_queue_safe(client, "q", 1, dedupe_key="a", expire=1)
    assert result.success


async def test_a_second_try_does_not_lengthen_the_ttl(client: RedisClient) -> None:
    await push_once(client, 1, expire=10)
    await push_once(client, 1, expire=1000)
    assert await client.call("TTL", client.full_name("dedupe:k")) <= 10


async def test_it_may_be_added_again_when_the_key_has_expired(client: RedisClient) -> None:
    await push_once(client, 1)
    await client.call("PEXPIREAT", client.full_name("dedupe:k"), 1)  # a time long past
    assert await push_once(client, 1)


async def test_of_many_who_add_the_same_at_once_one_does(client: RedisClient) -> None:
    added = await asyncio.gather(*(push_once(client, 1) for _ in range(50)))
    assert sorted(added) == [False] * 49 + [True]
    assert await client.get_queue_length("q") == 1


async def test_when_the_queue_is_none_the_key_does_not_stay_behind(client: RedisClient) -> None:
    await client.set("q", "a text")
    with pytest.raises(exceptions.ResponseError, match="WRONGTYPE"):
        await push_once(client, 1)
    assert await client.exists("dedupe:k") == 0


async def test_what_a_full_queue_refuses_is_not_remembered_as_added(client: RedisClient) -> None:
    await fill(client, [1, 2])
    result = await add_to_queue_safe(client, "q", 3, max_size=2, dedupe_key="k")
    assert (result.success, result.duplicate) == (False, False)
    await client.get_from_queue("q", timeout=1)
    assert await push_once(client, 3, max_size=2)
    assert await client.peek_queue("q") == [2, 3]


@pytest.mark.parametrize("policy", POLICIES)
async def test_a_duplicate_makes_no_room_and_is_not_refused_when_the_queue_is_full(
    client: RedisClient, policy: Any
) -> None:
    await push_once(client, 1)
    await fill(client, [2])
    assert await push_once(client, 1, max_size=2, overflow_policy=policy) is False
    assert await client.peek_queue("q") == [1, 2]
    assert await client.get_queue_length(OVERFLOW) == 0


@pytest.mark.parametrize("policy", POLICIES)
async def test_after_a_lost_reply_the_answer_is_the_one_that_was_lost(
    proxy: Proxy, admin: redis.asyncio.Redis, policy: Any
) -> None:
    async with RedisClient(proxy.url, backoff_base=0.01) as client:
        size = 3 if policy == "reject" else 2
        await fill(client, [1, 2])
        expected = await add_to_queue_safe(
            client, "q", 3, max_size=size, overflow_policy=policy, dedupe_key="answered"
        )
        await admin.delete("q")
        await fill(client, [1, 2])
        proxy.cut_next_reply("EVALSHA")
        result = await add_to_queue_safe(
            client, "q", 3, max_size=size, overflow_policy=policy, dedupe_key="lost"
        )
    assert proxy.lost == 1
    assert result == expected
    assert result.duplicate is False
    assert await admin.lrange("q", 0, -1) == (["1", "2", "3"] if policy == "reject" else ["2", "3"])


async def test_a_call_that_failed_may_be_made_again_and_there_is_one_item(
    proxy: Proxy, admin: redis.asyncio.Redis
) -> None:
    async with RedisClient(proxy.url, attempts=1) as client:
        proxy.cut_next_reply("EVALSHA")
        with pytest.raises(exceptions.ConnectionError):
            await push_once(client, "once")
        assert await push_once(client, "once") is False
    assert await admin.lrange("q", 0, -1) == ['"once"']


async def test_a_push_to_a_hung_server_that_is_made_again_gives_one_item(
    private_server: PrivateServer, admin: redis.asyncio.Redis
) -> None:
    async with RedisClient(private_server.url, timeout=0.2) as client:
        private_server.pause()
        with pytest.raises(exceptions.TimeoutError):
            await push_once(client, "once")
        private_server.resume()

        async def answered() -> bool:
            try:
                await push_once(client, "once")
            except exceptions.TimeoutError:
                return False
            return True

        await until(answered)
    assert await admin.lrange("q", 0, -1) == ['"once"']


async def test_a_dedupe_key_of_another_type_is_not_ours_and_gives_way(client: RedisClient) -> None:
    await client.call("HSET", client.full_name("dedupe:key"), "a", "b")
    for duplicate in (False, True):
        result = await add_to_queue_safe(client, "queue", 1, dedupe_key="key")
        assert (result.success, result.duplicate, result.queue_length) == (True, duplicate, 1)
