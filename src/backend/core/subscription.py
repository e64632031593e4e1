"""A subscription: one connection on which Redis sends messages, until we leave.

    async for message in client.listen(subscription, gaps=True):
        if message["type"] == "gap":
            await reload_everything()  # what was published here did not come
        else:
            await show(message["data"])

Redis keeps no messages: what cannot be delivered is gone. What can be had is the knowledge that
something is missing, and where. A gap comes in the place of what is missing, as a message

    {"type": "gap", "pattern": None, "channel": None, "data": {"reason": "connection lost", …}}

with the `error`, and `missed` None, since nobody knows how much was published. A connection is
lost with the server or the network; and a server cuts off a listener that leaves too much unread
(`client-output-buffer-limit`).

If you can afford no gap, pub/sub is the wrong tool: use a queue, or a stream, which keeps what
was published and can be read again from where one stopped.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Any

from redis.asyncio.client import PubSub
from redis.exceptions import ConnectionError, TimeoutError

from backend.core.encoding import decode
from backend.core.retrying import Retrying

logger = logging.getLogger(__name__)


def gap(reason: str, *, missed: int | None, error: str) -> dict[str, Any]:
    """Return what a listener gets in the place of messages that are missing.

    Args:
        reason: what happened, in words for a program.
        missed: how many they are; None if nobody knows.
        error: what happened, for people.
    """
    data = {"reason": reason, "missed": missed, "error": error}
    return {"type": "gap", "pattern": None, "channel": None, "data": data}


class Subscription:
    """The channels that one listener hears, on a connection of their own.

    `RedisClient.subscribe` makes it, `RedisClient.listen` reads it.

    A quiet channel and a dead server look the same from here: nothing comes. So after
    `patience` seconds of silence the server is asked with a PING, and if that is not
    answered within another `patience` seconds, the connection counts as lost. Then it is
    made anew by way of `retrying`.
    """

    def __init__(
        self, pubsub: PubSub, namespace: str, *, patience: float, retrying: Retrying
    ) -> None:
        self.channels: list[str] = []
        self._pubsub = pubsub
        self._namespace = namespace
        self._patience = patience
        self._retrying = retrying
        self._reading: asyncio.Task[dict[str, Any]] | None = None
        self._lost: str | None = None  # why the last connection was lost
        self._losses = 0  # connections lost since a server was last heard of

    async def start(self, channels: tuple[str, ...]) -> None:
        """Subscribe, and wait until Redis has confirmed every channel."""
        self.channels = list(dict.fromkeys(channels))
        await self._pubsub.subscribe(*self._full_names(self.channels))
        for _ in self.channels:
            await self._pubsub.get_message(timeout=None)

    async def next_message(self) -> dict[str, Any] | None:
        """Wait for the next message or gap; None when the subscription has ended."""
        if self._reading and not self._reading.done():
            raise RuntimeError(
                f"Somebody is already listening to this subscription ({', '.join(self.channels)}). "
                "A second listener needs its own: call subscribe() again."
            )
        if not self.channels:
            return None
        # A task of its own, so that close() can end the wait from another task.
        self._reading = asyncio.create_task(self._read())
        try:
            return await self._reading
        except asyncio.CancelledError:
            listener = asyncio.current_task()
            if self.channels or (listener and listener.cancelling()):
                raise  # it was the listener that was cancelled
            return None

    async def leave(self, channels: tuple[str, ...]) -> None:
        """Unsubscribe from these channels; end the subscription when none is left."""
        leaving = [channel for channel in self.channels if channel in channels]
        self.channels = [channel for channel in self.channels if channel not in channels]
        if leaving and self.channels:
            await self._pubsub.unsubscribe(*self._full_names(leaving))
        elif leaving:
            await self._stop_reading()
            # Wait for the server's word, so that no publisher counts us after this. From a
            # server that is gone or hangs it will not come; then closing has to do.
            with suppress(ConnectionError, TimeoutError, asyncio.TimeoutError):
                async with asyncio.timeout(self._patience):
                    await self._pubsub.unsubscribe(*self._full_names(leaving))
                    while self._pubsub.subscribed:
                        await self._pubsub.get_message(timeout=None)
            await self.close()

    async def close(self) -> None:
        """End the subscription: whoever listens gets None, and the connection is closed."""
        self.channels = []
        await self._stop_reading()
        await self._pubsub.aclose()

    async def _stop_reading(self) -> None:
        if self._reading:
            self._reading.cancel()
            await asyncio.wait([self._reading])

    async def _read(self) -> dict[str, Any]:
        while True:
            try:
                message = await self._receive()
            except (ConnectionError, TimeoutError) as loss:
                self._lost = str(loss)
                logger.warning(
                    "Lost the subscription to %s (%s). Reconnecting; what is published in "
                    "the meantime is missed.",
                    ", ".join(self.channels),
                    loss,
                )
                # A server that lets us in and cuts us off again shall not be stormed: from the
                # second loss on there is a wait also before the first attempt.
                failures, self._losses = self._losses, self._losses + 1
                # PubSub subscribes to its channels again by itself. It may have done so already.
                await self._retrying(self._pubsub.connect, failures=failures)
                continue
            # A new connection begins with a confirmation that counts 1 channel. It stands between
            # what was heard before and what is heard after: here is the gap.
            if message["type"] == "subscribe" and message["data"] == 1:
                return self._gap()
            # Other confirmations, and the answer to our PING, are no news for the listener.
            if message["type"] in ("message", "pong"):
                self._losses = 0
            if message["type"] == "message":
                channel = message["channel"].decode().removeprefix(self._namespace)
                if channel in self.channels:
                    return {
                        "type": "message",
                        "pattern": message["pattern"],
                        "channel": channel,
                        "data": decode(message["data"]),
                    }

    def _gap(self) -> dict[str, Any]:
        error = self._lost or "connection lost; redis-py reconnected by itself"
        self._lost = None
        return gap("connection lost", missed=None, error=error)

    async def _receive(self) -> dict[str, Any]:
        message = await self._pubsub.get_message(timeout=self._patience)
        if message is None:
            await self._pubsub.ping()
            message = await self._pubsub.get_message(timeout=self._patience)
        if message is None:
            if self._pubsub.connection:
                await self._pubsub.connection.disconnect()
            raise TimeoutError(f"silent, and no answer to a PING within {self._patience:g} s")
        return message

    def _full_names(self, channels: list[str]) -> list[str]:
        return [self._namespace + channel for channel in channels]
