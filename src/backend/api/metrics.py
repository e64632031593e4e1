"""`GET /metrics`: how the queues and the server are, for Prometheus.

The numbers are those of `python -m backend.tools.queues`, read when they are asked for. There is
one label of which the values are not fixed, `queue`, and it has one value for each queue of the
pipeline: no name of a consumer, a camera or a file becomes a label, or Prometheus would keep
a series of each for ever.

While Redis is away, the answer is short: `backend_redis_up 0`, and the counters as they were.
`monitoring/` has alert rules and a dashboard that use what stands here.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from redis.exceptions import RedisError, ResponseError

from backend.core.queue_state import (
    QueueState,
    ServerState,
    came_and_went,
    queue_state,
    server_state,
)
from backend.core.redis import RedisClient
from backend.core.unavailable import is_unavailable
from backend.services.event_broadcaster import EventBroadcaster
from backend.services.system_status import QUEUES, cameras

QUEUE = ("queue",)
MOST_EVENTS = 2**63 - 1  # so far, Redis counts
BY_THIS_PROCESS = (
    "Counted by this process from scrape to scrape, so it starts at 0 again when the process does."
)
BY_REDIS = "Counted by Redis, so it starts at 0 again when Redis restarts"

router = APIRouter(include_in_schema=False)


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Return all metrics, in the format that is asked for: Prometheus's own, or OpenMetrics."""
    state = request.app.state
    found = await state.metrics.read(state.health_timeout)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Found(found))
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return Response(encode(registry), media_type=content_type)


class _Found(Collector):
    """Hands the library what was read already: it asks in a place where nothing can be awaited."""

    def __init__(self, found: list[Metric]) -> None:
        self._found = found

    def collect(self) -> list[Metric]:
        return self._found


class Metrics:
    """Reads the metrics, and counts from one reading to the next.

    Args:
        client: the application's client.
        broadcaster: what passes the events on to the browsers.
    """

    def __init__(self, client: RedisClient, broadcaster: EventBroadcaster) -> None:
        self._client = client
        self._broadcaster = broadcaster
        self._before: dict[str, QueueState] = {}
        self._came: Counter[str] = Counter(dict.fromkeys(QUEUES, 0))
        self._went: Counter[str] = Counter(dict.fromkeys(QUEUES, 0))
        self._reading = asyncio.Lock()  # two at once would count the same items twice

    async def read(self, timeout: float = 5.0) -> list[Metric]:
        """Return all metrics. Never raises because of Redis: that it is away is a metric.

        Args:
            timeout: seconds that it may take in all.
        """
        found: list[Metric] = []
        try:
            async with asyncio.timeout(timeout), self._reading:
                states = await self._queues()
                found += queue_metrics(states)
                found += redis_metrics(await server_state(self._client))
                found += await self._pipeline_metrics()
            is_up = True
        except (RedisError, TimeoutError, RuntimeError):  # RuntimeError: it is not connected
            found, is_up = [], False
        up = GaugeMetricFamily("backend_redis_up", "Whether Redis answers: 1 or 0.", float(is_up))
        browsers = GaugeMetricFamily(
            "backend_dashboards",
            "Browsers that show the dashboard, of this process.",
            self._broadcaster.listeners,
        )
        return [up, browsers, *found, *self._counters()]

    async def _queues(self) -> dict[str, QueueState | None]:
        """Look at every queue; None for one that has keys of the wrong type."""
        states: dict[str, QueueState | None] = {}
        for name in QUEUES:
            before = self._before.get(name)
            try:
                now = states[name] = await queue_state(self._client, name, since=before)
            except ResponseError as error:
                if is_unavailable(error):
                    raise
                states[name] = None
                continue
            if before and (moved := came_and_went(before, now)):
                self._came[name] += moved[0]
                self._went[name] += moved[1]
            self._before[name] = now
        return states

    async def _pipeline_metrics(self) -> list[Metric]:
        published = CounterMetricFamily(
            "backend_events_published",
            "Events that were published. Counted in Redis, so it starts at 0 again when Redis "
            "loses its data.",
        )
        # To get_many, a key that is somebody else's and holds no value is absent, and no error.
        last_id = (await self._client.get_many(["events:last_id"])).get("events:last_id")
        if type(last_id) is not int or not 0 <= last_id <= MOST_EVENTS:
            last_id = 0
        published.add_metric((), float(last_id))
        known = GaugeMetricFamily(
            "backend_cameras",
            "Cameras, by whether a file came in the last 5 minutes.",
            labels=("status",),
        )
        counts = Counter(each["status"] == "online" for each in await cameras(self._client))
        known.add_metric(("online",), counts[True])
        known.add_metric(("unknown",), counts[False])
        return [published, known]

    def _counters(self) -> Iterator[Metric]:
        for name, counts, what in (
            ("arrived", self._came, "Jobs that came into the queue."),
            ("done", self._went, "Jobs that were acknowledged, or given up as dead letters."),
        ):
            family = CounterMetricFamily(
                f"backend_queue_jobs_{name}", f"{what} {BY_THIS_PROCESS}", labels=QUEUE
            )
            for queue, count in counts.items():
                family.add_metric((queue,), count)
            yield family


def queue_metrics(states: dict[str, QueueState | None]) -> list[Metric]:
    """Return the gauges of the queues. Of a queue that cannot be read, there is one alone."""
    readable = GaugeMetricFamily(
        "backend_queue_readable",
        "Whether all keys of the queue have the right type: 1 or 0.",
        labels=QUEUE,
    )
    jobs = GaugeMetricFamily(
        "backend_queue_jobs",
        "Jobs that are not done, by where they are: waiting, in_hand of a consumer, or retrying "
        "(waiting for a further attempt).",
        labels=("queue", "place"),
    )
    age = GaugeMetricFamily(
        "backend_queue_oldest_job_age_seconds",
        "Age of the oldest job that is not done, by the timestamp in it; 0 if there is none. "
        "Absent if it cannot be read.",
        labels=QUEUE,
    )
    letters = GaugeMetricFamily(
        "backend_queue_dead_letters",
        "Dead letters, by kind: failed (too often), or overflow (had to make room).",
        labels=("queue", "kind"),
    )
    consumers = GaugeMetricFamily(
        "backend_queue_consumers",
        "Consumers that reserve, by state: alive, or dead (the lease has run out).",
        labels=("queue", "state"),
    )
    for name, state in states.items():
        readable.add_metric((name,), float(state is not None))
        if state is None:
            continue
        jobs.add_metric((name, "waiting"), state.waiting)
        jobs.add_metric((name, "in_hand"), state.in_hand)
        jobs.add_metric((name, "retrying"), state.retrying)
        if state.oldest is not None or not state.in_all:
            age.add_metric((name,), state.oldest or 0.0)
        letters.add_metric((name, "failed"), state.dead)
        letters.add_metric((name, "overflow"), state.overflowed)
        consumers.add_metric((name, "alive"), state.alive)
        consumers.add_metric((name, "dead"), len(state.consumers) - state.alive)
    return [readable, jobs, age, letters, consumers]


def redis_metrics(server: ServerState | None) -> list[Metric]:
    """Return what the server says of itself; nothing if this user may not ask."""
    if server is None:
        return []
    evicted = CounterMetricFamily(
        "backend_redis_evicted_keys", f"Keys removed to make room. {BY_REDIS}."
    )
    evicted.add_metric((), server.evicted_keys)
    gauges = {
        "uptime_seconds": ("Seconds since Redis started.", server.uptime),
        "memory_used_bytes": ("Memory that Redis uses.", server.used_memory),
        "memory_limit_bytes": ("Memory that Redis may use; 0: no limit.", server.max_memory),
        "connected_clients": ("Clients of Redis.", server.connected_clients),
        "blocked_clients": ("Clients that wait in a blocking call.", server.blocked_clients),
    }
    families = [
        GaugeMetricFamily(f"backend_redis_{name}", what, value)
        for name, (what, value) in gauges.items()
    ]
    return [*families, evicted]
