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


STILL_TO_DO = StillToDo()
