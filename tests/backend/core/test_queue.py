"""The queue: order, waiting, looking without taking, and what comes from other programs."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterator
from itertools import chain, pairwise

import pytest
import redis.asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import exceptions
from tests.support import until

from backend.core.redis import RedisClient
from private_redis import PrivateServer

# ---- putting in and taking out ----


async def test_the_first_in_is_the_first_out(client: RedisClient) -> None:
    for number in (1, 2, 3):
        await client.add_to_queue("q", number)
    assert [await client.get_from_queue("q", timeout=1) for _ in range(3)] == [1, 2, 3]


async def test_a_push_returns_the_length_after_it(client: RedisClient) -> None:
    assert [await client.add_to_queue("q", "x") for _ in range(3)] == [1, 2, 3]
    await client.get_from_queue("q", timeout=1)
    assert await client.add_to_queue("q", "x") == 3


async def test_the_length_counts_and_is_0_for_no_queue(client: RedisClient) -> None:
    assert await client.get_queue_length("q") == 0
    await client.add_to_queue("q", "x")
    await client.add_to_queue("q", "x")
    assert await client.get_queue_length("q") == 2


@pytest.mark.parametrize(
    "item", ["123", "", "null", "Zürich 東京 😀", 0, 1.5, True, None, [], {"a": [{"b": None}]}]
)
async def test_an_item_comes_back_as_itself(client: RedisClient, item: object) -> None:
    await client.add_to_queue("q", item)
    back = await client.get_from_queue("q", timeout=1)
    assert back == item
    assert type(back) is type(item)


async def test_an_item_of_one_megabyte_comes_back(client: RedisClient) -> None:
    await client.add_to_queue("q", {"image": "x" * 1_000_000})
    assert await client.get_from_queue("q", timeout=1) == {"image": "x" * 1_000_000}


async def test_clear_says_whether_there_was_a_queue(client: RedisClient) -> None:
    assert await client.clear_queue("q") is False
    await client.add_to_queue("q", 1)
    await client.add_to_queue("q", 2)
    assert await client.clear_queue("q") is True
    assert await client.get_queue_length("q") == 0


async def test_a_queue_that_was_emptied_is_gone(client: RedisClient) -> None:
    await client.add_to_queue("q", 1)
    await client.get_from_queue("q", timeout=1)
    assert await client.exists("q") == 0
    assert await client.clear_queue("q") is False


# ---- looking ----


async def test_a_peek_removes_nothing(client: RedisClient) -> None:
    for number in range(3):
        await client.add_to_queue("q", number)
    assert await client.peek_queue("q") == await client.peek_queue("q") == [0, 1, 2]


@pytest.mark.parametrize(
    ("start", "end", "seen"),
    [
        (0, -1, [0, 1, 2, 3, 4]),
        (0, 0, [0]),
        (0, 2, [0, 1, 2]),
        (1, 3, [1, 2, 3]),
        (-2, -1, [3, 4]),
        (-1, -1, [4]),
        (0, 99, [0, 1, 2, 3, 4]),
        (5, 9, []),
        (3, 1, []),
    ],
)
async def test_a_peek_shows_from_start_to_end_with_both_ends(
    client: RedisClient, start: int, end: int, seen: list[int]
) -> None:
    for number in range(5):
        await client.add_to_queue("q", number)
    assert await client.peek_queue("q", start, end) == seen


async def test_a_peek_into_no_queue_is_empty(client: RedisClient) -> None:
    assert await client.peek_queue("q") == []


# ---- waiting ----


async def test_an_idle_wait_lasts_as_long_as_its_timeout_and_ends_with_none(
    client: RedisClient,
) -> None:
    """Seven seconds are more than redis-py's own timeout of five, one is less."""

    async def seconds(timeout: float) -> float:
        began = time.monotonic()
        assert await client.get_from_queue("q", timeout=timeout) is None
        return time.monotonic() - began

    timeouts = 0.01, 0.3, 1, 7
    waited = await asyncio.gather(*map(seconds, timeouts))
    for asked, lasted in zip(timeouts, waited, strict=True):
        assert asked - 0.01 <= lasted <= asked + 1


async def test_an_item_that_comes_during_the_wait_is_returned_at_once(
    quick: RedisClient, admin: redis.asyncio.Redis
) -> None:
    waiting = asyncio.create_task(quick.get_from_queue("q", timeout=30))
    await until(lambda: blocked(admin, 1))
    pushed = time.monotonic()
    await quick.add_to_queue("q", "late")
    assert await waiting == "late"
    assert time.monotonic() - pushed < 1


async def test_without_a_timeout_it_waits_on_beyond_the_longest_block(
    quick: RedisClient, admin: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.core.redis.LONGEST_BLOCK", 0.3)
    waiting = asyncio.create_task(quick.get_from_queue("q"))
    await until(lambda: called(admin, "blpop", 5))
    assert not waiting.done()
    await quick.add_to_queue("q", "at last")
    assert await waiting == "at last"


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the server was asked to wait for, each time."""
    seconds: list[float] = []
    send = redis.asyncio.Redis.execute_command

    def note(self: redis.asyncio.Redis, *command: object, **options: object) -> object:
        if command[0] == "BLPOP":
            seconds.append(float(str(command[2])))
        return send(self, *command, **options)

    monkeypatch.setattr(redis.asyncio.Redis, "execute_command", note)
    return seconds


async def test_an_endless_wait_notices_a_server_that_hangs_within_15_seconds(
    pieces: list[float], client: RedisClient
) -> None:
    waiting = asyncio.create_task(client.get_from_queue("q"))
    await until(lambda: pieces)
    waiting.cancel()
    its_time_to_answer = 5.0  # seconds beyond the wait: the default of a client
    assert pieces[0] + its_time_to_answer <= 15


async def test_a_wait_in_pieces_never_asks_the_server_to_wait_for_ever(
    pieces: list[float], quick: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To BLPOP, a timeout of 0 means for ever. The pieces shrink towards it."""
    monkeypatch.setattr("backend.core.redis.LONGEST_BLOCK", 0.15)
    async with asyncio.timeout(5):
        for timeout in (0.0001, 0.2, 0.5):
            assert await quick.get_from_queue("q", timeout=timeout) is None
    assert len(pieces) >= 5
    assert all(0 < piece <= 0.15 for piece in pieces)


async def test_a_wait_in_pieces_loses_nothing(
    client: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.core.redis.LONGEST_BLOCK", 0.01)

    async def produce() -> None:
        for number in range(100):
            await asyncio.sleep(0.005)
            await client.add_to_queue("q", number)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(produce())
        got = [await client.get_from_queue("q", timeout=10) for _ in range(100)]
    assert got == list(range(100))


@pytest.mark.parametrize("timeout", [-1, -0.001, math.nan, -math.inf])
async def test_a_timeout_that_is_no_time_to_wait_is_refused(
    client: RedisClient, timeout: float
) -> None:
    with pytest.raises(ValueError, match="timeout must be"):
        await client.get_from_queue("q", timeout=timeout)


# ---- what is not ours, and what cannot be ----


async def test_what_another_program_pushed_comes_back_as_text_or_bytes(
    client: RedisClient, other_program: redis.asyncio.Redis
) -> None:
    foreign = ["not json {", b"\xff\xd8\xff", '{"json": 1}']
    await other_program.rpush(client.full_name("q"), *foreign)
    expected = ["not json {", b"\xff\xd8\xff", {"json": 1}]
    assert await client.peek_queue("q") == expected
    assert [await client.get_from_queue("q", timeout=1) for _ in range(3)] == expected


async def test_an_item_that_json_cannot_hold_is_refused_and_nothing_is_pushed(
    client: RedisClient,
) -> None:
    with pytest.raises(TypeError, match=r"value\['image'\] is a bytes"):
        await client.add_to_queue("q", {"camera_id": "front_door", "image": b"jpeg"})
    assert await client.get_queue_length("q") == 0


async def test_a_key_that_is_no_queue_is_an_error_and_stays_as_it_was(
    client: RedisClient,
) -> None:
    await client.set("k", "status")
    for operation in (
        client.add_to_queue("k", 1),
        client.get_from_queue("k", timeout=1),
        client.get_queue_length("k"),
        client.peek_queue("k"),
    ):
        with pytest.raises(exceptions.ResponseError, match="WRONGTYPE"):
            await operation
    assert await client.get("k") == "status"


async def test_two_namespaces_do_not_see_each_others_queues(
    client: RedisClient, redis_url: str, namespace: str
) -> None:
    async with RedisClient(redis_url, namespace=f"{namespace}other:") as other:
        await client.add_to_queue("q", "ours")
        assert await other.get_queue_length("q") == 0
        assert await other.get_from_queue("q", timeout=0.01) is None
        assert await other.clear_queue("q") is False
        assert await client.peek_queue("q") == ["ours"]


# ---- many at once ----


async def test_200_calls_at_once_are_all_answered(client: RedisClient) -> None:
    lengths = await asyncio.gather(*(client.add_to_queue("q", n) for n in range(200)))
    assert sorted(lengths) == list(range(1, 201))
    values = await asyncio.gather(*(client.get_from_queue("q", timeout=5) for _ in range(200)))
    assert sorted(values) == list(range(200))


async def test_200_blocked_consumers_leave_room_for_a_push_and_share_the_items(
    private_server: PrivateServer, admin: redis.asyncio.Redis
) -> None:
    async with RedisClient(private_server.url) as client:
        consumers = [asyncio.create_task(client.get_from_queue("q", 30)) for _ in range(200)]
        await until(lambda: blocked(admin, 200))
        for number in range(200):
            await client.add_to_queue("q", number)
        assert sorted(await asyncio.gather(*consumers)) == list(range(200))


async def test_a_consumer_that_is_cancelled_leaves_the_client_usable(
    quick: RedisClient, admin: redis.asyncio.Redis
) -> None:
    consumer = asyncio.create_task(quick.get_from_queue("q"))
    await until(lambda: blocked(admin, 1))
    consumer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await consumer
    await until(lambda: blocked(admin, 0))  # it does not take the next item with it
    await quick.add_to_queue("q", "next")
    assert await quick.get_from_queue("q", timeout=1) == "next"


# ---- the law: a queue is a list ----

steps = st.lists(
    st.one_of(
        st.tuples(st.just("push"), st.integers() | st.text(max_size=5)),
        st.tuples(st.just("pop"), st.none()),
        st.tuples(st.just("peek"), st.tuples(st.integers(-5, 5), st.integers(-5, 5))),
        st.tuples(st.just("length"), st.none()),
        st.tuples(st.just("clear"), st.none()),
    ),
    max_size=25,
)


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@given(steps=steps)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example clears the queue
)
def test_a_queue_behaves_as_a_list(
    steps: list[tuple[str, object]], redis_url: str, namespace: str, loop: asyncio.Runner
) -> None:
    loop.run(play(steps, redis_url, namespace))


async def play(steps: list[tuple[str, object]], redis_url: str, namespace: str) -> None:
    model: list[object] = []
    async with RedisClient(redis_url, namespace=namespace) as client:
        await client.clear_queue("law")
        for step, argument in steps:
            match step, argument:
                case "push", item:
                    model.append(item)
                    assert await client.add_to_queue("law", item) == len(model)
                case "pop", _ if model:  # a vain wait has its own test
                    assert await client.get_from_queue("law", timeout=1) == model.pop(0)
                case "peek", (int(start), int(end)):
                    first = start if start >= 0 else max(len(model) + start, 0)
                    last = end if end >= 0 else max(len(model) + end, -1)
                    assert await client.peek_queue("law", start, end) == model[first : last + 1]
                case "clear", _:
                    assert await client.clear_queue("law") is bool(model)
                    model.clear()
            assert await client.get_queue_length("law") == len(model)


async def test_competing_consumers_share_the_work_without_sharing_an_item(
    client: RedisClient,
) -> None:
    async def consume() -> list[int]:
        taken = []
        while (item := await client.get_from_queue("q", timeout=0.2)) is not None:
            taken.append(item)
        return taken

    for number in range(100):
        await client.add_to_queue("q", number)
    shares = await asyncio.gather(*(consume() for _ in range(4)))
    assert sorted(chain.from_iterable(shares)) == list(range(100))
    for share in shares:
        assert all(earlier < later for earlier, later in pairwise(share))


async def blocked(admin: redis.asyncio.Redis, count: int) -> bool:
    return (await admin.info("clients"))["blocked_clients"] == count


async def called(admin: redis.asyncio.Redis, command: str, times: int) -> bool:
    statistics = (await admin.info("commandstats")).get(f"cmdstat_{command}", {"calls": 0})
    return statistics["calls"] >= times
