"""A round counts every item, begins anew, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from redis import exceptions
from tests.support import exists, until, wait_until

from backend.core.redis import RedisClient
from backend.core.reliable_queue import ReliableQueue
from backend.examples.pop_or_reserve import COMMANDS, QUEUE, Mode
from course import failure_lab
from course.failure_lab.round import Round
from course.failure_lab.tally import Tally


@pytest.mark.parametrize(
    "then", ["", "round.server.kill()", "round.server.kill(); round.server.start()"]
)
def test_server_folder_and_a_paused_consumer_end_with_a_process_that_is_killed(then: str) -> None:
    program = f"""
import asyncio, os, signal
from backend.core.redis import RedisClient
from backend.core.reliable_queue import ReliableQueue
from course import failure_lab
async def main():
    round = await failure_lab.open(append_only=True)
    folder = round.server._folder
    consumer = await round.start_consumer()
    consumer.pause()
    {then}
    print(folder, consumer.pid, round.server._pid, flush=True)
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


async def test_the_lab_says_that_its_server_is_private_also_when_redis_url_is_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://somebody-elses:6379/0")
    round = await failure_lab.open()
    assert "127.0.0.1" in round.server.url
    said = capsys.readouterr().out
    assert said == "Redis: a private server for this lab, since it will be broken on purpose\n"
    await failure_lab.finish()
    assert not round.server.running


async def test_opening_again_and_finishing_end_what_was_there() -> None:
    first = await failure_lab.open()
    consumer = await first.start_consumer()
    proxy = first.proxy()
    second = await failure_lab.open()
    assert not first.server.running
    assert not consumer.alive
    with pytest.raises(exceptions.ConnectionError):
        await RedisClient(proxy.url, attempts=1).connect()
    await failure_lab.finish()
    assert not second.server.running


@pytest.mark.parametrize("mode", COMMANDS)
async def test_what_is_added_is_numbered_and_begins_anew_with_each_experiment(
    round: Round, mode: Mode
) -> None:
    for _ in range(2):
        await round.begin(mode)
        await round.add(2)
        await round.add()
        assert round.added == [0, 1, 2]
        assert (await round.count()).waiting == 3


async def test_to_begin_anew_ends_the_consumers_and_empties_every_place(round: Round) -> None:
    await round.begin("reserve")
    await round.add(2)
    await round.add_item({"id": "broken", "poison": True})
    consumer = await round.start_consumer(work_seconds=30)
    await consumer.holds_item()
    await round.begin("pop")
    assert not consumer.alive
    assert await round.client.call("DBSIZE") == 0
    assert await round.count() == Tally(0, 0, 0, 0, 0, 0, missing=[], twice=0)


@pytest.mark.parametrize("mode", ["reserved", "", None])
async def test_a_mode_that_does_not_exist_is_refused(round: Round, mode: Mode) -> None:
    with pytest.raises(ValueError, match="mode must be pop or reserve"):
        await round.begin(mode)


@pytest.mark.parametrize("mode", COMMANDS)
async def test_a_misspelt_option_is_refused_before_a_process_starts(
    round: Round, mode: Mode
) -> None:
    await round.begin(mode)
    with pytest.raises(TypeError, match="leese"):
        await round.start_consumer(leese=1)
    assert round.consumers == []


@pytest.mark.parametrize(("mode", "waiting"), [("pop", 2), ("reserve", 1)])
async def test_a_push_without_an_answer_is_sent_again(
    round: Round, mode: Mode, waiting: int
) -> None:
    await round.begin(mode)
    proxy = round.proxy()
    async with RedisClient(proxy.url) as client:
        proxy.cut_next_reply(COMMANDS[mode][0])
        await round.add(client=client)
    assert proxy.lost == 1
    assert await round.client.get_queue_length(QUEUE) == waiting


async def test_a_refused_push_is_an_error_and_adds_nothing(round: Round) -> None:
    await round.client.call("SET", QUEUE, "not a list")
    with pytest.raises(exceptions.ResponseError):
        await round.add()
    assert round.added == []


@pytest.mark.parametrize("mode", COMMANDS)
async def test_settled_waits_until_all_is_done_and_lets_the_consumers_end(
    round: Round, mode: Mode
) -> None:
    await round.begin(mode)
    await round.add(10)
    consumers = [await round.start_consumer(work_seconds=0.01) for _ in range(2)]
    await round.settled()
    assert not any(consumer.alive for consumer in consumers)
    assert await round.count() == Tally(10, 10, 0, 0, 0, 0, missing=[], twice=0)


async def test_settled_says_what_is_left_when_nobody_does_it(round: Round) -> None:
    await round.add(3)
    with pytest.raises(TimeoutError, match="has not settled, with 3 items left"):
        await round.settled(timeout=0.05)


@pytest.mark.parametrize(("mode", "missing"), [("pop", [0]), ("reserve", [])])
async def test_a_killed_consumer_loses_its_item_with_pop_and_keeps_it_with_reserve(
    round: Round, mode: Mode, missing: list[int]
) -> None:
    await round.begin(mode)
    await round.add()
    consumer = await round.start_consumer(work_seconds=30)
    assert await consumer.holds_item() == 0
    consumer.kill()
    assert not consumer.alive
    counted = await round.count()
    assert (counted.missing, counted.in_hand) == (missing, 1 - len(missing))


async def test_what_a_living_consumer_holds_is_in_hand_not_missing(round: Round) -> None:
    await round.add()
    consumer = await round.start_consumer(work_seconds=30)
    await consumer.holds_item()
    assert str(await round.count()) == (
        "1 added = 0 handled + 0 waiting + 1 in hand + 0 retrying + 0 dead-lettered + 0 missing; "
        "0 handled twice"
    )


async def test_every_place_is_counted_and_handled_twice_as_well(round: Round) -> None:
    round.added = [*range(1, 7)]
    round.handled = [1, 1]
    client = round.client
    async with ReliableQueue(client, QUEUE, backoff_base=60) as queue:
        await client.add_to_queue(QUEUE, {"id": 4})
        await queue.fail(await queue.take(timeout=1), "on purpose")
        for number in (3, 2):
            await client.add_to_queue(QUEUE, {"id": number})
        await queue.take(timeout=1)
        await client.add_to_queue(f"dlq:{QUEUE}", {"original_job": {"id": 5}})
        await client.add_to_queue(f"dlq:{QUEUE}", "not an entry of ours")
        assert await round.count() == Tally(6, 1, 1, 1, 1, 1, missing=[6], twice=1)


async def test_what_turns_up_again_was_on_its_way_also_when_it_is_lost_later(round: Round) -> None:
    async def sampled() -> None:
        samples = len(counts.times)
        await until(lambda: len(counts.times) > samples + 1)

    await round.begin("pop")
    async with round.watch() as counts:
        await round.add()
        item = await round.client.get_from_queue(QUEUE, timeout=1)
        await sampled()
        await round.client.add_to_queue(QUEUE, item)
        await sampled()
        await round.client.get_from_queue(QUEUE, timeout=1)
        await sampled()
    assert 1 in counts["in hand"]
    assert counts["missing"][-1] == 1
    assert counts["missing"] == sorted(counts["missing"])


@pytest.mark.parametrize("mode", COMMANDS)
async def test_a_watched_loss_is_seen_from_the_moment_on_in_which_it_happens(
    round: Round, mode: Mode
) -> None:
    await round.begin(mode)
    consumer = await round.start_consumer(work_seconds=30)
    async with round.watch() as counts:
        await round.add(2)
        await consumer.holds_item()
        await until(lambda: counts["in hand"][-1] == 1)
        consumer.kill()
        samples = len(counts.times)
        await until(lambda: len(counts.times) > samples + 1)
    lost = mode == "pop"
    assert counts["in hand"][-1] == (not lost)
    assert counts["missing"] == sorted(counts["missing"])
    assert counts["missing"][-1] == lost
    assert {counts["missing"][place] for place in range(samples)} <= {0, int(lost)}


async def test_what_is_on_its_way_to_a_consumer_is_in_hand_and_not_missing(round: Round) -> None:
    async with round.watch() as counts:
        await round.add()
        job = await round.client.get_from_queue(QUEUE, timeout=1)  # nobody knows of it
        samples = len(counts.times)
        await until(lambda: len(counts.times) > samples + 1)
        round.handled.append(job["id"])
    assert not any(counts["missing"])
    assert counts["in hand"][samples + 1] == 1
    assert counts["handled"][-1] == 1


async def test_a_server_that_is_away_for_a_while_leaves_a_gap(round: Round) -> None:
    async with round.watch() as counts:
        round.server.kill()
        await asyncio.sleep(1.5)
        round.server.start()
        await until(lambda: bool(counts.outages))
    assert len(counts.outages) == 1
    assert len(counts["missing"]) == len(counts.times) >= 2


async def test_a_server_that_is_not_back_when_the_body_ends_is_an_error(round: Round) -> None:
    with pytest.raises(exceptions.ConnectionError):
        async with round.watch():
            round.server.kill()


async def test_a_waiting_client_is_noticed_and_its_absence_said(round: Round) -> None:
    with pytest.raises(TimeoutError, match="no client has come to wait"):
        await failure_lab.somebody_waits(round.client, timeout=0.05)
    await round.start_consumer()  # an idle one waits for an item
    await failure_lab.somebody_waits(round.client)
