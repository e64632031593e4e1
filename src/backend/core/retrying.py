"""Trying again, with back-off: what may run twice without harm, and what has not run at all."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from redis import exceptions
from redis.backoff import ExponentialWithJitterBackoff

from backend.core.replicas import NotPassedOn
from backend.core.unavailable import has_done_nothing

MOST_DOUBLINGS = 1000  # of a wait: one more than 1,023 is too much for a float

T = TypeVar("T")


class Retrying:
    """Tries an operation again when the connection is lost, and waits longer each time.

    Args:
        attempts: how often it is tried in all.
        base: seconds to wait before the second attempt, on average; doubles with each further one.
        cap: seconds that such a wait can last at the most.
    """

    def __init__(self, attempts: int, *, base: float, cap: float) -> None:
        self._attempts = attempts
        # With full jitter a wait is anywhere from 0 to the doubled base: the base on average.
        self._backoff = ExponentialWithJitterBackoff(cap, base)

    async def __call__(
        self,
        operation: Callable[[], Awaitable[T]],
        *,
        within: float = float("inf"),
        failures: int = 0,
        repeat: bool = True,
    ) -> T:
        """Return what the operation returns, or raise the error of the last attempt.

        Args:
            operation: starts an attempt.
            within: seconds after which no further attempt begins.
            failures: how often it has failed before. If it has, the first attempt waits, too.
            repeat: it may run twice without harm. If not, it is tried again only after an answer
                that says that nothing was done.
        """
        ends, attempt = time.monotonic() + within, 0
        if failures:
            await asyncio.sleep(self._wait_after(failures))
        while True:
            attempt += 1
            try:
                return await operation()
            except exceptions.RedisError as error:
                may_pass = has_done_nothing(error) or (repeat and _is_lost(error))
                wait = self._wait_after(attempt)
                too_late = time.monotonic() + wait > ends  # this error says more than "too late"
                if attempt >= self._attempts or too_late or not may_pass:
                    raise
            await asyncio.sleep(wait)

    def _wait_after(self, failures: int) -> float:
        return self._backoff.compute(min(failures, MOST_DOUBLINGS))


def _is_lost(error: Exception) -> bool:
    """Return whether the connection was lost, or never made. A wrong password stays wrong."""
    refused = exceptions.AuthenticationError, exceptions.AuthorizationError, NotPassedOn
    lost = exceptions.ConnectionError, exceptions.TimeoutError
    return isinstance(error, lost) and not isinstance(error, refused)
