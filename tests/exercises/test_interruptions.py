"""An answer is cut short for real, at each of its commands, whatever client sends them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import Any

import pytest
import redis.asyncio

from exercises.bench import Bench
from exercises.interruptions import Stage
from exercises.verdict import NotYet


@pytest.fixture
async def bench(redis_url: str, namespace: str) -> AsyncIterator[Bench]:
    bench = Bench(redis_url, namespace, (push_twice,))
    await bench.set_up()
    yield bench
    await bench.client.disconnect()
    await bench.redis.disconnect()


async def push_twice(client: Any) -> str:
    await client.add_to_queue("list", 1)
    try:
        await client.add_to_queue("list", 2)
    finally:
        await client.set("tidied", True)
    return "ended"


async def after_each_cut(
    bench: Bench, way: Any, answer: Any = push_twice, lend: str = ""
) -> list[tuple[Any, ...]]:
    """Return where the answer was cut, what was pushed by then, and whether it tidied up."""
    bench.answers = (answer,)
    return [
        (report["cut"], await bench.redis.peek_queue("list"), await bench.redis.exists("tidied"))
        async for report in bench.interrupted(lend=lend, ways=[way])
    ]


async def test_it_is_killed_before_and_after_each_command(bench: Bench) -> None:
    assert await after_each_cut(bench, "killed") == [
        ("before its RPUSH", [], 0),
        ("after its RPUSH", [1], 0),
        ("before its RPUSH", [1], 0),
        ("after its RPUSH", [1, 2], 0),
        ("before its SET", [1, 2], 0),
        ("after its SET", [1, 2], 1),
    ]


async def test_one_that_is_cancelled_can_tidy_up(bench: Bench) -> None:
    cuts = await after_each_cut(bench, "cancelled")
    assert cuts[:4] == [
        ("before its RPUSH", [], 0),
        ("after its RPUSH", [1], 0),
        ("before its RPUSH", [1], 1),
        ("after its RPUSH", [1, 2], 1),
    ]


async def test_it_is_overtaken_between_two_commands(bench: Bench) -> None:
    async def other(stage: Stage) -> None:
        await stage.redis.add_to_queue("list", "other")

    overtaken = bench.interrupted(overtaking=other)
    lists = [await bench.redis.peek_queue("list") async for _ in overtaken]
    assert lists[:4] == [["other", 1, 2], [1, "other", 2], [1, "other", 2], [1, 2, "other"]]


async def test_a_transaction_of_another_client_is_one_step(bench: Bench) -> None:
    async def answer(client: Any) -> None:
        name = client.full_name("list")
        async with redis.asyncio.Redis.from_url(client.redis_url) as plain:
            await plain.pipeline(transaction=True).rpush(name, 1).rpush(name, 2).execute()

    cuts = await after_each_cut(bench, "killed", answer)
    assert cuts == [("before its EXEC", [], 0), ("after its EXEC", [1, 2], 0)]


async def test_a_pipeline_without_a_transaction_is_as_many_steps_as_commands(bench: Bench) -> None:
    async def answer(client: Any) -> None:
        name = client.full_name("list")
        async with redis.asyncio.Redis.from_url(client.redis_url) as plain:
            await plain.pipeline(transaction=False).rpush(name, 1).rpush(name, 2).execute()

    assert ("after its RPUSH", [1], 0) in await after_each_cut(bench, "killed", answer)


async def test_what_the_check_lends_can_be_cut_in_the_middle(bench: Bench) -> None:
    async def answer(client: Any, handle: Any) -> None:
        await handle("item")

    cuts = await after_each_cut(bench, "killed", answer, lend="list")
    assert cuts == [("when `list` begins", [], 0), ("when `list` ends", ["item"], 0)]


async def test_one_that_ends_its_process_is_not_yet_right(bench: Bench) -> None:
    async def answer(client: Any) -> None:
        os._exit(3)

    with pytest.raises(NotYet):
        await after_each_cut(bench, "killed", answer)
