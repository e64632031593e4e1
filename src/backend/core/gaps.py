"""What a listener missed, and how a slow one misses less.

    async for message in client.listen(subscription, gaps=True, buffer=1000):
        if message["type"] == "gap":
            await reload_everything()  # what was published here did not come
        else:
            await show(message["data"])

Redis keeps no messages: what cannot be delivered is gone. What can be had is the knowledge that
something is missing, and where. A gap comes in the place of what is missing, as a message like

    {"type": "gap", "pattern": None, "channel": None, "data": {"reason": …, "missed": …}}

There are two reasons:

    connection lost    with `error`; nobody knows how much was published: `missed` is None
    listener too slow  the buffer was full; `missed` is the number of messages dropped

If you can afford no gap, pub/sub is the wrong tool: use a queue, or a stream, which keeps what
was published and can be read again from where one stopped.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

Message = dict[str, Any]


def gap(reason: str, *, missed: int | None, **more: Any) -> Message:
    """Return the message that stands where others are missing."""
    data = {"reason": reason, "missed": missed, **more}
    return {"type": "gap", "pattern": None, "channel": None, "data": data}


class ReadAhead:
    """Reads messages in the background and keeps the newest, until the listener has time.

    A server holds back what its client does not read, up to a limit
    (`client-output-buffer-limit`); then it closes the connection, and all of that is lost. Here
    nothing is left unread for long, as long as the event loop is free to run.

    Args:
        receive: waits for the next message or gap; None when there will be no more.
    """

    size = 1
    """How many messages are kept. One more, and the oldest is dropped."""

    def __init__(self, receive: Callable[[], Awaitable[Message | None]]) -> None:
        self._receive = receive
        self._kept: deque[Message] = deque()
        # What was dropped from the front of `_kept`: how many messages, and the last gap.
        self._dropped = 0
        self._dropped_gap: Message | None = None
        self._news = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None
        self._listened_to = False

    async def next_message(self) -> Message | None:
        """Wait for the next message or gap; None when there will be no more.

        Raises:
            RuntimeError: somebody else is waiting.
            Exception: whatever `receive` raised, once what came before it has been handed out.
                To ask again starts the reading again.
        """
        if self._listened_to:
            raise RuntimeError(
                "Somebody is already listening to this subscription. "
                "A second listener needs its own: call subscribe() again."
            )
        self._listened_to = True
        try:
            while (message := self._take()) is None:
                if self._reader is None:
                    self._reader = asyncio.create_task(self._read())
                    self._reader.add_done_callback(self._wake)
                if self._reader.done():
                    reader, self._reader = self._reader, None
                    return reader.result()
                self._news.clear()
                await self._news.wait()
            return message
        finally:
            self._listened_to = False

    async def stop(self) -> None:
        """Wait for the end of the reader, whose `receive` has come to its end."""
        if self._reader:
            await asyncio.wait([self._reader])

    async def _read(self) -> None:
        while (message := await self._receive()) is not None:
            self._kept.append(message)
            if len(self._kept) > self.size:
                self._drop_oldest()
            self._news.set()

    def _drop_oldest(self) -> None:
        oldest = self._kept.popleft()
        if oldest["type"] == "gap":
            self._dropped_gap = oldest
        else:
            self._dropped += 1

    def _take(self) -> Message | None:
        # The oldest are dropped: so what is missing comes before all that is kept.
        if self._dropped:
            missed, self._dropped = self._dropped, 0
            return gap("listener too slow", missed=missed)
        if self._dropped_gap:
            message, self._dropped_gap = self._dropped_gap, None
            return message
        return self._kept.popleft() if self._kept else None

    def _wake(self, reader: asyncio.Task[None]) -> None:
        self._news.set()
        if not reader.cancelled():
            reader.exception()  # seen, also when nobody listens any more
