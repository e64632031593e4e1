"""What all stages have in common: start, stop, and what happens when something fails."""

import asyncio
import logging

import pytest
from redis import exceptions
from tests.support import until

from backend.core.redis import RedisClient
from backend.core.unavailable import Unavailable
from backend.services.analyzer import AnalysisWorker
from backend.services.analyzers.rules import RuleAnalyzer
from backend.services.batch_aggregator import BatchAggregator
from backend.services.detector import DetectionWorker
from backend.services.detectors.background import BackgroundDetector
from backend.services.stage import Stage, trouble_key


class Failing(Stage):
    """Fails as it is told to, once for each error, then works."""

    def __init__(self, client: RedisClient, *errors: Exception) -> None:
        super().__init__(client)
        self.errors = list(errors)

    async def run(self) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.ready.set()
        await asyncio.Event().wait()


async def test_a_stage_works_for_the_length_of_its_block(client: RedisClient) -> None:
    stage = Failing(client)
    async with stage:
        assert stage.ready.is_set()
        (task,) = [task for task in asyncio.all_tasks() if task.get_name() == "stage"]
    assert task.cancelled()


@pytest.mark.parametrize(
    "error",
    [exceptions.ConnectionError("refused"), Unavailable("no model"), OSError("disk"), KeyError(1)],
    ids=lambda error: type(error).__name__,
)
async def test_no_error_ends_a_stage(client: RedisClient, error: Exception) -> None:
    async with Failing(client, error, error) as stage:
        assert stage.errors == []


async def test_the_same_trouble_is_logged_once(
    client: RedisClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    refused = exceptions.ConnectionError("refused")
    async with Failing(client, refused, refused, refused) as stage:
        stage.record("an item", 0.0)
    assert caplog.text.count("ConnectionError: refused; waiting, and trying again") == 1
    assert caplog.text.count("at work again") == 1


async def test_a_fault_of_the_stage_itself_is_logged_with_its_traceback(
    client: RedisClient, caplog: pytest.LogCaptureFixture
) -> None:
    async with Failing(client, ZeroDivisionError("one by none")):
        pass
    assert "ZeroDivisionError: one by none; beginning again" in caplog.text
    assert "Traceback" in caplog.text


async def test_what_is_away_is_asked_for_again_within_a_second(
    client: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("backend.services.stage.asyncio.sleep", note)
    async with Failing(client, *[Unavailable("no model")] * 6):
        pass
    assert waits == [0.1, 0.2, 0.4, 0.8, 1, 1]


async def test_a_stage_in_trouble_says_so_in_redis_and_only_then(client: RedisClient) -> None:
    stage = Failing(client, *[Unavailable("no model")] * 2)
    stage.start()
    await until(lambda: client.exists(trouble_key("stage")))
    assert await client.get(trouble_key("stage")) == "Unavailable: no model"
    assert 0 < await client.call("TTL", client.full_name(trouble_key("stage"))) <= 6
    await stage.stop()


async def test_a_stage_runs_once_at_a_time(client: RedisClient) -> None:
    async with Failing(client) as stage:
        with pytest.raises(RuntimeError, match="already runs"):
            stage.start()


async def test_a_stage_can_be_started_again(client: RedisClient) -> None:
    stage = Failing(client)
    for _ in range(2):
        async with stage:
            assert stage.ready.is_set()
        await stage.stop()  # twice is harmless


async def test_a_stage_that_fails_when_it_is_told_to_end_ends(client: RedisClient) -> None:
    class FailsAtTheEnd(Stage):
        async def run(self) -> None:
            self.ready.set()
            try:
                await asyncio.Event().wait()
            finally:
                raise ValueError("and it could not tidy up")

    async with asyncio.timeout(5), FailsAtTheEnd(client):
        pass


async def test_a_trouble_after_a_long_good_time_is_a_new_one(
    client: RedisClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.services.stage.LONGEST_WAIT_OF_A_FAULT", 0.05)

    class NowAndThen(Failing):
        async def run(self) -> None:
            await asyncio.sleep(0.1)  # simulated: a good time
            await super().run()

    refused = exceptions.ConnectionError("refused")
    async with NowAndThen(client, refused, refused):
        pass
    assert caplog.text.count("ConnectionError: refused; waiting, and trying again") == 2


async def test_what_redis_says_of_a_key_is_logged_without_a_traceback(
    client: RedisClient, caplog: pytest.LogCaptureFixture
) -> None:
    async with Failing(client, exceptions.ResponseError("WRONGTYPE")):
        pass
    assert "ResponseError: WRONGTYPE; beginning again" in caplog.text
    assert "Traceback" not in caplog.text


async def test_the_job_of_a_worker_that_dies_is_another_s_after_30_seconds(
    client: RedisClient,
) -> None:
    detector = BackgroundDetector({})
    async with (
        DetectionWorker(client, detector, BatchAggregator(client), consumer="one"),
        AnalysisWorker(client, RuleAnalyzer(), consumer="one"),
    ):
        for queue in ("detection_queue", "analysis_queue"):
            lease = client.full_name(f"{queue}:lease:one")
            assert 20_000 < await client.call("PTTL", lease) <= 30_000
