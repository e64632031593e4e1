"""The built-in analyzer: what its rules make of a batch."""

from __future__ import annotations

from tests.backend.services.analyzers.batches import NOON, batch

from backend.services.analyzers.rules import RuleAnalyzer


async def score(*types: str, **options) -> int:
    return (await RuleAnalyzer().assess(batch(*types, **options))).risk_score


async def test_a_cat_is_a_low_risk_and_a_person_a_higher_one():
    assert await score("cat") < 30 <= await score("person")


async def test_a_person_at_night_is_a_higher_risk():
    assert await score("person", at=NOON.replace(hour=2)) >= 60 > await score("person")


async def test_who_stays_for_a_minute_is_a_higher_risk():
    assert await score("person", "person", every=60) > await score("person", "person", every=59)


async def test_the_less_sure_the_lower_the_risk():
    assert await score("person", confidence=0.5) < await score("person", confidence=0.9)


async def test_the_summary_says_what_where_and_why():
    night = batch("person", "cat", "person", at=NOON.replace(hour=23), every=40)
    summary = (await RuleAnalyzer().assess(night)).summary
    assert summary == "Person (2 times), cat at front_door, at night, for 80 s."


async def test_what_no_rule_knows_is_a_medium_risk():
    assert 15 <= await score("bear") <= 59
