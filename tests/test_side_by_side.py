"""The order in which workers take tests, tried on the tests of this very run."""

from itertools import groupby

import pytest
from tests.side_by_side import longest_first, scope_of, stated_limit


def test_those_come_first_that_may_take_longest(request: pytest.FixtureRequest) -> None:
    limits: dict[str, float] = {}
    for item in longest_first(request.session.items[::-1]):
        scope = scope_of(item.nodeid)
        limits[scope] = limits.get(scope, 0) + stated_limit(item)
    assert list(limits.values()) == sorted(limits.values(), reverse=True)


def test_what_belongs_together_stays_together_and_in_order(request: pytest.FixtureRequest) -> None:
    items = request.session.items
    place = {item: number for number, item in enumerate(items)}
    taken = {
        scope: [*of_scope]
        for scope, of_scope in groupby(longest_first(items), key=lambda item: scope_of(item.nodeid))
    }
    assert sum(map(len, taken.values())) == len(items)  # no scope comes twice
    assert all(of_scope == sorted(of_scope, key=place.get) for of_scope in taken.values())
