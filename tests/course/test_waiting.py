"""Waiting ends when the condition holds, or says that it does not."""

from __future__ import annotations

import pytest

from course.waiting import until


async def test_it_waits_for_functions_and_for_coroutine_functions() -> None:
    answers = iter([False, False, True, False, True])

    async def holds() -> bool:
        return next(answers)

    await until(lambda: next(answers))
    await until(holds)
    assert next(answers, None) is None


async def test_it_says_what_has_not_happened_in_time() -> None:
    with pytest.raises(TimeoutError, match=r"^Waited 0\.02 s in vain: nobody came$"):
        await until(lambda: False, within=0.02, otherwise=lambda: "nobody came")
