"""A consumer whose clock is wrong: seconds by which it is, then the arguments of a consumer."""

from __future__ import annotations

import sys
import time
from datetime import datetime, timedelta, tzinfo
from typing import Self

from backend.examples import consumer


def set_clock(wrong_by: float) -> None:
    """Make this process's clock wrong by so many seconds, wherever Python asks for the time."""
    right_time, right_datetime = time.time, datetime

    class WrongDatetime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            moment = right_datetime.now(tz) + timedelta(seconds=wrong_by)
            return cls.fromtimestamp(moment.timestamp(), tz)

    if wrong_by:
        time.time = lambda: right_time() + wrong_by
        for module in list(sys.modules.values()):
            if getattr(module, "datetime", None) is right_datetime:
                module.datetime = WrongDatetime  # type: ignore[attr-defined]


if __name__ == "__main__":
    set_clock(float(sys.argv[1]))
    consumer.run(sys.argv[2:])
