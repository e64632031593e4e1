"""The law of encode and decode, on many made-up values."""

from __future__ import annotations

import json
import math
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.encoding import decode, encode

any_text = st.text(st.characters(codec=None, exclude_categories=()))  # lone surrogates as well
texts = st.text()
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


def same(left: Any, right: Any) -> bool:
    """Equal, and of the same types all the way down: to Python, True == 1 == 1.0."""
    if type(left) is not type(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[k], right[k]) for k in left)
    if isinstance(left, float):
        return left == right and math.copysign(1, left) == math.copysign(1, right)
    return bool(left == right)


@given(json_values)
def test_every_json_value_comes_back_as_itself(value: Any) -> None:
    assert same(decode(encode(value)), value)


@given(any_text)
def test_text_of_any_kind_comes_back_as_itself_or_is_refused(text: str) -> None:
    try:
        stored = encode(text)
    except TypeError:
        assert any(0xD800 <= ord(character) <= 0xDFFF for character in text)
    else:
        assert decode(stored) == text


@given(st.binary())
def test_decode_never_raises(stored: bytes) -> None:
    decode(stored)


@pytest.mark.parametrize("stored", [b"[" * 100_000, b"9" * 5_000, b"", b"\xef\xbb\xbf1", b"NaN"])
def test_what_only_looks_like_json_comes_back_as_text(stored: bytes) -> None:
    assert decode(stored) == stored.decode()


@given(st.binary().filter(lambda stored: not is_utf8(stored)))
def test_what_is_not_utf8_comes_back_as_the_bytes(stored: bytes) -> None:
    assert decode(stored) == stored


@given(st.text().filter(lambda text: not is_json(text)))
def test_what_is_not_json_comes_back_as_text(text: str) -> None:
    assert decode(text.encode()) == text


circle: list[Any] = []
circle.append(circle)

deep: list[Any] = []
for _ in range(100_000):
    deep = [deep]


@pytest.mark.parametrize(
    "refused",
    [
        b"bytes", (1, 2), {1}, {1: "a"}, {None: 1}, {True: 1}, {"a": object()},
        [[datetime.now(UTC)]], math.nan, math.inf, -math.inf, 1j, Decimal("1.5"), Path("x"),
        uuid4(), range(3), type, 10**5000, "\ud83d\ude00", {"\ud800": 1}, circle, deep,
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_every_other_value_is_refused_with_a_type_error(refused: Any) -> None:
    with pytest.raises(TypeError, match=r"^value"):
        encode(refused)


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ({"timestamp": datetime.now(UTC)}, r"value\['timestamp'\] is a datetime.*isoformat"),
        ({"boxes": [{}, {"score": math.nan}]}, r"value\['boxes'\]\[1\]\['score'\] is nan"),
        ({"cameras": {7: "door"}}, r"value\['cameras'\] has the key 7.*'7'"),
        (b"jpeg", "value is a bytes"),
    ],
)
def test_the_refusal_names_the_field(value: Any, complaint: str) -> None:
    with pytest.raises(TypeError, match=complaint):
        encode(value)


class Camera(StrEnum):
    DOOR = "front_door"


class Level(IntEnum):
    HIGH = 3


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.float64(0.9), 0.9),
        (Camera.DOOR, "front_door"),
        (Level.HIGH, 3),
        (type("Name", (str,), {})("door"), "door"),
        (type("Count", (int,), {})(2), 2),
        (Counter(a=1), {"a": 1}),
        ({Camera.DOOR: [Level.HIGH]}, {"front_door": [3]}),
    ],
)
def test_a_class_of_its_own_comes_back_as_the_plain_value_that_it_equals(
    value: Any, plain: Any
) -> None:
    assert same(decode(encode(value)), plain)


def test_the_bytes_are_plain_json_that_other_programs_can_read() -> None:
    assert json.loads(encode({"camera": "Tür", "n": [1, None]})) == {
        "camera": "Tür",
        "n": [1, None],
    }


def is_utf8(stored: bytes) -> bool:
    try:
        stored.decode()
    except UnicodeDecodeError:
        return False
    return True


def is_json(text: str) -> bool:
    try:
        json.loads(text, parse_constant=lambda name: int(name))
    except ValueError:
        return False
    return True
