"""Wait until something has happened."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable


async def until(
    condition: Callable[[], bool | Awaitable[bool]],
    *,
    within: float = 20.0,
    otherwise: Callable[[], str] = lambda: "what was waited for has not happened",
) -> None:
    """Wait until a condition holds.

    Args:
        condition: asked again and again; may be a coroutine function.
        within: seconds to wait at the most.
        otherwise: says what is the case instead, for the message of the error.

    Raises:
        TimeoutError: it did not hold in time.
    """
    ends = time.monotonic() + within
    while True:
        answer = condition()
        if await answer if inspect.isawaitable(answer) else answer:
            return
        if time.monotonic() > ends:
            raise TimeoutError(f"Waited {within:g} s in vain: {otherwise()}")
        await asyncio.sleep(0.005)
