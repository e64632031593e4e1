"""A subscription: one connection on which Redis sends messages, until we leave."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from redis.asyncio.client import PubSub
from redis.exceptions import ConnectionError, TimeoutError

from backend.core.encoding import decode
from backend.core.gaps import ReadAhead, gap

logger = logging.getLogger(__name__)

Retrying = Callable[[Callable[[], Awaitable[None]]], Awaitable[None]]


class Subscription:
    """The channels that one listener hears, on a connection of their own.

    `RedisClient.subscribe` makes it, `RedisClient.listen` reads it.

    A quiet channel and a dead server look the same from here: nothing comes. So after
    `patience` seconds of silence the server is asked with a PING, and if that is not
    answered within another `patience` seconds, the connection counts as lost.

    Redis keeps nothing for a subscriber that is away. So after a lost connection there is a
    gap in the messages, and a message of the type "gap" says so in its place.
    """

    def __init__(self, pubsub: PubSub, namespace: str, patience: float) -> None:
        self.channels: list[str] = []
        self._pubsub = pubsub
        self._namespace = namespace
        self._patience = patience
        self._reading: asyncio.Task[dict[str, Any]] | None = None
        self._ahead: ReadAhead | None = None
        self._lost: str | None = None  # why the last connection was lost
        self._losses = 0  # grows with each connection lost since the last message

    async def start(self, channels: tuple[str, ...]) -> None:
        """Subscribe, and wait until Redis has confirmed every channel."""
        self.channels = list(dict.fromkeys(channels))
        await self._pubsub.subscribe(*self._full_names(self.channels))
        for _ in self.channels:
            await self._pubsub.get_message(timeout=None)

    async def next_message(
        self, retrying: Retrying, buffer: int | None = None
    ) -> dict[str, Any] | None:
        """Wait for the next message or gap; None when the subscription has ended.

        A lost connection is made anew by way of `retrying`, which tries with back-off.
        Once there is a `buffer`, messages are read ahead until the subscription ends.
        """
        if buffer:
            self._ahead = self._ahead or ReadAhead(lambda: self._next_message(retrying))
            self._ahead.size = buffer
        if (ahead := self._ahead) is None:
            return await self._next_message(retrying)
        while (message := await ahead.next_message()) is not None:
            if message["channel"] in (None, *self.channels):  # not left in the meantime
                return message
        return None

    async def _next_message(self, retrying: Retrying) -> dict[str, Any] | None:
        if self._reading and not self._reading.done():
            raise RuntimeError(
                f"Somebody is already listening to this subscription ({', '.join(self.channels)}). "
                "A second listener needs its own: call subscribe() again."
            )
        if not self.channels:
            return None
        # A task of its own, so that close() can end the wait from another task.
        self._reading = asyncio.create_task(self._read(retrying))
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
        if self._ahead:
            ahead, self._ahead = self._ahead, None  # and with it what nobody has heard
            await ahead.stop()
        await self._pubsub.aclose()

    async def _stop_reading(self) -> None:
        if self._reading:
            self._reading.cancel()
            await asyncio.wait([self._reading])

    async def _read(self, retrying: Retrying) -> dict[str, Any]:
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
                # A server that lets us in and cuts us off again shall not be stormed.
                await asyncio.sleep(min(self._patience, 0.05 * self._losses))
                self._losses = min(2 * self._losses + 1, 1000)
                await retrying(self._reconnect)
                continue
            # A new connection begins with a confirmation that counts 1 channel. It stands between
            # what was heard before and what is heard after: here is the gap.
            if message["type"] == "subscribe" and message["data"] == 1:
                error, self._lost = self._lost or "the new one tells", None
                return gap("connection lost", missed=None, error=error)
            # Other confirmations, and the answer to our PING, are no news for the listener.
            if message["type"] == "message":
                self._losses = 0
                channel = message["channel"].decode().removeprefix(self._namespace)
                if channel in self.channels:
                    return {
                        "type": "message",
                        "pattern": message["pattern"],
                        "channel": channel,
                        "data": decode(message["data"]),
                    }

    async def _receive(self) -> dict[str, Any]:
        message = await self._pubsub.get_message(timeout=self._patience)
        if message is None:
            await self._pubsub.ping()
            message = await self._pubsub.get_message(timeout=self._patience)
        if message is None:
            raise TimeoutError(f"silent, and no answer to a PING within {self._patience:g} s")
        return message

    async def _reconnect(self) -> None:
        # On connecting, PubSub subscribes to its channels again by itself.
        if self._pubsub.connection:
            await self._pubsub.connection.disconnect()
        await self._pubsub.connect()

    def _full_names(self, channels: list[str]) -> list[str]:
        return [self._namespace + channel for channel in channels]
