"""The dead-letter queue: items that were given up, with the reason, for somebody to look at.

    letters = DeadLetters(client, "detection_queue")
    for letter in await letters.page():
        print(letter.id, letter.entry["error"])
    await letters.requeue(letter.id)

There are two kinds, each a list of JSON entries that any client can read:

    dlq:detection_queue           an item that failed too often: `original_job`, `error`, …
    dlq:overflow:detection_queue  an item that had to make room for newer ones: `data`, `reason`, …

From a shell: `python -m backend.tools.dlq list detection_queue`.
"""

import base64
import hashlib
import itertools
import re
from dataclasses import dataclass
from typing import Any

from backend.core.encoding import decode, encode
from backend.core.redis import RedisClient
from backend.core.scripts import load

REQUEUE = load("requeue")
DELETE_ALL = load("delete_all")
STEP = 1_000_000
"""Bytes of entries that are requeued in one step, unless a single one has more."""

# ---- an entry --------------------------------------------------------------------------


def dead_letter(raw: bytes, **reason: Any) -> bytes:
    """Return the entry for an item that is given up: `original_job`, then the reason's fields.

    Where the item is not JSON as we write it, `original_bytes` (base64) keeps it to the letter.
    """
    job = decode(raw)
    if isinstance(job, bytes):
        job = raw.decode(errors="backslashreplace")
    try:
        # As it will stand in the entry: one level deeper, which can be one too many.
        exact = encode({"original_job": job}) == b'{"original_job":%b}' % raw
    except TypeError:  # JSON that we would not write, such as half of a surrogate pair
        job, exact = raw.decode(), False
    kept = {} if exact else {"original_bytes": base64.b64encode(raw).decode()}
    return encode({"original_job": job, **reason, **kept})


def original(entry: dict[str, Any]) -> bytes:
    """Return the bytes of the item that a dead-letter entry was made from."""
    if "original_bytes" in entry:
        return base64.b64decode(entry["original_bytes"])
    return encode(entry["original_job"])


def overflow_head(queue_name: str) -> bytes:
    """Return how the entry for an item that had to make room begins.

    The item follows as `data`, the last field, so that its bytes can be cut out again as they
    were: `{"original_queue":…,"reason":…,"overflow_policy":…,"data":…}`.
    """
    fields = {"original_queue": queue_name, "reason": "queue_overflow", "overflow_policy": "dlq"}
    return encode(fields).removesuffix(b"}")


_OVERFLOW = re.compile(
    rb'\{"original_queue":"(?:[^"\\]|\\.)*","reason":"queue_overflow","overflow_policy":"dlq"'
    rb'(?P<not_json>,"not_json":true)?,"data":(?P<data>.*)\}',
    re.DOTALL,
)


def item_of(raw_entry: bytes) -> bytes | None:
    """Return the bytes of the item that is in an entry, or None if it is no entry of ours.

    An entry that another program wrote counts, if it has the fields: `original_job`, or
    `original_queue` and `data`. Then the item is that field's value as JSON.
    """
    if (ours := _OVERFLOW.fullmatch(raw_entry)) and not ours["not_json"]:
        return ours["data"]
    try:
        match decode(raw_entry):
            case {"not_json": True, "data": str(text)}:  # one character for each byte
                return text.encode("latin-1")
            case {"original_job": _} as entry:
                return original(entry)
            case {"original_queue": _, "data": data}:
                return encode(data)
    except (ValueError, TypeError):  # original_bytes is not base64; a number beyond all bounds
        pass
    return None


@dataclass(frozen=True)
class DeadLetter:
    """An entry of a dead-letter queue."""

    raw: bytes
    """The bytes that are in Redis."""

    @property
    def id(self) -> str:
        """Twelve hex digits, made of the content. Equal entries have equal ids."""
        return hashlib.sha1(self.raw, usedforsecurity=False).hexdigest()[:12]

    @property
    def entry(self) -> Any:
        """The fields of the entry; the text or the bytes, if somebody put something else there."""
        return decode(self.raw)

    @property
    def item(self) -> bytes | None:
        """The item that was given up, to the letter. None if the entry holds none."""
        return item_of(self.raw)


# ---- the queue -------------------------------------------------------------------------


class DeadLetters:
    """The dead letters of one queue: look at them, requeue them, delete them.

    Looking changes nothing. An entry that is no dead letter of ours is shown like the others and
    stays until it is deleted.

    Args:
        client: a connected client.
        queue_name: the queue from which the items came, and to which they go back.
        overflow: those that had to make room, in `dlq:overflow:<queue_name>`, and not those that
            failed, in `dlq:<queue_name>`.
    """

    def __init__(self, client: RedisClient, queue_name: str, *, overflow: bool = False) -> None:
        self.queue_name = queue_name
        self.name = f"dlq:overflow:{queue_name}" if overflow else f"dlq:{queue_name}"
        self._client = client

    async def length(self) -> int:
        """Return the number of entries."""
        return await self._client.get_queue_length(self.name)

    async def page(self, start: int = 0, count: int = 100) -> list[DeadLetter]:
        """Return up to `count` entries, oldest first, from index `start` on; [] after the last."""
        if start < 0 or count < 1:
            found = f"{start!r}, {count!r}"
            raise ValueError(f"start must be 0 or more and count 1 or more, not {found}")
        name = self._client.full_name(self.name)
        entries = await self._client.call("LRANGE", name, start, start + count - 1, repeat=True)
        return [DeadLetter(raw) for raw in entries]

    async def find(self, id: str) -> DeadLetter:
        """Return the entry with this id.

        Raises:
            LookupError: there is none (any more).
        """
        start = 0
        while page := await self.page(start):
            for letter in page:
                if letter.id == id:
                    return letter
            start += len(page)
        raise self._gone(id)

    async def requeue(self, id: str) -> None:
        """Put the item of one entry at the end of its queue, and remove the entry: one step.

        Equal entries have one id; one of them is requeued.

        Raises:
            LookupError: there is no such entry (any more).
            ValueError: the entry holds no item.
            ConnectionError, TimeoutError: it may or may not be done. To try again does no harm:
                an entry that has gone does not go twice.
        """
        letter = await self.find(id)
        if letter.item is None:
            raise ValueError(f"{id} in {self.name} is no dead letter with an item to requeue")
        if not await self._requeue([letter]):
            raise self._gone(id)

    async def requeue_all(self) -> int:
        """Put the items of all entries at the end of their queue, oldest first.

        They go a hundred and a megabyte at a time, so the server is never held up for long. Entries
        that hold no item stay. What is given up in the meantime stays as well: an item that fails
        again at once is not requeued for ever.

        Returns:
            The number of items that went back.
        """
        requeued, stayed, left = 0, 0, await self.length()
        while left and (page := await self.page(stayed, min(left, 100))):
            left -= len(page)
            with_item = [letter for letter in page if letter.item is not None]
            stayed += len(page) - len(with_item)
            while with_item:
                sizes = itertools.accumulate(len(letter.raw) for letter in with_item)
                fitting = max(1, sum(size <= STEP for size in sizes))
                requeued += await self._requeue(with_item[:fitting])
                del with_item[:fitting]
        return requeued

    async def delete(self, id: str) -> None:
        """Remove one entry, and its item with it, for good.

        Raises:
            LookupError: there is no such entry (any more).
        """
        letter = await self.find(id)
        name = self._client.full_name(self.name)
        if not await self._client.call("LREM", name, 1, letter.raw):
            raise self._gone(id)

    async def delete_all(self) -> int:
        """Remove all entries for good. Return how many there were."""
        return await self._client.run(DELETE_ALL, [self.name])

    async def _requeue(self, letters: list[DeadLetter]) -> int:
        pairs = [part for letter in letters for part in (letter.raw, letter.item)]
        return await self._client.run(REQUEUE, [self.name, self.queue_name], *pairs)

    def _gone(self, id: str) -> LookupError:
        return LookupError(
            f"{self.name} has no entry {id}. It may have been requeued or deleted: list them again."
        )
