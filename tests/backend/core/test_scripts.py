"""Scripts: found by name, sent by digest, and told again to a server that has forgotten them."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest
import redis.asyncio
from redis import exceptions

from backend.core.push import add_to_queue_safe
from backend.core.redis import RedisClient
from backend.core.scripts import Script, load
from course.failure_lab.connection import Proxy
from private_redis import PrivateServer

PUSH = Script("push", "return redis.call('RPUSH', KEYS[1], ARGV[1])")


# ---- files ----


def test_a_script_is_the_text_of_its_file_and_its_digest_that_of_the_text() -> None:
    script = load("requeue")
    assert script.text.startswith("#!lua flags=allow-oom\n")
    assert script.digest == hashlib.sha1(script.text.encode()).hexdigest()


def test_a_script_is_read_once() -> None:
    assert load("reserve") is load("reserve")


def test_what_a_script_shares_with_others_stands_in_place_of_the_include_line() -> None:
    text = load("reserve").text
    assert text.startswith("#!lua flags=allow-oom\n-- What every script of a ReliableQueue")
    assert "-- include" not in text
    assert text.index("local function is_in_hand") < text.index("First what is due")


def test_a_script_that_is_not_there_is_an_error_that_says_which_there_are() -> None:
    with pytest.raises(FileNotFoundError, match=r"no script reserv\.lua in .*: .*reserve\.lua"):
        load("reserv")


def test_an_included_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "lua").mkdir()
    (tmp_path / "lua" / "one.lua").write_text("-- include other.lua\nreturn 1\n")
    with pytest.raises(FileNotFoundError, match=r"no script other\.lua .*there are: one\.lua"):
        load("one", beside=str(tmp_path / "module.py"))


# ---- sending ----


async def times_sent(admin: redis.asyncio.Redis, command: str) -> int:
    stats = await admin.info("commandstats")
    return sum(
        stat["calls"] for name, stat in stats.items() if name.startswith(f"cmdstat_{command}")
    )


async def test_a_script_is_run_with_the_keys_in_the_namespace(
    client: RedisClient,
) -> None:
    assert await client.run(PUSH, ["q"], "1") == 1
    assert await client.peek_queue("q") == [1]


async def test_the_text_is_sent_once_and_then_the_digest_alone(
    quick: RedisClient, admin: redis.asyncio.Redis
) -> None:
    for number in range(5):
        await quick.run(PUSH, ["q"], number)
    assert await quick.peek_queue("q") == [0, 1, 2, 3, 4]
    assert await times_sent(admin, "script|load") == 1
    assert await times_sent(admin, "evalsha") == 6
    assert await times_sent(admin, "eval") == 6  # that is, EVAL itself was not sent


async def test_a_server_that_was_told_to_forget_its_scripts_is_told_them_again(
    quick: RedisClient, admin: redis.asyncio.Redis
) -> None:
    await quick.run(PUSH, ["q"], 1)
    await admin.script_flush()
    assert await quick.run(PUSH, ["q"], 2) == 2
    assert await quick.peek_queue("q") == [1, 2]


async def test_after_a_restart_a_push_that_must_not_be_repeated_works_and_makes_one_item(
    private_server: PrivateServer,
) -> None:
    async with RedisClient(private_server.url) as client:
        await add_to_queue_safe(client, "q", 1)
        private_server.stop()
        private_server.start()
        await client.get("anything")  # a read may be repeated, until the dead connection is noticed
        assert (await add_to_queue_safe(client, "q", 2)).queue_length == 1
        assert await client.peek_queue("q") == [2]


async def test_many_at_once_on_a_server_that_knows_nothing_each_run_once(
    private_server: PrivateServer,
) -> None:
    async with RedisClient(private_server.url) as client:
        await asyncio.gather(*(client.run(PUSH, ["q"], number) for number in range(50)))
        assert sorted(await client.peek_queue("q")) == list(range(50))


async def test_a_script_whose_reply_is_lost_is_repeated_only_where_that_was_allowed(
    proxy: Proxy, admin: redis.asyncio.Redis
) -> None:
    async with RedisClient(proxy.url, backoff_base=0.01) as client:
        proxy.cut_next_reply("EVALSHA")
        with pytest.raises(exceptions.ConnectionError):
            await client.run(PUSH, ["q"], 1)
        assert await admin.llen("q") == 1
        proxy.cut_next_reply("EVALSHA")
        assert await client.run(PUSH, ["q"], 2, repeat=True) == 3


async def test_an_error_of_the_script_is_an_error_of_the_call(client: RedisClient) -> None:
    await client.set("q", "a text")
    with pytest.raises(exceptions.ResponseError, match="WRONGTYPE"):
        await client.run(PUSH, ["q"], 1)
