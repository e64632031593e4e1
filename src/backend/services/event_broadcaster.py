"""Events: published once for each batch, and passed on to every browser that listens.

Pub/sub forgets: whoever is not listening misses the event. So an event is also kept, in a list of
the latest hundred, and after each gap the broadcaster compares it with what it has heard.

    events:recent            list    the latest events, the newest first
    events:last_id           string  the number of the latest event
    batch_event:<batch_id>   string  the event of a batch; a batch that is done twice makes one
"""

import asyncio
import json
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from redis.exceptions import RedisError, ResponseError

from backend.core.encoding import encode
from backend.core.redis import RedisClient
from backend.core.scripts import load
from backend.services.stage import Stage
from backend.services.system_status import STATUS_CHANNEL, overview

PUBLISH_EVENT = load("publish_event", beside=__file__)

EVENT_CHANNEL = "security_events"
RECENT = 100  # events that are kept
OVERVIEW_TIMEOUT = 1.5  # seconds; the page takes a connection for dead after 6 s of silence
EVENT_TTL = 3600  # seconds for which it is known that a batch has its event


async def publish_event(
    client: RedisClient, event: dict[str, Any], detection_ids: Iterable[str] = ()
) -> int:
    """Publish the event of a batch, keep it among the latest, and return its id.

    A batch that has an event already gets no second one: its event's id is returned.

    Args:
        client: a connected client.
        event: batch_id, camera_id, risk_score, risk_level, summary, started_at.
        detection_ids: what the batch was made of. Those records live for another hour.
    """
    kept = ["events:last_id", "events:recent"]
    names = [f"batch_event:{event['batch_id']}", *kept, EVENT_CHANNEL]
    names += [f"{each}:set-aside" for each in kept]
    keys = [*names, *(f"detection:{each}" for each in detection_ids)]
    # May be sent again when its answer is lost: the second run finds it done.
    return await client.run(PUBLISH_EVENT, keys, encode(event), EVENT_TTL, RECENT, repeat=True)


async def event_of_batch(client: RedisClient, batch_id: str) -> int | None:
    """Return the id of a batch's event, or None if it has none yet."""
    key = f"batch_event:{batch_id}"
    # Not get: to get_many, a key that is somebody else's, and holds no value, is none.
    known = (await client.get_many([key])).get(key)
    return known if type(known) is int else None


async def recent_events(client: RedisClient, count: int = RECENT) -> list[dict[str, Any]]:
    """Return the data of the latest events, the newest first. What is none of ours is left out."""
    events = []
    for message in await client.peek_queue("events:recent", 0, count - 1):
        match message:
            case {"type": "event", "data": {"batch_id": str()} as data}:
                events.append(data)
    return events


class Listener:
    """One browser's share of the messages. Iterate over it to get them, as JSON."""

    def __init__(self, backlog: int) -> None:
        self.too_slow = asyncio.Event()
        """Set when it had taken too few messages; it gets no more."""
        self._messages: asyncio.Queue[str] = asyncio.Queue(backlog)

    def put(self, message: str) -> None:
        """Add a message, if there is room for it. Never waits."""
        try:
            self._messages.put_nowait(message)
        except asyncio.QueueFull:
            self.too_slow.set()

    async def __aiter__(self) -> AsyncIterator[str]:
        while True:
            yield await self._messages.get()


class EventBroadcaster(Stage):
    """Passes on what is published to all who listen, however many, by way of one subscription.

    Whoever begins to listen first gets the latest events. If Redis or the connection to it was
    away, what was missed meanwhile is made up for as soon as it is back.

    Args:
        client: a connected client; the broadcaster makes one of its own for the subscription.
        backlog: messages that a listener can leave waiting, on top of the latest events, before
            it is dropped.
        overview_every: seconds between two overviews of queues and cameras; they are made only
            while somebody listens.
    """

    name = "event_broadcaster"

    def __init__(
        self,
        client: RedisClient,
        *,
        backlog: int = 200,
        overview_every: float = 1.0,
    ) -> None:
        super().__init__(client)
        self._backlog = backlog
        self._overview_every = overview_every
        self._listeners: set[Listener] = set()
        self._events: OrderedDict[str, str] = OrderedDict()  # the latest, by batch

    @property
    def listeners(self) -> int:
        """How many listen now."""
        return len(self._listeners)

    @contextmanager
    def listen(self) -> Iterator[Listener]:
        """Listen for the length of a `with` block: first the latest events, then what comes."""
        listener = Listener(RECENT + self._backlog)
        for message in self._events.values():
            listener.put(message)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    async def run(self) -> None:
        """Pass messages on, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.persist(self._forward))
            tasks.create_task(self._tell_overview())

    async def _forward(self) -> None:
        # A client of its own, so that a failed subscription is closed with all that belongs to it.
        url, namespace = self._client.redis_url, self._client.namespace
        async with RedisClient(url, namespace=namespace, attempts=1) as client:
            subscription = await client.subscribe(EVENT_CHANNEL, STATUS_CHANNEL)
            await self._catch_up(client)
            self.ready.set()
            async for message in client.listen(subscription, gaps=True):
                if message["type"] == "gap":
                    await self._catch_up(client)
                else:
                    self._pass_on(message["data"])

    async def _catch_up(self, client: RedisClient) -> None:
        try:
            recent = await client.peek_queue("events:recent", 0, RECENT - 1)
        except ResponseError as error:  # somebody else has put something under its name
            self.log.warning("the latest events cannot be read: %s", error)
            return
        for message in reversed(recent):
            self._pass_on(message)

    def _pass_on(self, message: Any) -> None:
        if not isinstance(message, dict):
            self.log.warning("not a message of ours: %.80r", message)
            return
        try:
            text = json.dumps(message)
        except (ValueError, RecursionError):  # deeper than Python can write
            self.log.warning("a message that cannot be passed on")
            return
        if message.get("type") == "event":
            data = message.get("data")
            batch_id = data.get("batch_id") if isinstance(data, dict) else None
            if not isinstance(batch_id, str) or batch_id in self._events:
                return
            self._events[batch_id] = text
            if len(self._events) > RECENT:
                self._events.popitem(last=False)
        self._send(text)

    def _send(self, text: str) -> None:
        for listener in list(self._listeners):
            listener.put(text)

    async def _tell_overview(self) -> None:
        while True:
            if self._listeners:
                try:
                    async with asyncio.timeout(OVERVIEW_TIMEOUT):
                        data = await overview(self._client)
                except TimeoutError:
                    data = _unhealthy(f"no answer within {OVERVIEW_TIMEOUT} s")
                except (RedisError, RuntimeError) as error:
                    data = _unhealthy(str(error))
                timestamp = datetime.now(UTC).isoformat()
                self._send(json.dumps({"type": "overview", "data": data, "timestamp": timestamp}))
            await asyncio.sleep(self._overview_every)


def _unhealthy(error: str) -> dict[str, Any]:
    return {"redis": "unhealthy", "error": error}
