"""A namespace of one's own: no two alike, and below that of the user."""

import re

import pytest

from backend.core.namespaces import new_namespace


@pytest.mark.parametrize(
    ("url", "user"),
    [
        (None, ""),
        ("redis://localhost:6379/0", ""),
        ("redis://:secret@localhost:6379/0", ""),
        ("redis://dana:secret@localhost:6379/0", "dana:"),
        ("rediss://jane.doe-2:@localhost", "jane.doe-2:"),
        ("redis://dana@localhost", "dana:"),
        ("redis+sentinel://dana:secret@one:26379,two:26379/home/0", "dana:"),
        ("redis://*:secret@localhost", ""),  # a name that would be a pattern is left out
        ("redis://no[url", ""),
    ],
)
def test_it_begins_with_the_user_of_the_url(url: str | None, user: str) -> None:
    assert re.fullmatch(rf"course:{user}[0-9a-f]{{8}}:", new_namespace("course", url))


def test_no_two_are_alike() -> None:
    assert len({new_namespace("course", None) for _ in range(100)}) == 100
