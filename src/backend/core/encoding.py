"""JSON in, JSON out: how a Python value becomes the bytes that Redis keeps, and comes back.

The law: what `encode` accepts comes back from `decode` equal to what went in. What JSON
would change on the way (a tuple, a dict key that is not text) or cannot hold (a datetime,
bytes, NaN) is refused, with the name of the field, before anything is sent.
"""

import math
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import json

MAX_ITEM = 16_000_000
"""Bytes that an item of a queue may have. What is larger holds the whole server up on its way."""


def encode_item(value: Any) -> bytes:
    """Return `value` as UTF-8 JSON for a queue.

    Raises:
        TypeError: see `encode`.
        ValueError: it is larger than an item may be.
    """
    item = encode(value)
    if len(item) > MAX_ITEM:
        raise ValueError(
            f"the item has {len(item):,} bytes as JSON, and a queue takes {MAX_ITEM:,} at the "
            "most: keep the data in a file, and queue its path"
        )
    return item


def encode_many(values: Iterable[tuple[object, Any]]) -> list[bytes]:
    """Return values as UTF-8 JSON, for one call that takes them all.

    Args:
        values: each with what names it in a message: its number, or its key.

    Raises:
        TypeError: see `encode`; the message also says which value it is, as in `at 2: value[…]`.
        ValueError: together they are larger than an item may be.
    """
    encoded = []
    for name, value in values:
        try:
            encoded.append(encode(value))
        except TypeError as error:
            raise TypeError(f"at {name!r}: {error}") from error
    if (size := sum(map(len, encoded))) > MAX_ITEM:
        raise ValueError(
            f"together they have {size:,} bytes as JSON, and one call takes {MAX_ITEM:,} at the "
            "most: make several calls"
        )
    return encoded


def encode(value: Any) -> bytes:
    """Return `value` as UTF-8 JSON.

    Raises:
        TypeError: the value holds something that JSON cannot give back; the message
            names the field, as in `value['timestamp']`. Nothing of it is encoded.
    """
    try:
        if not _is_plain(value):
            for problem in _problems(value, "value"):
                raise TypeError(problem)
        return _TO_JSON.encode(value)
    except (ValueError, RecursionError) as error:
        # Rare: a list that contains itself, text that is not UTF-8, more than 4300 digits.
        raise TypeError(f"value cannot be JSON: {error}") from error


def decode(stored: bytes) -> Any:
    """Return the value that `encode` stored.

    Another program may have written the bytes. If they are not JSON they come back as
    text, and if they are not even UTF-8 they come back as the bytes they are: whoever took
    them from a queue holds the only copy, so they must not be lost to an exception.
    """
    try:
        return _FROM_JSON.decode(stored)
    except (ValueError, RecursionError):
        pass
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return stored


def _is_plain(value: Any) -> bool:
    """Return whether `_problems` has nothing to look for: a quick look, which is for nearly all."""
    kind = type(value)
    if kind is dict:
        if not _TEXT.issuperset(map(type, value)):
            return False
        value = value.values()
    elif kind is not list:
        return kind in _PLAIN or (kind is float and math.isfinite(value))
    return _PLAIN.issuperset(map(type, value)) or all(map(_is_plain, value))


def _problems(value: Any, field: str) -> Iterator[str]:
    """Yield what in `value` JSON cannot hold, or would give back as something else."""
    match value:
        case None | bool() | int() | str():
            pass
        case float():
            if not math.isfinite(value):
                yield f"{field} is {value}, and JSON has no such number; use None"
        case list():
            for index, item in enumerate(value):
                yield from _problems(item, f"{field}[{index}]")
        case dict():
            for key, item in value.items():
                if not isinstance(key, str):
                    yield f"{field} has the key {key!r}, and JSON keys are text; use {str(key)!r}"
                yield from _problems(item, f"{field}[{key!r}]")
        case _:
            kind = type(value).__name__
            advice = _ADVICE.get(kind, "convert it first")
            yield f"{field} is a {kind}, which JSON cannot hold; {advice}"


def _bare(value: Any) -> Any:
    """Return text or a number of a class of its own, such as numpy's float64, as the plain one."""
    return next(kind(value) for kind in (str, int, float) if isinstance(value, kind))


_TEXT = frozenset({str})
_PLAIN = frozenset({str, int, bool, type(None)})
_TO_JSON = json.Encoder(enc_hook=_bare)
_FROM_JSON = json.Decoder()

_ADVICE = {
    "bytes": "use .decode() or .hex()",
    "date": "use .isoformat()",
    "datetime": "use .isoformat()",
    "Decimal": "use str() or float()",
    "PosixPath": "use str()",
    "set": "use sorted()",
    "tuple": "use list()",
    "UUID": "use .hex",
    "WindowsPath": "use str()",
}
