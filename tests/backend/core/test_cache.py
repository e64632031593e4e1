"""set, get, exists, delete: values come back as themselves, and expire when they should."""

from __future__ import annotations

import pytest
import redis.asyncio
from redis import exceptions

from backend.core.redis import RedisClient


@pytest.mark.parametrize(
    "value", ["123", "", "true", 'a "b"', "Zürich 東京 😀", None, True, 0, 1.5, [], {"a": [None]}]
)
async def test_a_value_comes_back_as_itself(client: RedisClient, value: object) -> None:
    assert await client.set("k", value) is True
    back = await client.get("k")
    assert back == value
    assert type(back) is type(value)


async def test_a_key_that_is_absent_is_none(client: RedisClient) -> None:
    assert await client.get("k") is None


async def test_a_value_of_one_megabyte_comes_back(client: RedisClient) -> None:
    assert await client.set("k", "x" * 1_000_000)
    assert await client.get("k") == "x" * 1_000_000


async def test_expire_sets_the_time_to_live(
    client: RedisClient, other_program: redis.asyncio.Redis
) -> None:
    await client.set("k", 1, expire=300)
    assert 299_000 < await other_program.pttl(client.full_name("k")) <= 300_000


async def test_without_expire_there_is_no_time_to_live(
    client: RedisClient, other_program: redis.asyncio.Redis
) -> None:
    await client.set("k", 1)
    assert await other_program.pttl(client.full_name("k")) == -1


async def test_a_second_set_replaces_the_time_to_live(
    client: RedisClient, other_program: redis.asyncio.Redis
) -> None:
    await client.set("k", 1, expire=300)
    await client.set("k", 2, expire=10)
    assert 9_000 < await other_program.pttl(client.full_name("k")) <= 10_000


async def test_a_set_without_expire_removes_the_time_to_live(
    client: RedisClient, other_program: redis.asyncio.Redis
) -> None:
    await client.set("k", 1, expire=300)
    await client.set("k", 2)
    assert await other_program.pttl(client.full_name("k")) == -1


async def test_an_expired_key_is_none(
    client: RedisClient, other_program: redis.asyncio.Redis
) -> None:
    await client.set("k", 1, expire=300)
    await other_program.pexpire(client.full_name("k"), -1)
    assert await client.get("k") is None
    assert await client.exists("k") == 0


@pytest.mark.parametrize("expire", [0, -1])
async def test_expire_below_one_second_is_refused_and_nothing_is_stored(
    client: RedisClient, expire: int
) -> None:
    with pytest.raises(ValueError, match="1 or more whole seconds"):
        await client.set("k", 1, expire=expire)
    assert await client.exists("k") == 0


async def test_exists_counts_the_keys_that_are_there(client: RedisClient) -> None:
    await client.set("a", 1)
    await client.set("b", 1)
    assert await client.exists("a", "b", "absent") == 2
    assert await client.exists("absent") == 0


async def test_delete_counts_the_keys_that_were_there(client: RedisClient) -> None:
    await client.set("a", 1)
    await client.set("b", 1)
    assert await client.delete("a", "b", "absent") == 2
    assert await client.get("a") is None
    assert await client.delete("a") == 0


async def test_a_value_that_json_cannot_hold_is_refused_and_the_old_one_stays(
    client: RedisClient,
) -> None:
    await client.set("k", "old", expire=300)
    with pytest.raises(TypeError, match=r"value\['ids'\] is a set"):
        await client.set("k", {"ids": {1, 2}})
    assert await client.get("k") == "old"


async def test_what_another_program_wrote_comes_back_as_text_or_bytes(
    client: RedisClient, other_program: redis.asyncio.Redis
) -> None:
    await other_program.set(client.full_name("text"), "online, since noon")
    await other_program.set(client.full_name("bytes"), b"\xff\xd8\xff")
    assert await client.get("text") == "online, since noon"
    assert await client.get("bytes") == b"\xff\xd8\xff"


async def test_a_get_of_a_queue_is_an_error_of_the_type(client: RedisClient) -> None:
    await client.add_to_queue("q", 1)
    with pytest.raises(exceptions.ResponseError, match="WRONGTYPE"):
        await client.get("q")


async def test_two_namespaces_do_not_see_each_others_keys(
    client: RedisClient, redis_url: str, namespace: str
) -> None:
    async with RedisClient(redis_url, namespace=f"{namespace}other:") as other:
        await client.set("k", "ours")
        assert await other.get("k") is None
        await other.set("k", "theirs")
        assert await client.get("k") == "ours"
        assert await other.delete("k") == 1
        assert await client.exists("k") == 1


@pytest.mark.parametrize("expire", [0.5, 1.0, True])
async def test_a_ttl_is_a_whole_number_of_seconds(client: RedisClient, expire: int) -> None:
    with pytest.raises(ValueError, match="whole seconds"):
        await client.set("key", 1, expire=expire)


async def test_no_keys_are_no_error(client: RedisClient) -> None:
    assert (await client.exists(), await client.delete()) == (0, 0)
