"""Trying again, with back-off, what may run twice without harm."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from redis import exceptions
from redis.backoff import ExponentialWithJitterBackoff

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
    ) -> T:
        """Return what the operation returns, or raise the error of the last attempt.

        Args:
            operation: starts an attempt.
            within: seconds after which no further attempt begins.
            failures: how often it has failed before. If it has, the first attempt waits, too.
        """
        ends, attempt = time.monotonic() + within, 0
        if failures:
            await asyncio.sleep(self._backoff.compute(failures))
        while True:
            attempt += 1
            try:
                return await operation()
            except (exceptions.ConnectionError, exceptions.TimeoutError) as error:
                wait = self._backoff.compute(attempt)
                too_late = time.monotonic() + wait > ends  # this error says more than "too late"
                if attempt >= self._attempts or too_late or not _may_pass(error):
                    raise
            await asyncio.sleep(wait)


def _may_pass(error: Exception) -> bool:
    """Return whether trying again may help. A wrong password stays wrong."""
    refused = exceptions.AuthenticationError, exceptions.AuthorizationError
    return not isinstance(error, refused)
