"""Which lessons do not keep a rule yet. Who mends one takes it off the list, or its test fails."""

from __future__ import annotations

import pytest


class StillToDo(dict[str, set[str]]):
    """For each rule, the lessons (as "03_cache") that are known not to keep it."""

    def judge(self, rule: str, lesson: str, problems: list[str]) -> None:
        """Fail when a lesson breaks a rule, or keeps one that it is listed for."""
        listed = lesson in self.get(rule, ())
        if problems and listed:
            pytest.xfail("\n".join(problems))
        if problems:
            pytest.fail("\n".join(problems), pytrace=False)
        if listed:
            pytest.fail(f"{lesson} keeps {rule!r} now: take it off the list", pytrace=False)


_ALL = {
    "03_cache", "04_pubsub", "05_pipeline", "06_failure_lab",
}  # fmt: skip

STILL_TO_DO = StillToDo(
    again={"04_pubsub", "05_pipeline", "06_failure_lab"},
    not_too_long=set(_ALL),
    shows_where_you_are=set(_ALL),
    links_the_glossary=set(_ALL),
    says_what_you_can_do_now=set(_ALL),
    asks_what_was_learnt_before=set(_ALL),
    predictions_are_unspoilt=set(_ALL),
    defined_words_are_in_the_glossary={"05_pipeline", "06_failure_lab"},
    plain_words={"04_pubsub", "06_failure_lab"},
    no_aside_in_an_aside={"05_pipeline", "06_failure_lab"},
)
