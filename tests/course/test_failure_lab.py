"""The failure lab's switches do what they say, and leave nothing behind."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from tests.support import exists, wait_until

from backend.core.push import add_to_queue_safe
from backend.core.redis import RedisClient
from course import failure_lab
from private_redis import PrivateServer

QUEUE = "detection_queue"


@pytest.fixture
def durable() -> Iterator[PrivateServer]:
    with PrivateServer(append_only=True) as server:
        yield server


def folder_of(server: PrivateServer) -> Path:
    with redis.Redis.from_url(server.url) as client:
        return Path(client.config_get("dir")["dir"])


# ---- the server ----


def test_a_killed_server_comes_back_with_its_data_on_the_same_port(durable: PrivateServer) -> None:
    url = durable.url
    for value in (b"1", b"2"):  # also a second time
        with redis.Redis.from_url(url) as client:
            client.set("key", value)
        durable.kill()
        assert not durable.running
        durable.start()
        assert durable.url == url
        with redis.Redis.from_url(url) as client:
            assert client.get("key") == value


def test_a_stopped_server_forgets_its_data_and_leaves_no_folder(durable: PrivateServer) -> None:
    with redis.Redis.from_url(durable.url) as client:
        client.set("key", "value")
    folder = folder_of(durable)
    durable.kill()
    assert folder.is_dir()
    durable.stop()
    assert not folder.exists()
    durable.start()
    with redis.Redis.from_url(durable.url) as client:
        assert client.dbsize() == 0


@pytest.mark.parametrize("then", ["", "server.kill()", "server.kill(); server.start()"])
def test_server_folder_and_a_paused_consumer_end_with_a_process_that_is_killed(then: str) -> None:
    program = f"""
import asyncio, os, signal
from course import failure_lab
async def main():
    server = failure_lab.start(append_only=True)
    folder = server._folder
    consumer = await failure_lab.start_consumer(server.url, "q", mode="reserve")
    consumer.pause()
    {then}
    print(folder, consumer.pid, server._pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    folder, consumer, server = ended.stdout.splitlines()[-1].split()
    wait_until(
        lambda: not (Path(folder).exists() or exists(int(consumer)) or exists(int(server))),
        f"the folder and both processes are gone: {ended.stdout}",
    )


def test_the_lab_says_that_its_server_is_private_also_when_redis_url_is_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://somebody-elses:6379/0")
    server = failure_lab.start()
    try:
        assert "127.0.0.1" in server.url
        said = capsys.readouterr().out
        assert said == "Redis: a private server for this lab, since it will be broken on purpose\n"
    finally:
        server.stop()


# ---- consumers ----


async def test_a_killed_consumer_loses_its_item_with_pop_and_keeps_it_with_reserve(
    private_server: PrivateServer,
) -> None:
    async with RedisClient(private_server.url) as client:
        for mode, missing in (("pop", [0]), ("reserve", [])):
            await client.add_to_queue(QUEUE, {"id": 0})
            consumer = await failure_lab.start_consumer(
                private_server.url, QUEUE, mode=mode, work_seconds=30
            )
            assert await consumer.holds_item() == 0
            consumer.kill()
            assert not consumer.alive
            counted = await failure_lab.tally(
                private_server.url, QUEUE, added=[0], consumers=[consumer]
            )
            assert (counted.missing, counted.in_hand) == (missing, 1 - len(missing))


async def test_what_a_living_consumer_holds_is_in_hand_not_missing(
    private_server: PrivateServer,
) -> None:
    async with RedisClient(private_server.url) as client:
        await client.add_to_queue(QUEUE, {"id": 0})
    consumer = await failure_lab.start_consumer(
        private_server.url, QUEUE, mode="pop", work_seconds=30
    )
    await consumer.holds_item()
    counted = await failure_lab.tally(private_server.url, QUEUE, added=[0], consumers=[consumer])
    consumer.kill()
    assert str(counted) == (
        "1 added = 0 handled + 0 waiting + 1 in hand + 0 retrying + 0 dead-lettered + 0 missing; "
        "0 handled twice"
    )


async def test_a_stopped_consumer_finishes_its_item(private_server: PrivateServer) -> None:
    async with RedisClient(private_server.url) as client:
        await client.add_to_queue(QUEUE, {"id": 0})
        consumer = await failure_lab.start_consumer(
            private_server.url, QUEUE, mode="reserve", work_seconds=0.2
        )
        await consumer.holds_item()
        consumer.stop()
        assert consumer.handled == [0]
        assert await client.call("DBSIZE") == 0


async def test_waiting_for_what_does_not_come_says_how_far_it_came(
    private_server: PrivateServer,
) -> None:
    consumer = await failure_lab.start_consumer(
        private_server.url, QUEUE, mode="pop", name="detector"
    )
    with pytest.raises(TimeoutError, match="detector has handled 0 of 1 items"):
        await consumer.wait_for("handled", 1, timeout=0.05)
    consumer.kill()
    with pytest.raises(TimeoutError, match="Its process has ended"):
        await consumer.wait_for("handled", 1)


# ---- the line ----


async def test_the_line_is_cut_after_the_command_has_run_and_before_its_reply(
    private_server: PrivateServer,
) -> None:
    with failure_lab.Proxy(private_server.url) as proxy:
        async with RedisClient(proxy.url) as client:
            proxy.cut_next_reply("RPUSH")
            with pytest.raises(redis.ConnectionError):
                await client.add_to_queue(QUEUE, 1)
            assert await client.get_queue_length(QUEUE) == 1
            assert await client.add_to_queue(QUEUE, 2) == 2
    assert proxy.lost == 1


async def test_a_script_is_named_and_its_reply_is_lost_after_it_has_run(
    private_server: PrivateServer,
) -> None:
    """The server does not know the script at first: that answer is not the one that is lost."""
    with failure_lab.Proxy(private_server.url) as proxy:
        async with RedisClient(proxy.url) as client:
            proxy.cut_next_reply("push")
            with pytest.raises(redis.ConnectionError):
                await add_to_queue_safe(client, QUEUE, 1)
            assert await client.get_queue_length(QUEUE) == 1
            assert (await add_to_queue_safe(client, QUEUE, 2)).queue_length == 2
    assert proxy.lost == 1


async def test_a_script_that_there_is_not_is_an_error(private_server: PrivateServer) -> None:
    with (
        failure_lab.Proxy(private_server.url) as proxy,
        pytest.raises(FileNotFoundError, match=r"no script pusch\.lua.* push\.lua"),
    ):
        proxy.cut_next_reply("pusch")


async def test_without_a_server_the_line_is_cut(private_server: PrivateServer) -> None:
    with failure_lab.Proxy(private_server.url) as proxy:
        private_server.stop()
        with pytest.raises(redis.ConnectionError):
            await RedisClient(proxy.url, attempts=1).connect()


# ---- the count ----


async def test_every_place_is_counted_and_handled_twice_as_well(
    private_server: PrivateServer,
) -> None:
    async with RedisClient(private_server.url) as client:
        await client.add_to_queue(QUEUE, {"id": 2})
        await client.call("ZADD", f"{QUEUE}:consumers", 1, "somebody")
        await client.call("RPUSH", f"{QUEUE}:processing:somebody", b'{"id":3}')
        await client.call("ZADD", f"{QUEUE}:retry", 1, b'somebody 1|{"id":4}')
        await client.add_to_queue(f"dlq:{QUEUE}", {"original_job": {"id": 5}})
        await client.add_to_queue(f"dlq:{QUEUE}", "not an entry of ours")
    counted = await failure_lab.tally(private_server.url, QUEUE, added=range(1, 7), handled=[1, 1])
    assert counted == failure_lab.Tally(6, 1, 1, 1, 1, 1, missing=[6], twice=1)
