"""What is a bad time, and what a bad item."""

from __future__ import annotations

import errno

import pytest

from backend.core.unavailable import BadItem, Unavailable, is_unavailable


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ESTALE])
def test_a_shortage_of_the_machine_is_no_files_fault(number: int) -> None:
    assert is_unavailable(OSError(number, "so it says"))


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOENT, "gone"),
        OSError(errno.EACCES, "not yours"),
        OSError("no number"),
        TimeoutError(),
        BadItem("no image"),
        ValueError("no image"),
    ],
)
def test_what_another_item_may_not_meet_counts_against_the_item(error: Exception) -> None:
    assert not is_unavailable(error)


def test_own_work_can_say_which_it_is() -> None:
    assert is_unavailable(Unavailable("the model is away"))
