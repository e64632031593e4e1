"""A queue whose items survive their consumers: reserve, work, acknowledge.

    async with ReliableQueue(client, "detection_queue") as queue:
        while True:
            async with queue.reserve(timeout=5) as job:
                if job:
                    await detect(job.data)

`get_from_queue` hands an item over and forgets it. Here an item is *moved*: from the queue to
a processing list of its consumer, in one step. It leaves that list only when the consumer
acknowledges it, gives it back, or has failed with it too often. If the consumer dies, its lease
runs out, and whoever is alive moves the item back to the front of the queue.

So an item is handled **at least once**. Twice is possible: a consumer that hangs for longer than
its lease, or dies between its work and the acknowledgement, has done work that is done again.
Make the work idempotent (see `dedupe_key` in `backend.core.push` for how).

Everything is kept in plain Redis types, which any client can read (queue: `detection_queue`):

    detection_queue                        list    what waits; producers RPUSH as ever
    detection_queue:processing:<consumer>  list    what this consumer has in hand
    detection_queue:lease:<consumer>       string  there as long as the consumer lives
    detection_queue:consumers              zset    who has reserved something, and when last
    detection_queue:attempts               hash    SHA-1 of an item: how often it failed or was lost
    detection_queue:retry                  zset    failed items, by the time when they are due
    dlq:detection_queue                    list    items given up, as JSON with the reason

All times are the server's, so clocks that differ between consumers do no harm. Every change is
one script (in `lua/`), which Redis runs as one step. Each writes the item where it goes before it
removes it from where it was: should the first step fail (a key of the wrong type), nothing is
lost. The scripts may also run when the memory is full, since consumers must be able to make room.
Items that are equal to the byte share their attempts.
"""

import asyncio
import hashlib
import logging
import os
import random
import secrets
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from redis import exceptions

from backend.core.dead_letters import dead_letter, item_of
from backend.core.encoding import decode
from backend.core.redis import RedisClient
from backend.core.scripts import Script, load

logger = logging.getLogger(__name__)

RESERVE = load("reserve")
ACKNOWLEDGE = load("acknowledge")
FAIL = load("fail")
GIVE_BACK = load("give_back")
BEAT = load("beat")
LEAVE = load("leave")
RETURN_LOST = load("return_lost")
QUEUE_COUNTS = load("queue_counts")
CONTENTS = load("contents")

_UNREACHABLE = (exceptions.ConnectionError, exceptions.TimeoutError, RuntimeError)
LONGEST_WAIT = 5.0  # seconds: how long an idle consumer waits before it asks for retries again


@dataclass(frozen=True)
class Job:
    """An item that a consumer has reserved."""

    data: Any
    """The item: what the producer added."""
    attempt: int
    """How often it has been handed out, this time included: 1 the first time."""
    raw: bytes
    """The bytes that are in Redis."""
    first_failed_at: str | None = None
    """When it failed for the first time (ISO 8601, the server's time), if it has."""


class ReliableQueue:
    """One consumer's hold on one queue. It has one item in hand at a time.

    Start as many as there shall be consumers, in one process or in many.

    Args:
        client: a connected client.
        queue_name: the queue.
        consumer: a name that no other living consumer of this queue has; by default one made of
            host, process and chance. Letters, digits, `.`, `_` and `-`.
        lease: seconds for which a consumer that gives no sign of life keeps its item. The sign is
            given by itself, three times in a lease, as long as the event loop runs.
        max_attempts: how often an item is handed out before it goes to `dlq:<queue_name>`.
        backoff_base: seconds before the first retry, doubled with each further one, and made
            up to a quarter longer or shorter by chance.
        backoff_cap: seconds that such a wait can last at the most.
    """

    def __init__(
        self,
        client: RedisClient,
        queue_name: str,
        *,
        consumer: str | None = None,
        lease: float = 30.0,
        max_attempts: int = 3,
        backoff_base: float = 1.0,
        backoff_cap: float = 30.0,
    ) -> None:
        if max_attempts < 1 or lease <= 0:
            raise ValueError("max_attempts must be 1 or more, and lease more than 0 seconds")
        self.queue_name = queue_name
        self.consumer = consumer or f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        if not self.consumer.replace(".", "").replace("_", "").replace("-", "").isalnum():
            raise ValueError(f"a consumer's name has letters, digits, . _ -, not {consumer!r}")
        self._client = client
        self._lease_ms = int(lease * 1000)
        self._max_attempts = max_attempts
        self._backoff_base = backoff_base
        self._backoff_cap = backoff_cap
        self._heart: asyncio.Task[None] | None = None
        self._reserving = False

    async def __aenter__(self) -> Self:
        await self._run(LEAVE)  # what a predecessor of the same name had in hand when it died
        self._heart = asyncio.create_task(self._beat())
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._heart:
            self._heart.cancel()
            await asyncio.gather(self._heart, return_exceptions=True)
            self._heart = None
        # If the server cannot be reached, the lease runs out and the others do the rest.
        with suppress(*_UNREACHABLE):
            await self._run(LEAVE)

    # ---- the plain way -----------------------------------------------------------------

    @asynccontextmanager
    async def reserve(self, timeout: float = 0) -> AsyncIterator[Job | None]:
        """Reserve the first item of the queue for the length of the `async with` block.

        At the end of the block the item is acknowledged. If the block raises an exception, it is
        logged, and the item is tried again later or, after `max_attempts`, goes to the dead-letter
        queue; the consumer goes on. If the block is cancelled, the item goes back at once.

        Args:
            timeout: seconds to wait for an item; 0 waits for ever.

        Yields:
            The job, or None if no item came in time.

        Raises:
            RuntimeError: this object has an item in hand already. Two workers need two of them.
            ConnectionError, TimeoutError: the server went away, or hangs. Go on, and `reserve`
                gives the item that was in hand again.
        """
        if self._reserving:
            raise RuntimeError("one ReliableQueue reserves one item: make one for each worker")
        self._reserving = True
        try:
            job = await self.take(timeout)
            if job is None:
                yield None
                return
            try:
                yield job
            except Exception as error:
                logger.exception("Failed to handle an item of %s", self.queue_name)
                await self.fail(job, error)
            except BaseException:  # cancelled, or the program ends: nobody's fault
                with suppress(*_UNREACHABLE):  # whoever cancels waits for CancelledError
                    await self.give_back(job)
                raise
            else:
                if not await self.acknowledge(job):
                    logger.warning(
                        "An item of %s was handled, but its lease had run out by then: "
                        "another consumer may handle it again.",
                        self.queue_name,
                    )
        finally:
            self._reserving = False

    # ---- step by step ------------------------------------------------------------------

    async def take(self, timeout: float = 0) -> Job | None:
        """Reserve the first item, waiting for one if there is none.

        A consumer that has an item in hand and asks again is given the same item. So a lost
        answer, a cancelled call or a restart under the same name loses nothing.

        Args:
            timeout: seconds to wait for an item; 0 waits for ever.

        Returns:
            The job, or None if no item came in time.

        Raises:
            RuntimeError: the queue was not entered with `async with`, so nobody would renew
                the lease.
        """
        if self._heart is None:
            raise RuntimeError("use `async with ReliableQueue(...) as queue:` before you take")
        if not timeout >= 0:
            raise ValueError(f"timeout must be 0 (wait for ever) or more seconds, not {timeout}")
        ends = time.monotonic() + timeout if timeout else float("inf")
        while True:
            raw, attempt, first_failed_at, next_retry = await self._run(RESERVE, self._lease_ms)
            if raw is None:
                wait = min(ends - time.monotonic(), LONGEST_WAIT, next_retry / 1000)
                if ends <= time.monotonic():
                    return None
                await self._wait_for_item(wait)
                continue
            job = Job(decode(raw), attempt, raw, first_failed_at and first_failed_at.decode())
            if attempt <= self._max_attempts:
                return job
            await self.fail(job, "handed out, and never acknowledged: its consumers died")

    async def acknowledge(self, job: Job) -> bool:
        """Remove a handled item for good.

        Returns:
            False if it was no longer this consumer's: its lease had run out, and the item is
            back in the queue or with another consumer.
        """
        return await self._run(ACKNOWLEDGE, _digest(job.raw)) == 1

    async def fail(self, job: Job, error: BaseException | str) -> None:
        """Try the item again after a while, or give it up for good.

        Args:
            job: the item.
            error: what went wrong, for whoever reads the dead-letter queue.
        """
        seconds, _ = await self._client.call("TIME", repeat=True)
        now = datetime.fromtimestamp(seconds, UTC).isoformat()
        wait = min(self._backoff_cap, self._backoff_base * 2 ** (job.attempt - 1))
        text = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
        entry = dead_letter(
            job.raw,
            # The name of a file, for one, may hold bytes that are no text.
            error=text.encode(errors="backslashreplace").decode(),
            attempt_count=min(job.attempt, self._max_attempts),
            first_failed_at=job.first_failed_at or now,
            last_failed_at=now,
            queue_name=self.queue_name,
        )
        await self._run(
            FAIL,
            _digest(job.raw),
            "give up" if job.attempt >= self._max_attempts else "retry",
            int(1000 * wait * random.uniform(0.75, 1.25)),
            now,
            entry,
        )

    async def give_back(self, job: Job) -> None:
        """Put the item back to the front of the queue at once; this attempt does not count."""
        await self._run(GIVE_BACK, _digest(job.raw))

    async def return_lost(self) -> int:
        """Move the items of consumers whose lease has run out back to the front of the queue.

        Every living consumer does this by itself, three times in a lease.

        Returns:
            The number of items that went back, the one that was taken first now in front.
        """
        return await self._run(RETURN_LOST)

    # ---- how it is done ----------------------------------------------------------------

    async def _run(self, script: Script, *arguments: Any) -> Any:
        keys = [
            self.queue_name,
            f"{self.queue_name}:consumers",
            f"{self.queue_name}:attempts",
            f"{self.queue_name}:retry",
            f"dlq:{self.queue_name}",
            f"{self.queue_name}:processing:{self.consumer}",
            f"{self.queue_name}:lease:{self.consumer}",
        ]
        # Each script may be sent again when its answer is lost: the second run finds it done.
        return await self._client.run(script, keys, self.consumer, *arguments, repeat=True)

    async def _wait_for_item(self, seconds: float) -> None:
        """Wait until there is something in the queue, or until the time is over."""
        queue = self._client.full_name(self.queue_name)
        wait = max(seconds, 0.01)  # to Redis, 0 would mean for ever
        try:
            # From the left end to the left end: an item stays where it is, and we are woken.
            # Whatever happens to us meanwhile, nothing can be lost.
            await self._client.call("BLMOVE", queue, queue, "LEFT", "LEFT", wait, wait=wait)
        except (exceptions.OutOfMemoryError, exceptions.ConnectionError):
            # Full memory refuses BLMOVE. And if the server is gone for good, who asks next says so.
            await asyncio.sleep(min(wait, 0.1))

    async def _beat(self) -> None:
        """Give signs of life, and look after the items of those who give none."""
        while True:
            try:
                await self._run(BEAT, self._lease_ms)
                await self.return_lost()
            except exceptions.RedisError as error:
                logger.warning("No sign of life for %s: %s", self.consumer, error)
            await asyncio.sleep(self._lease_ms / 3000)


async def queue_counts(client: RedisClient, queue_name: str) -> dict[str, int]:
    """Return how many jobs of a queue are pending, in processing, and dead: in one step.

    `pending` are those that wait, for their first turn or for a further one after a failure.
    """
    answer = await client.run(QUEUE_COUNTS, _keys_to_count(queue_name), repeat=True)
    return dict(zip(("pending", "processing", "dead"), answer, strict=True))


async def contents(client: RedisClient, queue_name: str) -> dict[str, list[Any]]:
    """Return all items of a queue by the place where they are, in one step. For a small queue.

    Returns:
        `waiting` (for their first turn, or given back), `in_hand` of some consumer, `retrying`
        (failed, not yet due again), and `dead_lettered`: the items, without the reasons.
    """
    places = await client.run(CONTENTS, _keys_to_count(queue_name), repeat=True)
    waiting, in_hand, retrying, dead = places
    retrying = [member.split(b"|", 1)[1] for member in retrying]  # who and when, then the item
    dead = [item for item in map(item_of, dead) if item is not None]
    places = {"waiting": waiting, "in_hand": in_hand, "retrying": retrying, "dead_lettered": dead}
    return {place: [decode(raw) for raw in items] for place, items in places.items()}


def _keys_to_count(queue_name: str) -> list[str]:
    return [queue_name, f"{queue_name}:consumers", f"{queue_name}:retry", f"dlq:{queue_name}"]


def _digest(raw: bytes) -> str:
    return hashlib.sha1(raw, usedforsecurity=False).hexdigest()  # Redis's scripts know SHA-1
