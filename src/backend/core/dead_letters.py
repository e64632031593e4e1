"""The dead-letter queue: items that were given up, with the reason, for somebody to look at."""

import base64
from typing import Any

from backend.core.encoding import decode, encode


def dead_letter(raw: bytes, **reason: Any) -> bytes:
    """Return the entry for an item that is given up: `original_job`, then the reason's fields.

    Where the item is not JSON as we write it, `original_bytes` (base64) keeps it to the letter.
    """
    job = decode(raw)
    if isinstance(job, bytes):
        job = raw.decode(errors="backslashreplace")
    try:
        exact = encode(job) == raw
    except TypeError:  # JSON that we would not write, such as half of a surrogate pair
        job, exact = raw.decode(), False
    kept = {} if exact else {"original_bytes": base64.b64encode(raw).decode()}
    return encode({"original_job": job, **reason, **kept})


def original(entry: dict[str, Any]) -> bytes:
    """Return the bytes of the item that a dead-letter entry was made from."""
    if "original_bytes" in entry:
        return base64.b64decode(entry["original_bytes"])
    return encode(entry["original_job"])
