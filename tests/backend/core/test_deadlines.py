"""Deadlines: they end what takes too long, and nothing else."""

from __future__ import annotations

import asyncio
import time

import pytest

from backend.core.deadlines import Deadlines

FOREVER = 60.0  # seconds: longer than any test


async def wait(deadlines: Deadlines, seconds: float, *, work: float = FOREVER) -> float:
    """Work within a deadline; return the seconds after which it ended the work."""
    began = time.monotonic()
    with pytest.raises(TimeoutError), deadlines.within(seconds):
        await asyncio.sleep(work)
    return time.monotonic() - began


async def test_what_takes_too_long_ends_with_a_timeout_at_its_deadline() -> None:
    assert 0.05 <= await wait(Deadlines(), 0.05) < 2


async def test_what_is_done_in_time_goes_on_undisturbed() -> None:
    deadlines = Deadlines()
    with deadlines.within(0.05):
        await asyncio.sleep(0)
    await asyncio.sleep(0.1)  # simulated: the next piece of work, which lasts longer
    task = asyncio.current_task()
    assert task
    assert not task.cancelling()


async def test_each_of_many_ends_at_its_own_deadline_whichever_came_first() -> None:
    deadlines = Deadlines()
    order: list[float] = []

    async def note(seconds: float) -> None:
        await wait(deadlines, seconds)
        order.append(seconds)

    asked = 0.15, 0.05, 0.2, 0.1
    await asyncio.gather(*map(note, asked))
    assert order == sorted(asked)


async def test_a_deadline_that_begins_after_the_timer_has_come_is_kept_too() -> None:
    deadlines = Deadlines()
    await wait(deadlines, 0.02)
    assert 0.05 <= await wait(deadlines, 0.05) < 2


async def test_after_a_pause_of_the_loop_all_that_are_over_end_before_what_is_within_them() -> None:
    deadlines = Deadlines()

    async def work() -> str:
        try:
            with deadlines.within(0.05):
                try:
                    async with asyncio.timeout(0.06):
                        await asyncio.sleep(FOREVER)
                except TimeoutError:
                    return "the inner one"
        except TimeoutError:
            return "ours"
        return "none"

    works = [asyncio.create_task(work()) for _ in range(5)]
    await asyncio.sleep(0)
    time.sleep(0.1)  # noqa: ASYNC251 - the loop is to stand still
    assert await asyncio.gather(*works) == ["ours"] * 5


async def test_many_deadlines_need_one_timer() -> None:
    deadlines = Deadlines()
    loop = asyncio.get_running_loop()
    timers: list[float] = []
    call_at = loop.call_at

    def note(when: float, *arguments: object, **options: object) -> asyncio.TimerHandle:
        timers.append(when)
        return call_at(when, *arguments, **options)  # type: ignore[arg-type]

    loop.call_at = note  # type: ignore[method-assign,assignment]
    try:
        for _ in range(1000):
            with deadlines.within(FOREVER):
                pass
    finally:
        loop.call_at = call_at  # type: ignore[method-assign]
    assert len(timers) == 1


async def test_a_cancellation_from_outside_is_none_of_a_timeout() -> None:
    deadlines = Deadlines()

    async def work() -> None:
        with deadlines.within(FOREVER):
            await asyncio.sleep(FOREVER)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancellation_from_outside_at_the_deadline_goes_before_the_timeout() -> None:
    deadlines = Deadlines()

    async def work() -> None:
        with deadlines.within(0):
            asyncio.get_running_loop().call_soon(task.cancel)
            await asyncio.sleep(FOREVER)

    task = asyncio.create_task(work())
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_outer_of_two_deadlines_ends_what_is_in_the_inner() -> None:
    deadlines = Deadlines()
    inner: list[BaseException] = []

    async def work() -> None:
        try:
            with deadlines.within(FOREVER):
                await asyncio.sleep(FOREVER)
        except BaseException as error:
            inner.append(error)
            raise

    with pytest.raises(TimeoutError), deadlines.within(0.05):
        await work()
    assert isinstance(inner[0], asyncio.CancelledError)


async def test_after_a_timeout_the_task_may_be_cancelled_as_before() -> None:
    deadlines = Deadlines()
    await wait(deadlines, 0.01)
    task = asyncio.current_task()
    assert task
    assert not task.cancelling()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await asyncio.sleep(FOREVER)


async def test_another_error_in_the_block_is_raised_as_it_is() -> None:
    with pytest.raises(ValueError, match="of the work"), Deadlines().within(FOREVER):
        raise ValueError("of the work")


async def test_in_another_event_loop_than_its_own_it_says_what_to_do() -> None:
    """Its timer would never come there, and nothing would end what takes too long."""
    deadlines = Deadlines()

    async def use() -> None:
        with deadlines.within(FOREVER):
            pass

    await use()
    with pytest.raises(RuntimeError, match=r"another event loop.*connect\(\) in the loop"):
        await asyncio.to_thread(asyncio.run, use())
