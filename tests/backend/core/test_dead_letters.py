"""Dead letters: what an entry keeps, looking, requeueing, deleting."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import redis.asyncio
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import exceptions
from tests.backend.letters import REASON, give_up, put, raw

from backend.core.dead_letters import DeadLetters, dead_letter, item_of, original
from backend.core.encoding import encode
from backend.core.push import add_to_queue_safe
from backend.core.redis import RedisClient
from course.failure_lab.connection import Proxy
from private_redis import PrivateServer

STRANGE = [
    b"not JSON \x1b[31m",
    b"\xff\xd8\xff",
    b"[]",
    b'{"error":"without an item"}',
    b'{"original_job":1,"original_bytes":"not base64"}',
    b'{"original_job":1,"original_bytes":7}',
    b'{"original_job":1e999}',
    b'{"not_json":true,"data":"\xe2\x82\xac"}',
]


@pytest.fixture
def letters(client: RedisClient) -> DeadLetters:
    return DeadLetters(client, "q")


# ---- an entry ----


@settings(deadline=None)
@given(
    st.binary()
    | st.text().map(str.encode)
    | st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.text()
        | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ).map(lambda value: json.dumps(value).encode())
)
def test_an_entry_keeps_its_item_to_the_byte(item: bytes) -> None:
    entry = dead_letter(item, **REASON)
    assert original(json.loads(entry)) == item == item_of(entry)


def test_an_entry_that_production_wrote_has_its_item() -> None:
    assert item_of(b'{"original_job": {"n": 1}, "error": "boom"}') == b'{"n":1}'
    overflow = b'{"original_queue": "q", "data": {"n": 1}, "reason": "queue_overflow"}'
    assert item_of(overflow) == b'{"n":1}'


@pytest.mark.parametrize("entry", STRANGE, ids=repr)
def test_what_is_no_dead_letter_of_ours_has_no_item(entry: bytes) -> None:
    assert item_of(entry) is None


# ---- looking ----


async def test_entries_come_page_by_page_oldest_first(
    client: RedisClient, letters: DeadLetters
) -> None:
    await give_up(client, *(b"%d" % number for number in range(7)))
    pages = [await letters.page(start, 3) for start in (0, 3, 6, 9)]
    assert [[int(letter.item or b"") for letter in page] for page in pages] == [
        [0, 1, 2],
        [3, 4, 5],
        [6],
        [],
    ]
    assert await letters.length() == 7


async def test_a_page_has_a_hundred_entries_at_the_most(
    client: RedisClient, letters: DeadLetters
) -> None:
    await give_up(client, *(b"%d" % number for number in range(101)))
    assert len(await letters.page()) == 100


async def test_an_entry_shows_the_reason_and_the_item(
    client: RedisClient, letters: DeadLetters
) -> None:
    await give_up(client, b'{"camera_id":"front_door"}')
    (letter,) = await letters.page()
    assert letter.entry == {"original_job": {"camera_id": "front_door"}, **REASON}
    assert letter.item == b'{"camera_id":"front_door"}'
    assert await letters.find(letter.id) == letter


async def test_an_entry_beyond_the_first_page_is_found(
    client: RedisClient, letters: DeadLetters
) -> None:
    await give_up(client, *(b"%d" % number for number in range(250)))
    last = (await letters.page(249))[0]
    assert (await letters.find(last.id)).item == b"249"


async def test_what_is_no_dead_letter_is_shown_like_the_others(
    client: RedisClient, letters: DeadLetters
) -> None:
    await put(client, *STRANGE)
    assert [letter.raw for letter in await letters.page()] == STRANGE


async def test_a_page_before_the_first_is_refused(letters: DeadLetters) -> None:
    with pytest.raises(ValueError, match="start must be 0 or more"):
        await letters.page(-1)


# ---- requeueing ----


async def test_requeue_puts_one_item_back_to_the_byte_and_leaves_the_others(
    client: RedisClient, letters: DeadLetters
) -> None:
    await client.add_to_queue("q", "waiting")
    await give_up(client, b"1", b'{"a": 1.00}', b"3")
    await letters.requeue((await letters.page())[1].id)
    assert await raw(client, "q") == [b'"waiting"', b'{"a": 1.00}']
    assert [letter.item for letter in await letters.page()] == [b"1", b"3"]


async def test_of_two_equal_entries_one_is_requeued(
    client: RedisClient, letters: DeadLetters
) -> None:
    await give_up(client, b"1", b"1")
    await letters.requeue((await letters.page())[0].id)
    assert (await raw(client, "q"), await letters.length()) == ([b"1"], 1)


async def test_requeue_all_keeps_the_order(client: RedisClient, letters: DeadLetters) -> None:
    items = [b"%d" % number for number in range(250)]
    await give_up(client, *items)
    assert await letters.requeue_all() == 250
    assert await raw(client, "q") == items
    assert await letters.length() == 0


async def test_requeue_all_leaves_what_holds_no_item_where_it_is(
    client: RedisClient, letters: DeadLetters
) -> None:
    many = STRANGE * 20  # more than a page of them, before and between
    await put(client, *many)
    await give_up(client, b"1")
    await put(client, *many)
    await give_up(client, b"2")
    assert await letters.requeue_all() == 2
    assert await raw(client, "q") == [b"1", b"2"]
    assert await raw(client, "dlq:q") == many + many


@pytest.mark.parametrize("entry", STRANGE, ids=repr)
async def test_requeueing_what_holds_no_item_is_refused_and_it_stays(
    client: RedisClient, letters: DeadLetters, entry: bytes
) -> None:
    await put(client, entry)
    with pytest.raises(ValueError, match="no dead letter with an item"):
        await letters.requeue((await letters.page())[0].id)
    assert await raw(client, "dlq:q") == [entry]


@pytest.mark.parametrize("act", [DeadLetters.requeue, DeadLetters.delete, DeadLetters.find])
async def test_an_unknown_id_is_said_to_be_gone(letters: DeadLetters, act: Any) -> None:
    with pytest.raises(LookupError, match="dlq:q has no entry 1a2b3c4d5e6f"):
        await act(letters, "1a2b3c4d5e6f")


async def test_several_who_requeue_all_at_once_requeue_each_item_once(
    client: RedisClient, letters: DeadLetters
) -> None:
    items = [b"%d" % number for number in range(100)]
    await give_up(client, *items)
    counts = await asyncio.gather(*(letters.requeue_all() for _ in range(5)))
    assert sum(counts) == 100
    assert sorted(await raw(client, "q")) == sorted(items)


async def test_what_fails_again_during_requeue_all_is_not_requeued_for_ever(
    client: RedisClient, letters: DeadLetters
) -> None:
    """A worker gives every item up at once, as fast as they are requeued."""

    async def fail_at_once() -> None:
        while True:
            await give_up(client, (await client.call("BLPOP", client.full_name("q"), 5, wait=5))[1])

    await give_up(client, *(b"%d" % number for number in range(50)))
    worker = asyncio.create_task(fail_at_once())
    async with asyncio.timeout(5):
        assert await letters.requeue_all() == 50
    worker.cancel()


async def test_an_item_that_cannot_be_put_back_stays_a_dead_letter(
    client: RedisClient, letters: DeadLetters
) -> None:
    await client.set("q", "a text")
    await give_up(client, b"1")
    with pytest.raises(exceptions.ResponseError, match="WRONGTYPE"):
        await letters.requeue_all()
    assert await letters.length() == 1


async def test_a_requeue_whose_reply_is_lost_is_an_error_and_one_item(
    proxy: Proxy, admin: redis.asyncio.Redis
) -> None:
    async with RedisClient(proxy.url, backoff_base=0.01) as client:
        letters = DeadLetters(client, "q")
        await give_up(client, b"1")
        proxy.cut_next_reply("EVALSHA")
        with pytest.raises(exceptions.ConnectionError):
            await letters.requeue_all()
        assert await letters.requeue_all() == 0
    assert await admin.lrange("q", 0, -1) == ["1"]


async def test_requeueing_and_deleting_work_when_the_memory_is_full(
    quick: RedisClient, admin: redis.asyncio.Redis
) -> None:
    letters = DeadLetters(quick, "q")
    await give_up(quick, b"1", b"2")
    await admin.config_set("maxmemory", 1)
    await letters.requeue((await letters.page())[0].id)
    assert await letters.delete_all() == 1
    assert await admin.lrange("q", 0, -1) == ["1"]


async def test_what_had_to_make_room_is_requeued_too(client: RedisClient) -> None:
    items = [b'{"a": 1.00}', b"not JSON", b"\xff\xd8", b'"\xff"']
    await client.call("RPUSH", client.full_name("q"), *items)
    await add_to_queue_safe(client, "q", "new", max_size=1, overflow_policy="dlq")
    assert await DeadLetters(client, "q", overflow=True).requeue_all() == 4
    assert await raw(client, "q") == [b'"new"', *items]


# ---- deleting ----


async def test_delete_removes_one_entry(client: RedisClient, letters: DeadLetters) -> None:
    await give_up(client, b"1", b"2", b"2")
    await letters.delete((await letters.page())[1].id)
    assert [letter.item for letter in await letters.page()] == [b"1", b"2"]
    assert await client.get_queue_length("q") == 0


async def test_delete_all_says_how_many_there_were(
    client: RedisClient, letters: DeadLetters
) -> None:
    await give_up(client, b"1", b"2")
    assert [await letters.delete_all(), await letters.delete_all()] == [2, 0]


async def test_delete_all_does_not_remove_a_key_that_is_no_dead_letter_queue(
    client: RedisClient, letters: DeadLetters
) -> None:
    await client.set("dlq:q", "a text")
    with pytest.raises(exceptions.ResponseError, match="WRONGTYPE"):
        await letters.delete_all()
    assert await client.get("dlq:q") == "a text"


async def test_many_are_requeued_in_a_few_steps_and_large_ones_by_themselves(
    private_server: PrivateServer,
) -> None:
    async with RedisClient(private_server.url) as client:
        items = [*range(250), "x" * 700_000, "y" * 700_000]
        entries = [dead_letter(encode(item), error="broken") for item in items]
        await client.call("RPUSH", "dlq:queue", *entries)
        assert await DeadLetters(client, "queue").requeue_all() == len(items)
        assert await client.peek_queue("queue") == items
        ran = (await client.call("INFO", "commandstats"))["cmdstat_evalsha"]["calls"]
    assert ran <= 6  # three pages, of which one in two steps; the first is asked for twice
