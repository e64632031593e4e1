"""Errors that are written for the reader."""


class PlainError(Exception):
    """An error that a notebook shows as its message alone, without a page of traceback."""

    def _render_traceback_(self) -> list[str]:  # IPython asks for this
        return [f"{type(self).__name__}: {self}", *getattr(self, "__notes__", [])]


class RedisUnavailable(PlainError, ConnectionError):
    """No usable Redis. The message says what was tried, what came back, and what to do."""
