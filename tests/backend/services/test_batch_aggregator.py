"""The batch aggregator, with a clock of its own: boundaries, two at once, restarts."""

import asyncio
import random

import pytest
from redis.exceptions import NoPermissionError
from tests.support import as_user, until

from backend.core.redis import RedisClient
from backend.core.unavailable import Unavailable
from backend.services.batch_aggregator import ANALYSIS_QUEUE, BatchAggregator
from backend.services.event_broadcaster import publish_event

FOR_EVER = -1  # what Redis calls the time to live of a key without one


def seen(number: int, camera_id: str = "driveway", **fields) -> dict:
    return {
        "id": f"d{number}",
        "camera_id": camera_id,
        "type": "car",
        "confidence": 0.8,
        "timestamp": "2026-01-15T10:30:00+00:00",
        **fields,
    }


@pytest.fixture
def aggregator(client, clock) -> BatchAggregator:
    numbers = iter(range(1000))
    return BatchAggregator(client, clock=clock, new_id=lambda: f"{next(numbers):032x}")


async def batches(client: RedisClient) -> list[list[str]]:
    return [job["detection_ids"] for job in await client.peek_queue(ANALYSIS_QUEUE)]


# ---- what is where ---------------------------------------------------------------------


async def test_the_first_detection_opens_a_batch_under_the_production_keys(
    aggregator, client, clock
):
    batch_id = await aggregator.add_detection(seen(1))
    assert await client.get("batch:driveway:current") == batch_id
    assert await client.get(f"batch:{batch_id}:camera_id") == "driveway"
    assert await client.peek_queue(f"batch:{batch_id}:detections") == ["d1"]
    assert await client.get(f"batch:{batch_id}:started_at") == clock()
    assert await client.get(f"batch:{batch_id}:last_activity") == clock()


async def test_a_batch_that_is_opened_is_told_once_with_when_it_closes(aggregator, caplog):
    caplog.set_level("INFO")
    batch_id = await aggregator.add_detection(seen(1))
    await aggregator.add_detection(seen(2))
    await aggregator.add_detection(seen(3, type="person", confidence=0.99))  # the fast path
    assert [record.message for record in caplog.records if "is open" in record.message] == [
        f"driveway: batch {batch_id} is open: until nothing comes for 30 s, and 90 s at the longest"
    ]


async def test_what_is_needed_has_no_time_to_live_and_a_closed_batch_leaves_nothing_else(
    aggregator, client, clock
):
    batch_id = await aggregator.add_detection(seen(1))
    names = ["camera_id", "detections", "started_at", "last_activity"]
    keys = ["batch:driveway:current", "detection:d1", *(f"batch:{batch_id}:{n}" for n in names)]
    for key in keys:
        assert await client.call("TTL", client.full_name(key)) == FOR_EVER, key
    clock.advance(30)
    await aggregator.close_due()
    assert await client.exists(*keys) == 1
    assert await client.exists("detection:d1")  # the analyzer needs it


async def test_a_detection_lives_for_an_hour_after_its_event(aggregator, client):
    await aggregator.add_detection(seen(1))
    await publish_event(client, {"batch_id": "a1"}, ["d1"])
    assert 3590 <= await client.call("TTL", client.full_name("detection:d1")) <= 3600


async def test_without_a_clock_of_its_own_it_goes_by_the_servers(client):
    """So aggregators on machines whose clocks differ make one batch of one visit."""
    aggregators = [BatchAggregator(client) for _ in range(2)]
    ids = {await aggregators[number % 2].add_detection(seen(number)) for number in range(4)}
    assert len(ids) == 1
    seconds, _ = await client.call("TIME")
    assert abs(await client.get(f"batch:{ids.pop()}:started_at") - seconds) < 2


async def test_a_batch_is_due_at_once_when_the_servers_clock_was_put_back(
    aggregator, client, clock
):
    await aggregator.add_detection(seen(1))
    clock.advance(-3600)
    (closed,) = await aggregator.close_due()
    assert closed.detection_ids == ("d1",)


async def test_a_camera_whose_keys_are_spoilt_does_not_keep_the_others_from_being_closed(
    aggregator, client, clock, caplog
):
    spoilt = await aggregator.add_detection(seen(1))
    await aggregator.add_detection(seen(2, camera_id="garden"))
    await client.delete(f"batch:{spoilt}:detections")
    await client.set(f"batch:{spoilt}:detections", "not a list")
    clock.advance(30)
    for _ in range(2):
        closed = await aggregator.close_due()
    assert await client.get_queue_length(ANALYSIS_QUEUE) == 1
    assert closed == []
    assert caplog.text.count("driveway: its batch cannot be closed") == 1


async def test_a_camera_s_name_that_is_no_text_does_not_keep_the_others_from_being_closed(
    aggregator, client, clock
):
    await client.call("ZADD", client.full_name("batch:deadlines"), 0, b"\xff")
    await aggregator.add_detection(seen(1))
    clock.advance(30)
    (closed,) = await aggregator.close_due()
    assert closed.detection_ids == ("d1",)


async def test_a_closed_batch_is_a_step_with_its_detections(aggregator, clock):
    batch_id = await aggregator.add_detection(seen(1))
    await aggregator.add_detection(seen(2))
    clock.advance(30)
    await aggregator.close_due()
    assert [(step.subject, step.made) for step in aggregator.steps] == [(batch_id, ("d1", "d2"))]


async def test_a_closed_batch_is_a_job_with_production_s_fields(aggregator, client, clock):
    batch_id = await aggregator.add_detection(seen(1))
    clock.advance(1.5)
    await aggregator.add_detection(seen(2))
    clock.advance(30)
    await aggregator.close_due()
    assert await client.peek_queue(ANALYSIS_QUEUE) == [
        {
            "batch_id": batch_id,
            "camera_id": "driveway",
            "detection_ids": ["d1", "d2"],
            "timestamp": clock(),
        }
    ]


async def test_nothing_of_a_closed_batch_is_left(aggregator, client, clock):
    batch_id = await aggregator.add_detection(seen(1))
    clock.advance(30)
    await aggregator.close_due()
    parts = ["camera_id", "detections", "started_at", "last_activity"]
    keys = [f"batch:{batch_id}:{part}" for part in parts]
    assert await client.exists("batch:driveway:current", "batch:deadlines", *keys) == 0


async def test_ids_that_look_like_numbers_stay_text(client, clock):
    aggregator = BatchAggregator(client, clock=clock, new_id=lambda: "12345678901234567890")
    await aggregator.add_detection(seen(1, id="42"))
    assert await client.get("batch:driveway:current") == "12345678901234567890"
    clock.advance(30)
    (closed,) = await aggregator.close_due()
    assert (closed.batch_id, closed.detection_ids) == ("12345678901234567890", ("42",))
    assert await batches(client) == [["42"]]


# ---- when a batch ends -----------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "ended"), [(29.999, False), (30.0, True), (30.001, True)])
async def test_a_batch_ends_30_seconds_after_its_last_detection(aggregator, clock, seconds, ended):
    await aggregator.add_detection(seen(1))
    clock.advance(20)
    await aggregator.add_detection(seen(2))
    clock.advance(seconds)
    closed = await aggregator.close_due()
    assert [batch.reason for batch in closed] == (["idle"] if ended else [])


@pytest.mark.parametrize(("seconds", "ended"), [(89.999, False), (90.0, True), (90.001, True)])
async def test_a_batch_ends_90_seconds_after_its_first_detection(aggregator, clock, seconds, ended):
    started = clock()
    for number in range(9):
        clock.advance(started + 10 * number - clock())
        await aggregator.add_detection(seen(number))
    clock.advance(started + seconds - clock())
    closed = await aggregator.close_due()
    assert [batch.reason for batch in closed] == (["window"] if ended else [])


async def test_at_both_limits_at_once_it_is_the_window_that_ended_it(aggregator, clock):
    started = clock()
    for second in (0, 30 - 0.001, 59, 60):
        clock.advance(started + second - clock())
        await aggregator.add_detection(seen(int(second * 1000)))
    clock.advance(started + 90 - clock())
    (batch,) = await aggregator.close_due()
    assert batch.reason == "window"
    assert len(batch.detection_ids) == 4


async def test_a_detection_that_comes_when_its_batch_is_due_opens_a_new_one(
    aggregator, client, clock
):
    first = await aggregator.add_detection(seen(1))
    clock.advance(30)  # and nobody has looked at what is due
    second = await aggregator.add_detection(seen(2))
    assert first != second
    assert await batches(client) == [["d1"]]
    assert await client.peek_queue(f"batch:{second}:detections") == ["d2"]


async def test_each_camera_has_a_batch_of_its_own(aggregator, client, clock):
    await aggregator.add_detection(seen(1, "driveway"))
    clock.advance(20)
    await aggregator.add_detection(seen(2, "garden"))
    clock.advance(10)
    assert [batch.camera_id for batch in await aggregator.close_due()] == ["driveway"]
    clock.advance(20)
    assert [batch.camera_id for batch in await aggregator.close_due()] == ["garden"]
    assert await batches(client) == [["d1"], ["d2"]]


async def test_a_running_aggregator_closes_what_is_due(client, clock):
    async with BatchAggregator(client, clock=clock, check_every=0.01) as aggregator:
        await aggregator.add_detection(seen(1))
        clock.advance(30)
        await until(lambda: client.get_queue_length(ANALYSIS_QUEUE))


# ---- the fast path ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "confidence", "fast"),
    [
        ("person", 0.90, True),
        ("person", 0.99, True),
        ("person", 0.8999, False),
        ("car", 0.99, False),
    ],
)
async def test_only_a_person_seen_for_sure_skips_the_batch(
    aggregator, client, kind, confidence, fast
):
    await aggregator.add_detection(seen(1, type=kind, confidence=confidence))
    assert await batches(client) == ([["d1"]] if fast else [])
    assert await client.exists("batch:driveway:current") == (0 if fast else 1)


async def test_the_fast_path_leads_to_the_front_of_the_queue(aggregator, client, clock):
    await aggregator.add_detection(seen(1))
    clock.advance(30)
    await aggregator.close_due()
    await aggregator.add_detection(seen(2, type="person", confidence=0.95))
    assert await batches(client) == [["d2"], ["d1"]]


async def test_the_fast_path_leaves_the_open_batch_alone(aggregator, client, clock):
    await aggregator.add_detection(seen(1))
    await aggregator.add_detection(seen(2, type="person", confidence=0.95))
    clock.advance(30)
    await aggregator.close_due()
    assert await batches(client) == [["d2"], ["d1"]]


# ---- nothing lost, nothing twice -------------------------------------------------------


@pytest.mark.parametrize("confidence", [0.5, 0.95])
async def test_a_detection_that_is_added_twice_counts_once(aggregator, client, clock, confidence):
    detection = seen(1, type="person", confidence=confidence)
    assert await aggregator.add_detection(detection) is not None
    assert await aggregator.add_detection(detection) is None
    clock.advance(30)
    await aggregator.close_due()
    assert await aggregator.add_detection(detection) is None  # also after its batch has ended
    assert await batches(client) == [["d1"]]


async def test_a_restart_in_the_middle_of_a_batch_loses_nothing(client, clock):
    await BatchAggregator(client, clock=clock).add_detection(seen(1))
    clock.advance(10)
    after = BatchAggregator(client, clock=clock)
    await after.add_detection(seen(2))
    clock.advance(30)
    await after.close_due()
    assert await batches(client) == [["d1", "d2"]]


async def test_two_aggregators_at_once_close_no_batch_twice(client, clock):
    pair = [BatchAggregator(client, clock=clock) for _ in range(2)]
    cameras = [f"camera_{number}" for number in range(20)]
    for number, camera in enumerate(cameras):
        await pair[number % 2].add_detection(seen(number, camera))
    clock.advance(30)
    closed = await asyncio.gather(*(one.close_due() for one in pair * 5))
    assert sorted(batch.camera_id for each in closed for batch in each) == sorted(cameras)
    assert await client.get_queue_length(ANALYSIS_QUEUE) == 20


async def test_under_a_storm_of_adding_and_closing_each_detection_is_in_one_batch(client, clock):
    pair = [BatchAggregator(client, clock=clock) for _ in range(2)]
    chance = random.Random(1)

    async def work(one: BatchAggregator, numbers: list[int]) -> None:
        for number in numbers:
            clock.advance(chance.uniform(0, 15))
            await one.add_detection(seen(number, f"camera_{number % 3}"))
            await one.close_due()

    numbers = list(range(200))
    await asyncio.gather(*(work(one, numbers) for one in pair))  # both add all of them
    clock.advance(90)
    await pair[0].close_due()
    ids = [each for ids in await batches(client) for each in ids]
    assert sorted(ids) == sorted(f"d{number}" for number in numbers)


async def test_a_batch_that_redis_has_forgotten_is_reported(aggregator, client, clock, caplog):
    batch_id = await aggregator.add_detection(seen(1))
    await client.delete("batch:driveway:current", f"batch:{batch_id}:detections")
    clock.advance(90)
    assert await aggregator.close_due() == []
    assert "driveway: its batch cannot be closed" in caplog.text
    assert await aggregator.close_due() == []
    assert caplog.text.count("cannot be closed") == 1


# ---- values of others under the aggregator's keys ----


async def test_what_lies_where_the_deadlines_are_is_put_aside(client):
    await client.set("batch:deadlines", "somebody else's")
    aggregator = BatchAggregator(client, idle=0)
    await aggregator.add_detection(seen(1))
    (closed,) = await aggregator.close_due()
    assert closed.detection_ids == ("d1",)
    assert await client.get("batch:deadlines:set-aside") == "somebody else's"


async def test_no_detection_is_to_blame_for_an_analysis_queue_that_is_none(client):
    await client.set("analysis_queue", "somebody else's")
    sure = seen(1, type="person", confidence=0.95)
    with pytest.raises(Unavailable, match="WRONGTYPE"):
        await BatchAggregator(client).add_detection(sure)
    await client.delete("analysis_queue")
    assert await BatchAggregator(client).add_detection(sure)


async def test_a_right_that_is_missing_is_said_in_the_words_of_redis(quick, private_server):
    rights = ("on", ">secret", "~*", "&*", "+@all", "-evalsha")
    await quick.call("ACL", "SETUSER", "guest", *rights)
    async with RedisClient(as_user(private_server.url, "guest", "secret")) as guest:
        with pytest.raises(NoPermissionError):
            await BatchAggregator(guest).add_detection(seen(1))


async def test_what_is_no_id_does_not_spoil_the_batch_for_the_others(client):
    aggregator = BatchAggregator(client, idle=0)
    batch_id = await aggregator.add_detection(seen(1))
    ids = client.full_name(f"batch:{batch_id}:detections")
    await client.call("RPUSH", ids, "x", b'"\xff"', '"a"b"', '"\\"', "null", '""')
    await aggregator.close_due()
    (job,) = await client.peek_queue("analysis_queue")
    assert job["detection_ids"] == ["d1"]


async def test_an_open_batch_of_which_the_list_is_somebody_elses_is_none(client):
    aggregator = BatchAggregator(client, idle=0)
    first = await aggregator.add_detection(seen(1))
    await client.delete(f"batch:{first}:detections")
    await client.set(f"batch:{first}:detections", "somebody else's")
    second = await aggregator.add_detection(seen(2))
    assert second != first
    closed = [each.detection_ids for each in await aggregator.close_due()]
    assert closed == [("d2",)]


async def test_an_id_that_the_scripts_cannot_write_is_refused(client):
    for id in ('a"b', "a\\b", "a\n", "é", ""):
        with pytest.raises(ValueError, match="printable ASCII"):
            await BatchAggregator(client).add_detection(seen(1, id=id))


async def test_a_camera_s_name_that_the_scripts_cannot_write_is_refused(client):
    for name in ('front "door"', "a\\b", "a\n", "a\x00", ""):
        with pytest.raises(ValueError, match="the name of a camera"):
            await BatchAggregator(client).add_detection(seen(1, camera_id=name))
    aggregator = BatchAggregator(client, idle=0)
    await aggregator.add_detection(seen(1, camera_id="Tür 1"))
    await aggregator.close_due()
    (job,) = await client.peek_queue("analysis_queue")
    assert job["camera_id"] == "Tür 1"
