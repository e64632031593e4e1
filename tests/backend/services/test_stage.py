"""What all stages have in common: start, stop, and what happens when something fails."""

import asyncio

import pytest
from redis.exceptions import ConnectionError

from backend.services.stage import Stage


class Failing(Stage):
    """Fails as it is told to, once for each error, then works."""

    def __init__(self, *errors: Exception) -> None:
        super().__init__(retry_after=0.01)
        self.errors = list(errors)

    async def run(self) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.ready.set()
        await asyncio.Event().wait()


async def test_a_stage_works_for_the_length_of_its_block() -> None:
    stage = Failing()
    async with stage:
        assert stage.ready.is_set()
        (task,) = [task for task in asyncio.all_tasks() if task.get_name() == "stage"]
    assert task.cancelled()


async def test_a_stage_begins_again_until_redis_is_back(caplog) -> None:
    async with Failing(ConnectionError("refused"), ConnectionError("refused")) as stage:
        assert stage.errors == []
    assert caplog.text.count("Redis: refused; trying again in 0.01 s") == 2


async def test_a_stage_that_cannot_start_says_why() -> None:
    with pytest.raises(OSError, match="no such folder"):
        async with Failing(OSError("no such folder")):
            pass


async def test_a_stage_that_fails_later_says_why_when_it_is_stopped() -> None:
    class FailingLater(Stage):
        async def run(self) -> None:
            self.ready.set()
            raise OSError("disk full")

    stage = FailingLater()
    await asyncio.wait([stage.start()])
    with pytest.raises(OSError, match="disk full"):
        await stage.stop()


async def test_a_stage_runs_once_at_a_time() -> None:
    async with Failing() as stage:
        with pytest.raises(RuntimeError, match="already runs"):
            stage.start()


async def test_a_stage_can_be_started_again() -> None:
    stage = Failing()
    for _ in range(2):
        async with stage:
            assert stage.ready.is_set()
        await stage.stop()  # twice is harmless
