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
    taken = [scope_of(item.nodeid) for item in longest_first(items)]
    assert [scope for scope, _ in groupby(taken)] == [*dict.fromkeys(taken)]
    for scope in {*taken}:
        of_scope = [item for item in items if scope_of(item.nodeid) == scope]
        assert [item for item in longest_first(items) if scope_of(item.nodeid) == scope] == of_scope
