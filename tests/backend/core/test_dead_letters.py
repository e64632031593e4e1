"""Dead letters: what an entry keeps, looking, requeueing, deleting, and the tool for the shell."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import redis.asyncio
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import exceptions
from tests.support import Proxy

from backend.core.dead_letters import DeadLetters, dead_letter, item_of, original
from backend.core.push import add_to_queue_safe
from backend.core.redis import RedisClient
from backend.tools import dlq
from private_redis import PrivateServer

REASON = {
    "error": "ValueError: no such camera",
    "attempt_count": 3,
    "first_failed_at": "2025-01-15T10:30:00+00:00",
    "last_failed_at": "2025-01-15T10:30:07+00:00",
    "queue_name": "q",
}
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


async def give_up(client: RedisClient, *items: bytes, name: str = "dlq:q") -> None:
    """Put dead letters into a dead-letter queue, as a worker does."""
    for item in items:
        await put(client, dead_letter(item, **REASON), name=name)


async def put(client: RedisClient, *entries: bytes, name: str = "dlq:q") -> None:
    await client.call("RPUSH", client.full_name(name), *entries)


async def raw(client: RedisClient, name: str) -> list[bytes]:
    return await client.call("LRANGE", client.full_name(name), 0, -1)


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
        proxy.lose_next_reply_to("EVALSHA")
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


# ---- from a shell ----

Shell = Callable[..., Any]


@pytest.fixture
def shell(redis_url: str, namespace: str, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Run the tool as a shell would; return exit status, output and errors."""

    async def run(*arguments: str, url: str = redis_url) -> tuple[int, str, str]:
        line = [*arguments, "--url", url, "--namespace", namespace]
        status = await asyncio.to_thread(dlq.main, line)
        return status, *capsys.readouterr()

    return run


async def test_list_prints_a_table(client: RedisClient, letters: DeadLetters, shell: Shell) -> None:
    await give_up(client, b'{"camera_id":"front_door"}')
    await put(client, b"not JSON \x1b[31m")
    first, second = [letter.id for letter in await letters.page()]
    status, out, err = await shell("list", "q")
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "dlq:q: 1 to 2 of 2, oldest first",
        "ID            LAST FAILED                ATTEMPTS  REASON"
        "                                    ITEM",
        f"{first}  2025-01-15T10:30:07+00:00         3  ValueError: no such camera"
        '                {"camera_id":"front_door"}',
        f"{second}                                       (not a dead letter of ours)"
        "               not JSON \\x1b[31m",
    ]


async def test_list_shows_a_part_and_says_of_how_many(client: RedisClient, shell: Shell) -> None:
    await give_up(client, *(b"%d" % number for number in range(30)))
    _, out, _ = await shell("list", "q", "--start", "10", "--count", "5")
    assert "11 to 15 of 30" in out
    assert [line.split()[-1] for line in out.splitlines()[2:]] == ["10", "11", "12", "13", "14"]


async def test_list_of_nothing_says_so(shell: Shell) -> None:
    assert await shell("list", "q") == (0, "dlq:q: nothing to show (0 entries in all)\n", "")


async def test_a_long_item_is_cut_to_one_line(client: RedisClient, shell: Shell) -> None:
    await give_up(client, b'"' + b"x" * 1_000_000 + b'"')
    _, out, _ = await shell("list", "q")
    assert max(map(len, out.splitlines())) < 180
    assert out.endswith("xxx…\n")


async def test_requeue_one_from_the_shell(
    client: RedisClient, letters: DeadLetters, shell: Shell
) -> None:
    await give_up(client, b"1", b"2")
    id = (await letters.page())[1].id
    assert await shell("requeue", "q", id) == (0, f"Requeued {id} into q.\n", "")
    assert await raw(client, "q") == [b"2"]


async def test_requeue_all_of_the_overflow_from_the_shell(
    client: RedisClient, shell: Shell
) -> None:
    for number in range(3):
        await add_to_queue_safe(client, "q", number, max_size=1, overflow_policy="dlq")
    assert await shell("requeue", "q", "--all", "--overflow") == (
        0,
        "Requeued 2 entries into q.\n",
        "",
    )
    assert await client.peek_queue("q") == [2, 0, 1]


async def test_requeue_all_that_leaves_something_says_so_and_fails(
    client: RedisClient, shell: Shell
) -> None:
    await give_up(client, b"1")
    await put(client, b"strange")
    status, out, err = await shell("requeue", "q", "--all")
    assert (status, out) == (1, "Requeued 1 entry into q.\n")
    assert "1 entry left in dlq:q" in err


async def test_requeueing_a_stranger_from_the_shell_says_what_to_do(
    client: RedisClient, letters: DeadLetters, shell: Shell
) -> None:
    await put(client, b"strange")
    status, _, err = await shell("requeue", "q", (await letters.page())[0].id)
    assert status == 1
    assert "`delete` removes it" in err


async def test_delete_one_from_the_shell(
    client: RedisClient, letters: DeadLetters, shell: Shell
) -> None:
    await give_up(client, b"1")
    id = (await letters.page())[0].id
    assert await shell("delete", "q", id) == (0, f"Deleted {id} from dlq:q.\n", "")
    assert await letters.length() == 0


async def test_delete_all_asks_for_yes(
    client: RedisClient, letters: DeadLetters, shell: Shell
) -> None:
    await give_up(client, b"1", b"2")
    status, _, err = await shell("delete", "q", "--all")
    assert (status, await letters.length()) == (1, 2)
    assert "would delete 2 entries from dlq:q for good" in err
    assert await shell("delete", "q", "--all", "--yes") == (
        0,
        "Deleted 2 entries from dlq:q.\n",
        "",
    )


async def test_an_unknown_id_is_an_error_for_the_shell(shell: Shell) -> None:
    status, _, err = await shell("delete", "q", "1a2b3c4d5e6f")
    assert status == 1
    assert "dlq:q has no entry 1a2b3c4d5e6f" in err


@pytest.mark.parametrize(
    "line",
    [["requeue", "q"], ["delete", "q", "id", "--all"], ["list", "q", "--count", "0"], ["list"]],
    ids=" ".join,
)
def test_a_command_that_makes_no_sense_is_explained(
    line: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        dlq.main(line)
    assert "usage:" in capsys.readouterr().err


async def test_a_key_that_is_no_list_is_an_error_for_the_shell(
    client: RedisClient, shell: Shell
) -> None:
    await client.set("dlq:q", "a text")
    status, _, err = await shell("list", "q")
    assert (status, err.splitlines()) == (
        1,
        ["Redis refused: WRONGTYPE Operation against a key holding the wrong kind of value"],
    )


async def test_a_url_that_is_none_is_explained_without_showing_its_password(shell: Shell) -> None:
    status, out, err = await shell("list", "q", url="rediss://:secret@host:port")
    assert (status, out) == (1, "")
    assert "redis://HOST:PORT/DATABASE" in err
    assert "secret" not in err


def test_an_unreachable_server_is_one_clear_message_and_no_traceback(
    private_server: PrivateServer,
) -> None:
    url = private_server.url
    private_server.stop()
    result = subprocess.run(
        [sys.executable, "-m", "backend.tools.dlq", "list", "q"],
        env=os.environ | {"REDIS_URL": url},
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("Redis cannot be used: Error")
    assert "Check that the server runs" in result.stderr
    assert "Traceback" not in result.stderr


async def test_a_reader_that_has_seen_enough_is_no_error(
    client: RedisClient, redis_url: str, namespace: str
) -> None:
    await give_up(client, *(b"%d" % number for number in range(2000)))
    line = ["list", "q", "--count", "2000", "--url", redis_url, "--namespace", namespace]
    tool = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "backend.tools.dlq",
        *line,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        limit=100,  # what is not read stays in the pipe
    )
    assert tool.stdout
    assert tool.stderr
    await tool.stdout.read(10)
    tool._transport.get_pipe_transport(1).close()
    assert await tool.stderr.read() == b""
    assert await tool.wait() == 0
