"""A queue whose items survive their consumers: reserve, work, acknowledge.

    async with ReliableQueue(client, "detection_queue") as queue:
        while True:
            async with queue.reserve(timeout=5) as job:
                if job:
                    await detect(job.data)

`get_from_queue` hands an item over and forgets it. Here an item is *moved*: from the queue to
a processing list of its consumer, in one step. It leaves that list only when the consumer
acknowledges it, gives it back, or has failed with it too often. If the consumer dies, its lease
runs out, and a living consumer puts the item back, to be handed out first.

So an item is handled **at least once**. Twice is possible: a consumer that hangs for longer than
its lease, or dies between its work and the acknowledgement, has done work that is done again.
Make the work idempotent (see `dedupe_key` in `backend.core.push` for how).

A failure is not always the item's fault. When what the work needs is away (Redis, a model, a
disk), the item goes back and no attempt is counted: dead letters are for bad items, not for bad
times. `backend.core.unavailable` tells the two apart.

Everything is kept in plain Redis types, which any client can read (queue: `detection_queue`):

    detection_queue                        list    what waits; producers RPUSH as ever
    detection_queue:processing:<consumer>  list    the item in hand, and behind it its reservation:
                                                   a token, the attempt, when it failed first
    detection_queue:lease:<consumer>       string  there as long as the consumer lives; it tells
                                                   how many items that one has acknowledged
    detection_queue:consumers              zset    the consumers, and when each reserved last
    detection_queue:retry                  zset    items that were handed out before, each behind
                                                   its reservation, by the time when they are due
    detection_queue:swept                  string  there while somebody has just looked for the dead
    dlq:detection_queue                    list    items given up, as JSON with the reason

A reservation is named by its token, never by the item: equal items are not mistaken for each other,
and attempts travel with the item and end with it. Every change is one script (in `lua/`), which
Redis runs as one step. Each writes the item where it goes before it removes it from where it was:
should the first step fail (a key of the wrong type), nothing is lost. The scripts may also run when
the memory is full, since consumers must be able to make room.

There is one clock, the server's: clocks that differ between consumers do no harm. If the server's
clock is put back, no retry waits for longer than the longest back-off, and no lease lasts for
longer than a lease. If it is put ahead, leases end early: an item can be handled twice, and is not
counted as failed for it.

On a Redis Cluster, a script can only reach keys of one hash slot. The names above are production's
and stay: there, the client's namespace is a hash tag, such as `{home-7}:`. So all keys of a system
have one slot, and lie on one server of the cluster; many systems share the servers.
Every key that a script touches is declared with it (see `backend.core.declared_keys`).
"""

import asyncio
import json
import logging
import math
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
from backend.core.declared_keys import run_declaring
from backend.core.encoding import decode
from backend.core.redis import RedisClient
from backend.core.retrying import MOST_DOUBLINGS
from backend.core.scripts import Script, load
from backend.core.unavailable import BadItem, is_unavailable

logger = logging.getLogger(__name__)

RESERVE = load("reserve")
RESERVE_MANY = load("reserve_many")
ACKNOWLEDGE = load("acknowledge")
ACKNOWLEDGE_MANY = load("acknowledge_many")
FAIL = load("fail")
GIVE_BACK = load("give_back")
BEAT = load("beat")
JOIN = load("join")
LEAVE = load("leave")
RETURN_LOST = load("return_lost")
QUEUE_COUNTS = load("queue_counts")
CONTENTS = load("contents")

_LEFT_TO_THE_LEASE = (exceptions.RedisError, RuntimeError)
"""What may go wrong with the last word on an item. Then its lease runs out, and others do the rest.
"""
LONGEST_WAIT = 2.0  # seconds: how long an idle consumer waits before it asks for retries again
SLACK = 1.0  # seconds for which a message to the server can be on its way
MOST = 1000  # items that are reserved in one step: for so long, nobody else is served
SPREAD = 0.25  # of a wait before a retry: so much longer or shorter by chance


@dataclass(frozen=True)
class Job:
    """An item that a consumer has reserved."""

    data: Any
    """The item: what the producer added."""
    attempt: int
    """How often it has been handed out, this time included: 1 the first time."""
    raw: bytes
    """The bytes that are in Redis."""
    token: str = ""
    """The name of this reservation."""
    first_failed_at: str | None = None
    """When it failed for the first time (ISO 8601, the server's time), if it has."""
    batch: str = ""
    """The name of the batch with which it was reserved; empty if it came alone."""


class ReliableQueue:
    """One consumer's hold on one queue. It has one item in hand at a time, or one batch.

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
            up to a quarter longer or shorter by chance. A consumer that is idle looks every two
            seconds whether a retry of another's is due.
        backoff_cap: seconds that such a wait can last at the most, before chance.
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
        self.queue_name = queue_name
        self.consumer = consumer or f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        if not self.consumer.replace(".", "").replace("_", "").replace("-", "").isalnum():
            raise ValueError(f"a consumer's name has letters, digits, . _ -, not {consumer!r}")
        if not 0.001 <= lease < math.inf:
            raise ValueError(f"lease must be a number of seconds, 0.001 or more, not {lease!r}")
        if type(max_attempts) is not int or max_attempts < 1:
            raise ValueError(f"max_attempts must be 1 or more, not {max_attempts!r}")
        if not (0 <= backoff_base < math.inf and 0 <= backoff_cap < math.inf):
            raise ValueError("backoff_base and backoff_cap must be 0 or more seconds")
        self._keys = [
            *_keys_to_count(queue_name),
            f"{queue_name}:processing:{self.consumer}",
            f"{queue_name}:lease:{self.consumer}",
            f"{queue_name}:swept",
        ]
        self._client = client
        self._lease = lease
        self._max_attempts = max_attempts
        self._backoff_base = backoff_base
        self._backoff_cap = backoff_cap
        self._heart: asyncio.Task[None] | None = None
        self._taking = self._reserving = False
        self._wait: asyncio.Timeout | None = None  # while it waits for an item
        self._may_bring = -math.inf  # our time, until which a wait that was given up may bring one

    async def __aenter__(self) -> Self:
        await self._run(JOIN, self._lease_ms)
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
        # What the program fails with may be this very item's doing, so the attempt counts. That it
        # is told to end is not. If the server is away, the lease runs out and others do the rest.
        is_told = exc is None or _ends_from_outside(exc)
        # A wait that was given up may bring an item yet, and then somebody has to look for it.
        left_ms = int(1000 * max(self._may_bring - time.monotonic(), 0))
        with suppress(*_LEFT_TO_THE_LEASE):
            await self._run(LEAVE, "does not count" if is_told else "counts", left_ms)

    # ---- the plain way -----------------------------------------------------------------

    @asynccontextmanager
    async def reserve(self, timeout: float = 0) -> AsyncIterator[Job | None]:
        """Reserve the first item of the queue for the length of the `async with` block.

        How the block ends decides on the item:

        * It comes to its end: the item is acknowledged.
        * It raises an exception: that is logged, and the item is tried again later or, after
          `max_attempts`, goes to the dead-letter queue. The consumer goes on.
        * It raises that something is away (`backend.core.unavailable`): the item goes back, no
          attempt is counted, and the error is raised. Wait, then reserve again.
        * It is cancelled from outside: the item goes back, and no attempt is counted.
        * It ends the program (`sys.exit`): the attempt is counted, or it would do so for ever.

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
            except BaseException as error:
                await self._end_badly(job, error)
            else:
                if not await self.acknowledge(job):
                    logger.warning(
                        "An item of %s was handled, but its lease had run out by then: "
                        "another consumer may handle it again.",
                        self.queue_name,
                    )
        finally:
            self._reserving = False

    @asynccontextmanager
    async def reserve_many(self, count: int, timeout: float = 0) -> AsyncIterator[list[Job]]:
        """Reserve up to `count` items for the length of the `async with` block.

        What costs most is the way to Redis and back, and here it is one way for all of them. The
        block waits for the first item, and takes what is there then. All are acknowledged at its
        end. If it raises an exception, nobody knows which item was to blame: all are tried again,
        each of them alone, so that a bad one takes no other with it. Else it ends as `reserve`.

        Args:
            count: 1 to 1,000 items.
            timeout: seconds to wait for the first; 0 waits for ever.

        Yields:
            The jobs; [] if no item came in time. One that has failed before comes alone.

        Raises:
            RuntimeError, ConnectionError, TimeoutError: as `reserve`.
        """
        if self._reserving:
            raise RuntimeError("one ReliableQueue reserves one batch: make one for each worker")
        self._reserving = True
        try:
            jobs = await self.take_many(count, timeout)
            try:
                yield jobs
            except BaseException as error:
                if len(jobs) == 1:
                    await self._end_badly(jobs[0], error)
                elif jobs:
                    await self._end_many_badly(jobs, error)
                else:
                    raise
            else:
                if jobs and not await self.acknowledge_many(jobs):
                    logger.warning(
                        "%d items of %s were handled, but their lease had run out by then: "
                        "another consumer may handle them again.",
                        len(jobs),
                        self.queue_name,
                    )
        finally:
            self._reserving = False

    async def _end_many_badly(self, jobs: list[Job], error: BaseException) -> None:
        """Put a batch back; raise the error if it is the caller's."""
        told = _ends_from_outside(error) or is_unavailable(error)
        counts = "" if told else "counts"
        if told or not isinstance(error, Exception | asyncio.CancelledError):
            with suppress(*_LEFT_TO_THE_LEASE):  # then they are in hand still, and given again
                await self._run(GIVE_BACK, jobs[0].token, counts)
            raise error
        logger.error(
            "Failed to handle %d items of %s at once, so each is tried alone: %s",
            len(jobs),
            self.queue_name,
            _text_of(error),
            exc_info=_place(error),
        )
        await self._run(GIVE_BACK, jobs[0].token, counts)

    async def _end_badly(self, job: Job, error: BaseException) -> None:
        """Do with an item what its failure asks for; raise the error if it is the caller's."""
        if _ends_from_outside(error) or is_unavailable(error):
            with suppress(*_LEFT_TO_THE_LEASE):  # then it is in hand still, and given again
                await self.give_back(job)
            raise error
        if isinstance(error, Exception | asyncio.CancelledError):  # the latter: of its own making
            logger.error(
                "Failed to handle an item of %s: %s",
                self.queue_name,
                _text_of(error),
                exc_info=_place(error),
            )
            await self.fail(job, error)
        else:
            with suppress(*_LEFT_TO_THE_LEASE):
                await self.fail(job, error)
            raise error

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
            raise ValueError(f"timeout must be 0 (wait for ever) or more seconds, not {timeout!r}")
        ends = time.monotonic() + timeout if timeout else float("inf")
        longest_wait = int(1000 * self._backoff_cap * (1 + SPREAD))
        self._taking = True
        try:
            while True:
                token = secrets.token_hex(8)
                answer = await self._run(RESERVE, token, longest_wait)
                raw, written, next_retry = _checked(answer)
                if raw is None:
                    wait = min(ends - time.monotonic(), LONGEST_WAIT, next_retry / 1000)
                    if ends <= time.monotonic():
                        return None
                    raw, written = await self._wait_for_item(wait, token)
                if raw is None:
                    continue
                job = _job(raw, written)
                if job.attempt <= self._max_attempts:
                    return job
                await self.fail(job, "handed out, and never acknowledged: its consumers died")
        finally:
            self._taking = False

    async def take_many(self, count: int, timeout: float = 0) -> list[Job]:
        """Reserve up to `count` items, waiting for the first. See `reserve_many`.

        Returns:
            The jobs, to be acknowledged or given back together; [] if no item came in time.

        Raises:
            RuntimeError: the queue was not entered with `async with`.
            ValueError: `count` is not 1 to 1,000, or the timeout is negative.
        """
        if type(count) is not int or not 1 <= count <= MOST:
            raise ValueError(f"count must be 1 to {MOST:,} items, not {count!r}")
        ends = time.monotonic() + timeout
        # With one attempt, each comes alone: none is left for the others of a batch that failed.
        may_be_many = count > 1 and self._max_attempts > 1 and self._heart is not None
        while not (may_be_many and (jobs := await self._reserve_many(count))):
            # To `take`, 0 would mean for ever.
            job = await self.take(timeout and max(ends - time.monotonic(), 0.001))
            if job is None:
                return []
            if not may_be_many or job.attempt > 1:
                return [job]
            # It goes back, and comes with those that came with it.
        return jobs

    async def _reserve_many(self, count: int) -> list[Job]:
        batch = secrets.token_hex(8)
        items = await self._run(RESERVE_MANY, batch, count)
        return [
            Job(decode(raw), 1, raw, f"{batch}{place:04x}", batch=batch)
            for place, raw in enumerate(items, start=1)
        ]

    async def acknowledge_many(self, jobs: list[Job]) -> bool:
        """Remove all handled items of one `take_many` for good.

        Returns:
            False if they were no longer this consumer's: the lease had run out.

        Raises:
            ValueError: there is no job.
        """
        if not jobs:
            raise ValueError("acknowledge_many needs the jobs of a take_many")
        if not (batch := jobs[0].batch):  # it came alone
            return await self.acknowledge(jobs[0])
        return await self._run(ACKNOWLEDGE_MANY, batch, len(jobs), self._lease_ms) == 1

    async def acknowledge(self, job: Job) -> bool:
        """Remove a handled item for good.

        Returns:
            False if it was no longer this consumer's: its lease had run out, and another consumer
            has the item in hand, or has handled it.
        """
        return await self._run(ACKNOWLEDGE, job.token, self._lease_ms) == 1

    async def fail(self, job: Job, error: BaseException | str) -> None:
        """Try the item again after a while, or give it up for good.

        Args:
            job: the item.
            error: what went wrong, for whoever reads the dead-letter queue.
        """
        seconds, _ = await self._client.call("TIME", repeat=True)
        now = datetime.fromtimestamp(seconds, UTC).isoformat()
        doubled = 2.0 ** min(job.attempt - 1, MOST_DOUBLINGS)
        wait = min(self._backoff_cap, self._backoff_base * doubled)
        text = error if isinstance(error, str) else f"{type(error).__name__}: {_text_of(error)}"
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
            job.token,
            "give up" if job.attempt >= self._max_attempts else "retry",
            int(1000 * wait * random.uniform(1 - SPREAD, 1 + SPREAD)),
            now,
            entry,
        )

    async def give_back(self, job: Job) -> None:
        """Put the item back at once, to be handed out first; this attempt does not count."""
        await self._run(GIVE_BACK, job.token)

    async def return_lost(self) -> int:
        """Put the items of consumers whose lease has run out back, to be handed out first.

        The living consumers do this by themselves, one of them three times in a lease.

        Returns:
            The number of items that went back; the one that was taken first is handed out first.
        """
        return await self._return_lost(interval=0)

    # ---- how it is done ----------------------------------------------------------------

    @property
    def _lease_ms(self) -> int:
        return int(self._lease * 1000)

    async def _run(self, script: Script, *arguments: Any) -> Any:
        # Each script may be sent again when its answer is lost: the second run finds it done.
        return await self._client.run(script, self._keys, self.consumer, *arguments, repeat=True)

    async def _return_lost(self, interval: int) -> int:
        arguments = self.consumer, self._lease_ms, interval
        return await run_declaring(self._client, RETURN_LOST, self._keys, *arguments)

    async def _wait_for_item(self, seconds: float, token: str) -> tuple[bytes | None, bytes]:
        """Wait until there is an item; take and reserve it, so that one push wakes one consumer.

        Whatever happens to us meanwhile, the item is in our processing list, and not lost, as long
        as others know that we may have one. So the wait ends within the lease: or a consumer that
        hangs is counted as dead, its wait brings an item, it is killed, and nobody looks there.

        What remains exposed is a wait that reaches the server late, or ends late: sent when the
        lease had nearly run out (the event loop was blocked, the network was slow), and one with a
        lease below 0.3 seconds, since Redis looks at the clock ten times a second. There, an item
        is lost if it comes in just that time, and the consumer is killed before its next sign of
        life. What a wait brings that was given up (cancelled, its connection lost) when its
        consumer has left is found: `leave.lua` keeps a lease for so long, and a second more. The
        next consumer that sweeps ends the entry in `consumers`; with none, it stays, since it is
        all that tells of the item.
        """
        processing = self._client.full_name(f"{self.queue_name}:processing:{self.consumer}")
        queue = self._client.full_name(self.queue_name)
        wait = max(min(seconds, self._lease / 3), 0.01)  # to Redis, 0 would mean for ever
        before = self._may_bring
        self._may_bring = max(before, time.monotonic() + wait + SLACK)
        written = json.dumps(
            {"token": token, "attempt": 1, "first_failed_at": ""}, separators=(",", ":")
        ).encode()
        try:
            async with asyncio.timeout(None) as self._wait:
                try:
                    raw = await self._client.call(
                        "BLMOVE", queue, processing, "LEFT", "RIGHT", wait, wait=wait
                    )
                finally:
                    self._wait = None  # `_beat` has nothing to end any more
            self._may_bring = before  # it is answered
            # Nothing to add it to: we were counted as dead in between, and somebody else has it.
            # More than the two of them: an earlier wait brought an item too. RESERVE sorts that.
            if raw is not None and await self._client.call("RPUSHX", processing, written) == 2:
                return raw, written
        except TimeoutError:  # ended by `_beat`
            pass
        except exceptions.OutOfMemoryError:  # full memory refuses BLMOVE
            self._may_bring = before
            await asyncio.sleep(min(wait, 0.1))
        except exceptions.ConnectionError:  # if the server is gone for good, who asks next says so
            await asyncio.sleep(min(wait, 0.1))
        return None, b""

    async def _beat(self) -> None:
        """Give signs of life, and look after the items of those who give none."""
        last, clock = time.monotonic(), ServerClock(self._lease)
        while True:
            if (late := time.monotonic() - last) > self._lease:
                logger.warning(
                    "No sign of life for %.1f s from %s, whose lease is %g s: the event loop was "
                    "blocked. Its item may be handled twice.",
                    late,
                    self.consumer,
                    self._lease,
                )
            last = time.monotonic()
            is_idle = not (self._taking or self._reserving)
            try:
                now_ms = await self._run(BEAT, self._lease_ms, "idle" if is_idle else "")
                if clock.tells_the_dead(now_ms / 1000, time.monotonic()):
                    returned = await self._return_lost(interval=self._lease_ms // 3)
                    if returned and self._wait:  # for what is there now
                        self._wait.reschedule(asyncio.get_running_loop().time())
            except Exception as error:  # whatever it is: the heart goes on
                logger.warning("No sign of life for %s: %s", self.consumer, error)
            await asyncio.sleep(self._lease / 3)


class ServerClock:
    """Watches the server's clock for jumps: when it is put ahead, leases end of the living too.

    Args:
        lease: seconds. After a jump, the living have so long to renew their leases.
    """

    def __init__(self, lease: float) -> None:
        self._lease = lease
        self._ahead: float | None = None  # how far the server's clock was before ours
        self._again = -math.inf  # our time, from which on leases can be believed

    def tells_the_dead(self, server: float, ours: float) -> bool:
        """Return whether a lease that has ended can be believed.

        Args:
            server: the server's time, in seconds.
            ours: our own time at that moment, in seconds, of a clock that never jumps.
        """
        before, self._ahead = self._ahead, server - ours
        if before is None:  # nothing to compare with yet
            return False
        if self._ahead - before > self._lease / 3:
            self._again = ours + self._lease
        return ours >= self._again


def _checked(answer: Any) -> tuple[bytes | None, bytes, float]:
    """Return the answer to RESERVE: an item, its reservation, milliseconds to the next retry.

    Raises:
        InvalidResponse: it is none.
    """
    match answer:
        case [None, _, int() as next_retry]:
            return None, b"", next_retry
        case [bytes() as raw, bytes() as written, int() as next_retry]:
            return raw, written, next_retry
    raise exceptions.InvalidResponse(f"no answer to a reservation: {answer!r:.100}")


def _job(raw: bytes, written: bytes) -> Job:
    reservation = decode(written)
    return Job(
        decode(raw),
        reservation["attempt"],
        raw,
        reservation["token"],
        reservation["first_failed_at"] or None,
    )


def _ends_from_outside(error: BaseException) -> bool:
    """Return whether the work was told to end, and did not end by itself."""
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        return task is not None and task.cancelling() > 0
    return isinstance(error, KeyboardInterrupt | GeneratorExit)


def _text_of(error: BaseException) -> str:
    """Return what an error says; its class may be anybody's, and fail at that."""
    try:
        return str(error)
    except Exception:
        return "(its text cannot be read)"


def _place(error: BaseException) -> BaseException | None:
    """Return what the log shows a traceback of: not of a bad item, which explains itself."""
    return None if isinstance(error, BadItem) else error


async def queue_counts(client: RedisClient, queue_name: str) -> dict[str, int]:
    """Return how many jobs of a queue are pending, in processing, and dead: in one step.

    `pending` are those that wait, for their first turn or for a further one after a failure.
    """
    answer = await run_declaring(client, QUEUE_COUNTS, _keys_to_count(queue_name))
    return dict(zip(("pending", "processing", "dead"), answer, strict=True))


async def contents(client: RedisClient, queue_name: str) -> dict[str, list[Any]]:
    """Return all items of a queue by the place where they are, in one step. For a small queue.

    Returns:
        `waiting` (never handed out, or given back), `in_hand` of some consumer, `retrying`
        (handed out before, and waiting to be so again), and `dead_lettered`: the items, without
        the reasons.
    """
    places = await run_declaring(client, CONTENTS, _keys_to_count(queue_name))
    waiting, in_hand, retrying, dead = places
    dead = [item for item in map(item_of, dead) if item is not None]
    places = {"waiting": waiting, "in_hand": in_hand, "retrying": retrying, "dead_lettered": dead}
    return {place: [decode(raw) for raw in items] for place, items in places.items()}


def _keys_to_count(queue_name: str) -> list[str]:
    return [queue_name, f"{queue_name}:consumers", f"{queue_name}:retry", f"dlq:{queue_name}"]
