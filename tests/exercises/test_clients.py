"""What a check reads from Redis holds on a machine as slow as it likes to be."""

from __future__ import annotations

import time

import pytest

from course.session import CourseRedis
from exercises.clients import Onlooker
from exercises.verdict import NotYet

AGO = 60.0
"""Seconds since the key got its time to live."""


async def look_at_a_key_with(seconds: int, here: CourseRedis) -> None:
    """See that a key was given an hour, when it was given so many seconds, a minute ago."""
    async with Onlooker(here.url, namespace=here.namespace) as redis:
        began = time.monotonic() - AGO
        left = int(1000 * (seconds - AGO))
        await redis.call("SET", redis.full_name("k"), 1, "PX", left)
        during = began, time.monotonic() - AGO
        await redis.lives("k", 3600, "OTHER_TTL", during=during)


async def test_a_time_to_live_is_known_long_after_it_was_given(here: CourseRedis) -> None:
    await look_at_a_key_with(3600, here)


@pytest.mark.parametrize("seconds", [3580, 3620])
async def test_another_one_is_not_made_right_by_waiting(here: CourseRedis, seconds: int) -> None:
    with pytest.raises(NotYet, match="OTHER_TTL"):
        await look_at_a_key_with(seconds, here)
