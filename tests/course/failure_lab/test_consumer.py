"""A consumer can be stopped, and says how far it is."""

from __future__ import annotations

import asyncio
import subprocess

import pytest

from course.failure_lab.round import Round


async def test_a_stopped_consumer_finishes_its_item(round: Round) -> None:
    await round.begin("reserve")
    await round.add_item({"id": 0})
    consumer = await round.start_consumer(work_seconds=0.2)
    await consumer.holds_item()
    consumer.stop()
    assert consumer.handled == [0]
    assert (await round.count()).in_hand == 0


async def test_a_paused_consumer_goes_on_when_it_is_resumed(round: Round) -> None:
    await round.add(2)
    consumer = await round.start_consumer(work_seconds=0.01)
    consumer.pause()
    assert consumer.alive
    consumer.resume()
    await consumer.has_handled(2)


async def test_waiting_for_what_does_not_come_says_how_far_it_came(round: Round) -> None:
    consumer = await round.start_consumer(name="detector")
    with pytest.raises(TimeoutError, match="detector has handled 0 of 1 items"):
        await consumer.has_handled(1, timeout=0.05)
    consumer.kill()
    with pytest.raises(TimeoutError, match="Its process has ended"):
        await consumer.has_handled(1)


async def test_what_a_consumer_logs_is_kept_and_no_report_is_taken_for_it(round: Round) -> None:
    await round.add_item({"id": "broken", "poison": True})
    consumer = await round.start_consumer()
    await round.settled()
    assert consumer.log == ["WARNING consumer: ValueError: the image of broken cannot be decoded"]
    assert (consumer.taken, consumer.handled) == (["broken"], [])


async def test_a_consumer_that_cannot_start_shows_the_end_of_its_log(round: Round) -> None:
    await round.begin("reserve")
    with pytest.raises(
        TimeoutError, match=r"(?s)is not connected.*lease must be a number of seconds"
    ):
        await round.start_consumer(lease=-1)
    assert not any(consumer.alive for consumer in round.consumers)


async def test_the_password_of_the_server_is_on_no_command_line(round: Round) -> None:
    consumer = await round.start_consumer()
    shown = ["ps", "-ww", "-o", "args", "-p", str(consumer.pid)]
    line = (await asyncio.to_thread(subprocess.run, shown, capture_output=True, text=True)).stdout
    assert "backend.examples.consumer" in line
    assert "redis://" not in line
