"""GET /metrics, scraped over HTTP and read with the library's own parsers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import redis.asyncio
from prometheus_client import parser
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import parser as openmetrics_parser
from websockets.asyncio.client import connect

from backend.api.app import create_app
from backend.api.serve import serve
from backend.core.push import add_to_queue_safe
from backend.core.redis import RedisClient
from backend.core.reliable_queue import ReliableQueue
from backend.services.event_broadcaster import publish_event
from backend.services.file_watcher import DETECTION_QUEUE
from private_redis import PrivateServer


class Scraper:
    """Prometheus, as far as one application can tell."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/metrics"

    async def text(self, accept: str = "text/plain; version=0.0.4") -> httpx.Response:
        async with httpx.AsyncClient(timeout=20) as http:
            return await http.get(self._url, headers={"Accept": accept})

    async def families(self) -> dict[str, Metric]:
        answer = await self.text()
        assert answer.status_code == 200
        return {each.name: each for each in parser.text_string_to_metric_families(answer.text)}

    async def value(self, sample: str, **labels: str) -> float | None:
        """The value of the one sample of this name that has these labels; None if it is absent."""
        found = [
            each.value
            for family in (await self.families()).values()
            for each in family.samples
            if each.name == sample and labels.items() <= each.labels.items()
        ]
        assert len(found) < 2
        return found[0] if found else None


@pytest.fixture
async def client(private_server: PrivateServer) -> AsyncIterator[RedisClient]:
    async with RedisClient(private_server.url, attempts=1) as client:
        yield client


@pytest.fixture
async def admin(private_server: PrivateServer) -> AsyncIterator[redis.asyncio.Redis]:
    async with redis.asyncio.Redis.from_url(private_server.url) as plain:
        yield plain


@pytest.fixture
async def scraper(client: RedisClient) -> AsyncIterator[Scraper]:
    async with serve(create_app(client, health_timeout=1)) as url:
        yield Scraper(url)


def job(age: float = 0.0, **fields: Any) -> dict[str, Any]:
    moment = datetime.now(UTC) - timedelta(seconds=age)
    return {"timestamp": moment.isoformat(), **fields}


async def handle(queue: ReliableQueue, count: int = 1) -> None:
    for _ in range(count):
        async with queue.reserve(timeout=5) as taken:
            assert taken


# ---- the format ----


async def test_every_metric_says_what_it_is(scraper: Scraper) -> None:
    families = await scraper.families()
    assert len(families) > 10
    for name, family in families.items():
        assert name.startswith("backend_")
        assert family.type in ("gauge", "counter"), name
        assert family.documentation.endswith("."), name


async def test_a_counter_says_when_it_starts_at_0_again(scraper: Scraper) -> None:
    families = await scraper.families()
    counters = [each for each in families.values() if each.type == "counter"]
    assert len(counters) == 4
    assert [each.name for each in counters if "starts at 0 again" not in each.documentation] == []


async def test_open_metrics_is_told_when_it_is_asked_for(scraper: Scraper) -> None:
    answer = await scraper.text("application/openmetrics-text; version=1.0.0")
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    parse = openmetrics_parser.text_string_to_metric_families
    assert "backend_queue_jobs" in [family.name for family in parse(answer.text)]


async def test_the_labels_are_bounded_whatever_the_names_in_redis_are(
    client: RedisClient, scraper: Scraper
) -> None:
    before = len((await scraper.text()).text.splitlines())
    for number in range(50):
        await client.add_to_queue(f"queue-{number}", job())
        await client.call("ZADD", f"{DETECTION_QUEUE}:consumers", 0, f"consumer-{number}")
        await client.call("SADD", "cameras", f"camera-{number}")
    assert len((await scraper.text()).text.splitlines()) == before


# ---- the values ----


async def test_jobs_are_told_by_where_they_are(client: RedisClient, scraper: Scraper) -> None:
    for age in (90, 80, 70, 60):
        await client.add_to_queue(DETECTION_QUEUE, job(age))
    async with ReliableQueue(client, DETECTION_QUEUE, backoff_base=1000) as queue:
        first = await queue.take()
        assert first
        await queue.fail(first, "no")
        await queue.take()
        places = {
            place: await scraper.value("backend_queue_jobs", queue=DETECTION_QUEUE, place=place)
            for place in ("waiting", "in_hand", "retrying")
        }
        alive = await scraper.value("backend_queue_consumers", queue=DETECTION_QUEUE, state="alive")
        age = await scraper.value("backend_queue_oldest_job_age_seconds", queue=DETECTION_QUEUE)
    assert places == {"waiting": 2, "in_hand": 1, "retrying": 1}
    assert alive == 1
    assert 90 <= (age or 0) < 120


async def test_the_age_of_an_empty_queue_is_0(scraper: Scraper) -> None:
    name = "backend_queue_oldest_job_age_seconds"
    assert await scraper.value(name, queue=DETECTION_QUEUE) == 0


async def test_an_age_that_cannot_be_read_is_absent(client: RedisClient, scraper: Scraper) -> None:
    await client.add_to_queue(DETECTION_QUEUE, "no timestamp")
    name = "backend_queue_oldest_job_age_seconds"
    assert await scraper.value(name, queue=DETECTION_QUEUE) is None


async def test_dead_letters_are_told_by_kind(client: RedisClient, scraper: Scraper) -> None:
    for _ in range(3):
        await add_to_queue_safe(client, DETECTION_QUEUE, job(), max_size=1, overflow_policy="dlq")
    async with ReliableQueue(client, DETECTION_QUEUE, max_attempts=1) as queue:
        taken = await queue.take()
        assert taken
        await queue.fail(taken, "never")
    name = "backend_queue_dead_letters"
    assert await scraper.value(name, queue=DETECTION_QUEUE, kind="failed") == 1
    assert await scraper.value(name, queue=DETECTION_QUEUE, kind="overflow") == 2


async def test_jobs_that_come_and_go_are_counted_from_scrape_to_scrape(
    client: RedisClient, scraper: Scraper
) -> None:
    labels = {"queue": DETECTION_QUEUE}
    async with ReliableQueue(client, DETECTION_QUEUE) as queue:
        assert await scraper.value("backend_queue_jobs_done_total", **labels) == 0
        for _ in range(5):
            await client.add_to_queue(DETECTION_QUEUE, job())
        await handle(queue, 3)
        assert await scraper.value("backend_queue_jobs_done_total", **labels) == 3
        assert await scraper.value("backend_queue_jobs_arrived_total", **labels) == 5
        await handle(queue, 2)
        assert await scraper.value("backend_queue_jobs_done_total", **labels) == 5
        assert await scraper.value("backend_queue_jobs_arrived_total", **labels) == 5


async def test_scrapes_at_the_same_time_count_nothing_twice(
    client: RedisClient, scraper: Scraper
) -> None:
    labels = {"queue": DETECTION_QUEUE}
    async with ReliableQueue(client, DETECTION_QUEUE) as queue:
        await scraper.families()
        for _ in range(5):
            await client.add_to_queue(DETECTION_QUEUE, job())
        await handle(queue, 5)
        await asyncio.gather(*(scraper.families() for _ in range(10)))
        assert await scraper.value("backend_queue_jobs_done_total", **labels) == 5


async def test_the_server_tells_its_memory(scraper: Scraper, admin: redis.asyncio.Redis) -> None:
    assert await scraper.value("backend_redis_memory_limit_bytes") == 0
    await admin.config_set("maxmemory", "64mb")
    assert await scraper.value("backend_redis_memory_limit_bytes") == 64 * 2**20
    assert 0 < (await scraper.value("backend_redis_memory_used_bytes") or 0) < 64 * 2**20


async def test_published_events_are_counted(client: RedisClient, scraper: Scraper) -> None:
    assert await scraper.value("backend_events_published_total") == 0
    event = {"camera_id": "front_door", "risk_score": 1, "risk_level": "low", "summary": ""}
    for number in range(3):
        await publish_event(client, event | {"batch_id": f"{number}"})
    assert await scraper.value("backend_events_published_total") == 3


async def test_cameras_are_told_by_status(client: RedisClient, scraper: Scraper) -> None:
    await client.call("SADD", "cameras", "front_door", "garden")
    await client.set("camera:garden:status", {"status": "online", "last_seen": "now"})
    assert await scraper.value("backend_cameras", status="online") == 1
    assert await scraper.value("backend_cameras", status="unknown") == 1


async def test_browsers_that_listen_are_told(client: RedisClient) -> None:
    async with serve(create_app(client)) as url:
        scraper = Scraper(url)
        assert await scraper.value("backend_dashboards") == 0
        async with connect(url.replace("http", "ws") + "/ws/events") as socket:
            await socket.recv()
            assert await scraper.value("backend_dashboards") == 1


# ---- when something is wrong ----


async def test_a_queue_of_the_wrong_type_is_told_and_the_other_is_shown(
    client: RedisClient, scraper: Scraper
) -> None:
    await client.set("analysis_queue", "text")
    await client.add_to_queue(DETECTION_QUEUE, job())
    assert await scraper.value("backend_queue_readable", queue="analysis_queue") == 0
    assert (
        await scraper.value("backend_queue_jobs", queue="analysis_queue", place="waiting") is None
    )
    assert await scraper.value("backend_queue_readable", queue=DETECTION_QUEUE) == 1
    assert await scraper.value("backend_queue_jobs", queue=DETECTION_QUEUE, place="waiting") == 1


@pytest.mark.parametrize(
    "last_id", ["a list", 10**400, -1, "text"], ids=lambda value: str(value)[:6]
)
async def test_a_count_of_events_that_is_somebody_elses_is_0_and_redis_is_up(
    client: RedisClient, scraper: Scraper, last_id: Any
) -> None:
    if last_id == "a list":
        await client.call("RPUSH", "events:last_id", "x")
    else:
        await client.set("events:last_id", last_id)
    assert await scraper.value("backend_redis_up") == 1
    assert await scraper.value("backend_events_published_total") == 0


async def test_that_redis_is_stopped_is_a_metric_and_the_counters_stay(
    client: RedisClient, scraper: Scraper, private_server: PrivateServer
) -> None:
    async with ReliableQueue(client, DETECTION_QUEUE) as queue:
        await scraper.families()
        await client.add_to_queue(DETECTION_QUEUE, job())
        await handle(queue)
        assert await scraper.value("backend_redis_up") == 1
        private_server.stop()
        families = await scraper.families()
        assert families["backend_redis_up"].samples[0].value == 0
        assert "backend_queue_jobs" not in families
        labels = {"queue": DETECTION_QUEUE}
        assert await scraper.value("backend_queue_jobs_done_total", **labels) == 1
        private_server.start()
        assert await scraper.value("backend_redis_up") == 1


async def test_that_redis_hangs_is_a_metric_within_the_time_given(
    scraper: Scraper, private_server: PrivateServer
) -> None:
    private_server.pause()
    started = time.monotonic()
    assert await scraper.value("backend_redis_up") == 0
    assert time.monotonic() - started < 4
    private_server.resume()
    assert await scraper.value("backend_redis_up") == 1
