"""The backend's Redis client: health, queue, cache and pub/sub in one small class.

    async with RedisClient() as client:
        await client.add_to_queue("detection_queue", {"camera_id": "front_door"})
        job = await client.get_from_queue("detection_queue", timeout=1)

It is a thin layer over redis-py's asyncio client. What it adds:

* JSON in, JSON out: every value comes back as itself (see `backend.core.encoding`).
* One clear error before `connect()`.
* A deadline on every call (`backend.core.deadlines`). redis-py's own socket timeout of 5 seconds
  is switched off: it would cut short every blocking pop that waits longer than that.
* Room for the calls that are answered at once: they share 50 connections, and more of them wait
  their turn. Whoever waits for an item has a connection beside these, or a hundred idle consumers
  would leave none for a push.
* Retries with back-off for what may run twice without harm: connecting, reading, SET.
  A push, a pop, a publish or a delete is sent once. When its answer is lost, the caller
  gets the error and decides: a blind second push would make two items of one.
* A namespace, put in front of every name, so that two programs can share a server.

The errors are redis-py's own (`redis.exceptions`): ConnectionError, TimeoutError,
ResponseError. A client belongs to the event loop in which it was connected.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeVar

import hiredis
from redis import exceptions
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from backend.core.deadlines import Deadlines
from backend.core.encoding import decode, encode, encode_item, encode_many
from backend.core.replicas import passed_on
from backend.core.retrying import Retrying
from backend.core.scripts import Script, load
from backend.core.servers import Servers, close_idle
from backend.core.subscription import Subscription
from backend.core.suitable import refuse_unsuitable
from backend.core.unavailable import has_done_nothing

DEFAULT_URL = "redis://localhost:6379/0"
MAX_CONNECTIONS = 50  # for calls that are answered at once; more of them wait their turn
MAX_IN_ALL = 10_000  # with blocking pops and subscriptions: as many clients as Redis itself admits
MAX_MANY = 10_000  # items or keys in one call: Redis does nothing else until it has done it
LONGEST_BLOCK = 10.0  # seconds: a longer blocking pop is asked for in pieces of this length

# What no replica need have: it writes nothing; or its answer is the only copy of what it took.
NOT_PASSED_ON = {
    *("PING", "INFO", "SCRIPT", "GET", "MGET", "EXISTS", "TTL", "PTTL", "TYPE", "SCAN"),
    *("LLEN", "LRANGE", "PUBLISH", "LPOP", "RPOP"),
}

# They change the connection that they go over. Ours are shared: the next call may go over another.
OF_ONE_CONNECTION = {
    *("MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH", "SELECT", "AUTH", "HELLO", "RESET", "QUIT"),
    *("SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "MONITOR"),
}

PUT_IN_FRONT, SET_MANY = load("put_in_front"), load("set_many")

T = TypeVar("T")

# What `forget_connections` was told to forget: redis-py closes a connection that nobody refers to.
_of_the_parent: list[object] = []


class RedisClient:
    """An asyncio client for the four things that the backend uses Redis for.

    Args:
        redis_url: `redis://[[user]:password@]host[:port][/database]`, or `rediss://` for
            TLS, or where to find it by Sentinel or in a Cluster (see `backend.core.servers`).
            If None, the environment variable REDIS_URL, else `redis://localhost:6379/0`.
        namespace: put in front of every queue, key and channel name. Callers never see it.
            On a Cluster it is a hash tag, such as `{home-7}:`.
        timeout: seconds that the server has to answer a call, retries included. Connecting
            has as long for each attempt; blocking pops wait on top of it.
        attempts: how often a call that may be repeated is tried in all.
        backoff_base: seconds to wait before the second attempt, on average; doubles with
            each further attempt, with jitter, so that clients do not come back in step.
        backoff_cap: seconds that such a wait can last at the most.
        replicas: an answer has to wait until so many replicas have what was written (WAIT). Else
            the server answers first, and what it has not passed on is lost if a replica has to
            take its place. See `backend.core.replicas`.
    """

    def __init__(
        self,
        redis_url: str | None = None,
        *,
        namespace: str = "",
        timeout: float = 5.0,
        attempts: int = 3,
        backoff_base: float = 1.0,
        backoff_cap: float = 30.0,
        replicas: int = 0,
    ) -> None:
        self.redis_url = redis_url or os.environ.get("REDIS_URL") or DEFAULT_URL
        self.namespace = namespace
        self._timeout = timeout
        self._replicas = replicas
        self._retrying = Retrying(attempts, base=backoff_base, cap=backoff_cap)
        self._servers: Servers | None = None  # where the server is
        self._redis: Redis | None = None
        self._subscriptions: list[Subscription] = []
        self._session: object = None  # one from each connect() to the next disconnect()
        self._room = asyncio.Semaphore(MAX_CONNECTIONS)
        self._deadlines = Deadlines()
        self._under_way = 0  # calls that are not answered yet, and no blocking ones

    # ---- connection ------------------------------------------------------------------

    async def connect(self) -> None:
        """Open the connection pool and make sure that the server answers a PING.

        Tried `attempts` times, with back-off. Connecting twice is harmless.

        Raises:
            ValueError: the URL is not one of Redis, sets what the client decides itself, or may
                hold a password that splits it; or the namespace is not for a Cluster.
            AuthenticationError, ResponseError: the server answered, and refused: a wrong
                password, no such database. It would refuse again, so it is asked once.
            UnsuitableServer: this client cannot work with it; the message says why.
            ConnectionError, TimeoutError: the error of the last attempt, or `disconnect()` was
                called meanwhile. The client is then as it was before: not connected.
        """
        if self._redis:
            return
        session = self._session = self._session or object()
        # Anew, since they belong to the event loop that they were used in.
        self._room, self._deadlines = asyncio.Semaphore(MAX_CONNECTIONS), Deadlines()

        async def log_in(connection: AbstractConnection) -> None:
            # redis-py would go on connecting for calls that were under way at disconnect().
            if self._session is not session:
                raise exceptions.ConnectionError("The client has been disconnected.")
            # As redis-py's synchronous client does. In Python it is an eighth of what a call costs.
            connection.pack_command = _packed  # type: ignore[method-assign]
            # With a deadline of its own, also for a listener that reconnects to a hung server.
            await self._within(self._timeout, "connecting", connection.on_connect())

        options: dict[str, Any] = {
            # RESP2: with RESP3, redis-py 8.1.0 hands out pooled connections that the server
            # has closed long ago, and the next command fails (redis-py issue 4252).
            "protocol": 2,
            "socket_timeout": None,  # our own deadlines instead
            "socket_connect_timeout": self._timeout,
            "retry": Retry(NoBackoff(), 0),  # our own retries instead
            "redis_connect_func": log_in,
        }
        servers = Servers(self.redis_url, namespace=self.namespace, timeout=self._timeout)
        redis = Redis.from_pool(servers.pool(max_connections=MAX_IN_ALL, **options))
        try:
            await self._retrying(
                lambda: self._within(self._timeout, "PING", redis.execute_command("PING"))
            )
            await refuse_unsuitable(redis, self._timeout, may_be_cluster=servers.is_cluster)
            if self._session is not session:  # meanwhile
                raise exceptions.ConnectionError("The client has been disconnected.")
        except BaseException:
            await redis.aclose()
            await servers.aclose()
            raise
        self._servers, self._redis = servers, redis

    async def disconnect(self) -> None:
        """Close the subscriptions and all connections.

        May be called twice, or without connecting first. Calls that are still under way
        end with ConnectionError, or RuntimeError before they are tried again; whoever listens
        comes to the end of the messages.

        Raises:
            RuntimeError: it has subscriptions, and was connected in another event loop.
        """
        if self._subscriptions:  # only there can they be closed
            self._deadlines.belong_to(asyncio.get_running_loop())
        open_ones = [self._redis, self._servers]
        self._redis = self._servers = self._session = None
        while self._subscriptions:
            await self._subscriptions.pop().close()
        closing = [each.aclose() for each in open_ones if each]
        await asyncio.gather(*closing, return_exceptions=True)

    def forget_connections(self) -> None:
        """Be disconnected without closing anything: for the child of a fork.

        The connections that it was born with belong to its parent, which goes on using them.
        `connect()` then opens some of its own.
        """
        _of_the_parent.append((self._servers, self._redis, self._subscriptions))
        self._redis = self._servers = self._session = None
        self._subscriptions = []

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.disconnect()

    async def health_check(self) -> dict[str, Any]:
        """Ask the server how it is (PING, INFO): once, for a health check wants the truth now.

        Returns:
            `{"status": "healthy", "connected": True, "redis_version": "7.2.4"}` or
            `{"status": "unhealthy", "connected": False, "error": "Error 111 connecting …"}`.
            A server that is down or hangs is an answer here, not an exception. So look at
            `status`; that the call came back says nothing.

        Raises:
            RuntimeError: not connected.
        """
        self._connected()
        try:
            await self.call("PING")
            try:
                version = (await self.call("INFO", "server"))["redis_version"]
            except exceptions.NoPermissionError:
                version = "unknown"  # to Redis, INFO is a dangerous command: not every user may
        except Exception as error:  # also an INFO that makes no sense: is that a Redis at all?
            return {"status": "unhealthy", "connected": False, "error": str(error)}
        return {"status": "healthy", "connected": True, "redis_version": version}

    # ---- queue -----------------------------------------------------------------------

    async def add_to_queue(self, queue_name: str, data: Any) -> int:
        """Add `data` at the end of the queue (RPUSH).

        Returns:
            The number of items in the queue after the push.

        Raises:
            TypeError: `data` cannot be JSON. Nothing is sent.
            ValueError: `data` is larger than 16 MB as JSON. Nothing is sent.
            ResponseError: the name belongs to a key that is no queue (WRONGTYPE).
            ConnectionError, TimeoutError: the item may or may not be in the queue.
        """
        return await self.call("RPUSH", self.full_name(queue_name), encode_item(data))

    async def add_many_to_queue(self, queue_name: str, items: Iterable[Any]) -> int:
        """Add items at the end of the queue, the first one first: all of them or none (RPUSH).

        One round trip for all: a thousand items cost a fiftieth of what they cost one by one.

        Args:
            queue_name: the queue.
            items: 10,000 at the most, and 16 MB as JSON together.

        Returns:
            The number of items in the queue after the push.

        Raises:
            TypeError: an item cannot be JSON; the message says which. Nothing is sent.
            ValueError: there are too many, or they are too large. Nothing is sent.
            ResponseError, ConnectionError, TimeoutError: as in `add_to_queue`, for all of them.
        """
        encoded = encode_many(enumerate(_many(items)))
        if not encoded:
            return await self.get_queue_length(queue_name)
        return await self.call("RPUSH", self.full_name(queue_name), *encoded)

    async def get_from_queue(self, queue_name: str, timeout: float = 0) -> Any:
        """Take the first item of the queue, waiting for one if there is none (BLPOP).

        BLPOP removes the item before we hold it. If the consumer dies, is cancelled or
        loses its connection at that moment, the item is gone: at most once. So never put
        a deadline around this call (`asyncio.wait_for`); that is what `timeout` is for.

        Args:
            queue_name: the queue.
            timeout: seconds to wait for an item; 0 waits for ever. Redis looks at the
                clock ten times a second, so a vain wait may last 0.1 s longer.

        Returns:
            The item, or None if none came in time. (JSON's null comes back as None too.)

        Raises:
            ValueError: the timeout is negative.
            ConnectionError, TimeoutError: the server went away, or hangs: that is noticed
                within 15 seconds, however long the wait.
        """
        if not timeout >= 0:
            raise ValueError(f"timeout must be 0 (wait for ever) or more seconds, not {timeout!r}")
        ends = time.monotonic() + timeout if timeout else float("inf")
        wait = min(LONGEST_BLOCK, timeout or LONGEST_BLOCK)
        while wait > 0:
            # In pieces, so that a server that hangs is noticed even in an endless wait.
            reply = await self.call("BLPOP", self.full_name(queue_name), wait, wait=wait)
            if reply is not None:
                return decode(reply[1])
            wait = min(LONGEST_BLOCK, ends - time.monotonic())
        return None

    async def get_many_from_queue(
        self, queue_name: str, count: int, timeout: float = 0
    ) -> list[Any]:
        """Take the first items of the queue, waiting for one if there is none (LPOP).

        It waits for the first item, and then takes what is there. What was taken and cannot be
        handed over, since this call is cancelled, goes back to the front: a deadline around it
        loses nothing as long as the server answers. If it does not, or the consumer dies or loses
        its connection, the items are gone. What must not be lost is for a `ReliableQueue`.

        Each push wakes all who wait here. So it is for a few consumers, not for hundreds.

        Args:
            queue_name: the queue.
            count: how many items to take at the most, up to 10,000.
            timeout: seconds to wait for the first item, as in `get_from_queue`.

        Returns:
            The items, the first one first; none if none came in time.

        Raises:
            ValueError: the count or the timeout makes no sense.
            ConnectionError, TimeoutError: the server went away, or hangs.
        """
        if type(count) is not int or not 1 <= count <= MAX_MANY:
            raise ValueError(f"count must be a whole number from 1 to {MAX_MANY:,}, not {count!r}")
        if not timeout >= 0:
            raise ValueError(f"timeout must be 0 (wait for ever) or more seconds, not {timeout!r}")
        ends = time.monotonic() + timeout if timeout else float("inf")
        while not (items := await self._take(queue_name, count)):
            wait = min(LONGEST_BLOCK, ends - time.monotonic())
            if wait <= 0:
                break
            await self._wait_for_item(queue_name, wait)
        return [decode(item) for item in items]

    async def get_queue_length(self, queue_name: str) -> int:
        """Return the number of items in the queue (LLEN); 0 if there is no such queue."""
        return await self.call("LLEN", self.full_name(queue_name), repeat=True)

    async def peek_queue(self, queue_name: str, start: int = 0, end: int = -1) -> list[Any]:
        """Return items without removing them (LRANGE).

        Args:
            queue_name: the queue.
            start: index of the first item to show. 0 is the queue's first item, -1 its last.
            end: index of the last item to show, itself included: 0 to 2 are three items.
        """
        items = await self.call("LRANGE", self.full_name(queue_name), start, end, repeat=True)
        return [decode(item) for item in items]

    async def clear_queue(self, queue_name: str) -> bool:
        """Remove the queue and all that is in it (DEL). Return True if there was one."""
        return await self.delete(queue_name) == 1

    # ---- cache -----------------------------------------------------------------------

    async def set(self, key: str, value: Any, expire: int | None = None) -> bool:
        """Store `value` under `key`, in place of what was there (SET). Return True.

        Args:
            key: the key.
            value: anything that JSON can hold; else TypeError, and nothing is sent.
            expire: seconds until Redis forgets the key: its time to live, TTL. None keeps
                it for good, also where the value that it replaces had a TTL.
        """
        _check_expire(expire)
        ttl = () if expire is None else ("EX", expire)
        return await self.call("SET", self.full_name(key), encode(value), *ttl, repeat=True)

    async def get(self, key: str) -> Any:
        """Return the value of `key` (GET), or None if it is absent or has expired."""
        stored = await self.call("GET", self.full_name(key), repeat=True)
        return None if stored is None else decode(stored)

    async def set_many(self, values: Mapping[str, Any], expire: int | None = None) -> bool:
        """Store each value under its key, as `set` does: all of them or none. Return True.

        Args:
            values: by key; 10,000 at the most, and 16 MB as JSON together.
            expire: seconds until Redis forgets them; None keeps them for good.
        """
        _check_expire(expire)
        encoded = encode_many(zip(keys := _many(values.keys()), values.values(), strict=True))
        if not keys:
            return True
        return await self.run(SET_MANY, keys, *encoded, expire or 0, repeat=True) == b"OK"

    async def get_many(self, keys: Iterable[str]) -> dict[str, Any]:
        """Return the values of the keys, by key (MGET), without those that are absent.

        A key with no value but a queue counts as absent. At most 10,000 keys.
        """
        if not (keys := _many(keys)):
            return {}
        stored = await self.call("MGET", *map(self.full_name, keys), repeat=True)
        return {
            key: decode(value) for key, value in zip(keys, stored, strict=True) if value is not None
        }

    async def exists(self, *keys: str) -> int:
        """Return how many of the keys are there (EXISTS)."""
        if not keys:
            return 0
        return await self.call("EXISTS", *map(self.full_name, keys), repeat=True)

    async def delete(self, *keys: str) -> int:
        """Remove the keys (DEL). Return how many of them there were."""
        if not keys:
            return 0
        return await self.call("DEL", *map(self.full_name, keys))

    # ---- pub/sub ---------------------------------------------------------------------

    async def publish(self, channel: str, message: Any) -> int:
        """Send `message` to everyone who is subscribed to the channel now (PUBLISH).

        Returns:
            The number of subscribers that it was sent to. 0 is no error: nobody listens,
            and the message is gone.
        """
        return await self.call("PUBLISH", self.full_name(channel), encode(message))

    async def subscribe(self, *channels: str) -> Subscription:
        """Subscribe to channels (SUBSCRIBE), on a connection of their own.

        For many listeners in one process, one connection is enough: see `backend.core.fan_out`.

        Returns:
            A subscription for `listen`, once Redis has confirmed it: what is published from
            now on arrives. Nobody needs to sleep between subscribing and publishing.
        """
        if not channels:
            raise ValueError("subscribe() needs the name of at least one channel")
        pubsub = self._connected().pubsub()
        subscription = Subscription(
            pubsub, self.namespace, patience=self._timeout, retrying=self._retrying
        )
        try:
            await self._within(self._timeout, "SUBSCRIBE", subscription.start(channels))
        except BaseException:
            await subscription.close()
            raise
        still_open = (each for each in self._subscriptions if each.channels)
        self._subscriptions = [*still_open, subscription]
        return subscription

    async def listen(
        self, subscription: Subscription, *, gaps: bool = False
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield the messages of a subscription, until it is unsubscribed or disconnected.

        A listener that loses its connection, or whose server hangs, logs a warning and
        reconnects; what is published in the meantime is missed. When it has failed to
        reconnect `attempts` times, the last error is raised. A listener that is cancelled, by
        a deadline for one, may lose the message that was arriving.

        Args:
            subscription: what `subscribe` returned.
            gaps: yield a message of the type "gap", too, where others are missing (see
                `backend.core.subscription`).

        Yields:
            `{"type": "message", "pattern": None, "channel": "security_events", "data": …}`.

        Raises:
            RuntimeError: somebody else is listening to this very subscription (seen as soon
                as both wait at once).
            ConnectionError, TimeoutError: the server did not come back.
            NoPermissionError: it came back, and this user may not subscribe there any more.
        """
        self._connected()
        while (message := await subscription.next_message()) is not None:
            if gaps or message["type"] != "gap":
                yield message

    async def unsubscribe(self, *channels: str) -> None:
        """End this client's subscriptions to the channels; all of them if none is named.

        Whoever listened comes to the end of the messages. What had arrived but was not
        yet listened to is dropped. No error if there was no subscription.
        """
        self._connected()
        for subscription in list(self._subscriptions):
            await subscription.leave(channels or tuple(subscription.channels))
        self._subscriptions = [each for each in self._subscriptions if each.channels]

    # ---- how a call is made ------------------------------------------------------------

    def full_name(self, name: str) -> str:
        """Return the name under which the server knows a queue, key or channel of ours."""
        return self.namespace + name

    async def call(self, *command: Any, repeat: bool = False, wait: float = 0) -> Any:
        """Send any Redis command, and return what redis-py makes of the answer.

        The methods above are made of it. Names are sent as they are: see `full_name`.

        Args:
            command: the command and its arguments, as in `call("TTL", full_name)`.
            repeat: it may run twice without harm, so it is sent again when the connection is lost.
                What the server has refused because it is the wrong one, or not ready, is sent
                again in any case.
            wait: seconds that the server may wait before it answers, if it is a blocking
                command; it then takes no place from the others.

        Raises:
            ValueError: the command changes its connection, as MULTI does. Nothing is sent.
        """
        if command[0].upper() in OF_ONE_CONNECTION:
            raise ValueError(
                f"{command[0]} changes the connection that it goes over, and calls share theirs: "
                "use a script, or a connection of your own from redis-py"
            )

        async def send() -> Any:
            # Asked before each attempt: after a disconnect() there is no further one.
            redis = self._connected()
            try:
                if wait:
                    return await redis.execute_command(*command)
                async with self._room:
                    if self._replicas and command[0] not in NOT_PASSED_ON:
                        return await passed_on(redis, command, self._replicas, self._timeout / 2)
                    return await redis.execute_command(*command)
            except exceptions.RedisError as error:
                if has_done_nothing(error):  # the wrong server, by now: let go of it
                    await self._let_go()
                raise
            except OSError as error:  # no file descriptor left for another connection, for one
                raise exceptions.ConnectionError(f"no connection: {error.strerror}") from error

        answer = self._retrying(send, within=self._timeout, repeat=repeat)
        self._under_way += wait == 0
        try:
            return await self._within(self._timeout + wait, command[0], answer)
        except exceptions.TimeoutError:  # it hangs: another may have taken its place
            await self._let_go()
            raise
        finally:
            self._under_way -= wait == 0

    async def run(
        self, script: Script, keys: Sequence[str], *arguments: Any, repeat: bool = False
    ) -> Any:
        """Run a Lua script, which Redis does as one step (EVALSHA).

        Its digest is sent. Only a server that does not know it, since it has started or failed
        over or was told to forget (SCRIPT FLUSH), is sent the text: it has run nothing then.

        Args:
            script: what `backend.core.scripts.load` returned.
            keys: the names of its KEYS; `full_name` is applied to them here.
            arguments: its ARGV.
            repeat: it may run twice without harm, so a lost connection is tried again.
        """
        # A key may be named after what another program wrote, and hold bytes that are no text.
        names = [self.full_name(key).encode(errors="surrogateescape") for key in keys]
        command = "EVALSHA", script.digest, len(names), *names, *arguments
        for _ in range(2):  # twice: in a failover, the text may still go to the old server
            try:
                return await self.call(*command, repeat=repeat)
            except exceptions.NoScriptError:
                await self.call("SCRIPT", "LOAD", script.text, repeat=True)
        return await self.call(*command, repeat=repeat)

    async def _take(self, queue_name: str, count: int) -> list[bytes]:
        """Take what is there; if we are cancelled meanwhile, put it back."""
        name = self.full_name(queue_name)
        taking = asyncio.create_task(self.call("LPOP", name, count))

        async def put_back() -> None:
            with suppress(exceptions.RedisError, RuntimeError):  # the server is gone, or we are
                if items := await taking:
                    await self.run(PUT_IN_FRONT, [queue_name], *items)

        try:
            return await asyncio.shield(taking) or []
        except asyncio.CancelledError:
            await asyncio.shield(put_back())
            raise

    async def _wait_for_item(self, queue_name: str, seconds: float) -> None:
        """Wait until there is an item, and leave it where it is: cancelled, we have taken none."""
        name = self.full_name(queue_name)
        try:
            await self.call("BLMOVE", name, name, "LEFT", "LEFT", seconds, wait=seconds)
        except exceptions.OutOfMemoryError:  # to Redis it is a write; others may make room
            await asyncio.sleep(min(seconds, 0.1))

    async def _let_go(self) -> None:
        """Close the connections that are not in use: the next call finds the right server."""
        if self._redis:
            await close_idle(self._redis.connection_pool)

    def _connected(self) -> Redis:
        if self._redis is None:
            raise RuntimeError(
                "Redis client not connected: call `await client.connect()` first, "
                "or use `async with RedisClient() as client:`."
            )
        return self._redis

    async def _within(self, seconds: float, what: str, answer: Coroutine[Any, Any, T]) -> T:
        try:
            with self._deadlines.within(seconds):
                return await answer
        except TimeoutError:
            crowd = ""
            if self._under_way > MAX_CONNECTIONS:
                crowd = (
                    f" Or the wait was here: {self._under_way} calls at once share "
                    f"{MAX_CONNECTIONS} connections. Make fewer at once, or give them more time."
                )
            raise exceptions.TimeoutError(
                f"{what}: no answer from Redis within {seconds:g} s. "
                f"The server hangs, is overloaded, or is out of reach.{crowd}"
            ) from None
        finally:
            answer.close()  # where it has not begun, in another event loop than the client's


def _packed(*command: Any) -> list[bytes]:
    """Pack a command for the server, in C. Its name can be two words, as in CLIENT LIST."""
    name, *arguments = command
    return [hiredis.pack_command((*name.split(), *arguments))]


def _many(things: Iterable[T]) -> list[T]:
    """Return the items or keys of a call that takes many; one alone is a mistake."""
    if isinstance(things, str | bytes | dict):
        kind = type(things).__name__
        raise TypeError(f"this call takes many, as a list, and was given one {kind}: put it in [ ]")
    many = list(things)
    if len(many) > MAX_MANY:
        raise ValueError(
            f"one call takes {MAX_MANY:,} at the most, not {len(many):,}: make several"
        )
    return many


def _check_expire(expire: int | None) -> None:
    if expire is not None and (type(expire) is not int or expire < 1):
        raise ValueError(f"expire must be 1 or more whole seconds (None: never), not {expire!r}")
