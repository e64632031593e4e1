"""Deadlines for calls: one timer for all that are under way.

    deadlines = Deadlines()
    with deadlines.within(5.0):  # seconds
        answer = await …

`asyncio.timeout` does the same, and sets a timer for each call, which it takes back a moment later,
when the answer is there. That is a quarter of what a call to Redis costs. Here a call is only noted
down, and one timer comes when the first of all deadlines does.
"""

import asyncio
from types import TracebackType


class Deadlines:
    """The deadlines of one event loop: the one in which the first of them begins."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._open: set[Deadline] = set()
        self._timer: asyncio.TimerHandle | None = None

    def within(self, seconds: float) -> "Deadline":
        """Return a deadline for a `with` block, which begins when the block does."""
        return Deadline(self, seconds)

    def belong_to(self, loop: asyncio.AbstractEventLoop) -> None:
        """Be the deadlines of this event loop.

        Raises:
            RuntimeError: they are those of another.
        """
        if self._loop not in (None, loop):
            raise RuntimeError(
                "this Redis client was connected in another event loop: a client works in one "
                "loop. Make one for each, and call its connect() in the loop that uses it."
            )
        self._loop = loop

    def add(self, deadline: "Deadline", loop: asyncio.AbstractEventLoop) -> None:
        """Watch a deadline.

        Raises:
            RuntimeError: it begins in another event loop, where the timer would never come.
        """
        if self._loop is not loop:
            self.belong_to(loop)
        self._open.add(deadline)
        if self._timer is None or deadline.ends < self._timer.when():
            self._set_timer(deadline.ends)

    def remove(self, deadline: "Deadline") -> None:
        """Watch a deadline no longer. The timer is left: it finds nothing to do, and goes."""
        self._open.discard(deadline)

    def _set_timer(self, ends: float) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(ends, self._look)

    def _look(self) -> None:
        """End what has taken too long, and come again for the first of the others.

        All at once: after a pause of the loop, a timer of redis-py may be due as well, and would
        say less. So it is not the clock of this timer that counts, which has the first of them.
        """
        came, self._timer = self._timer, None
        assert came
        now = max(came.when(), asyncio.get_running_loop().time())
        missed = [deadline for deadline in self._open if deadline.ends <= now]
        for deadline in sorted(missed, key=lambda each: each.ends):
            self._open.remove(deadline)
            deadline.miss()
        if self._open:
            self._set_timer(min(deadline.ends for deadline in self._open))


class Deadline:
    """When a `with` block has to have ended; it is cancelled then, and raises TimeoutError."""

    __slots__ = ("_cancelled_before", "_deadlines", "_missed", "_seconds", "_task", "ends")

    def __init__(self, deadlines: Deadlines, seconds: float) -> None:
        self._deadlines = deadlines
        self._seconds = seconds
        self._missed = False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a deadline needs a task that it can cancel")
        self._task, self._cancelled_before = task, task.cancelling()
        loop = task.get_loop()
        self.ends = loop.time() + self._seconds
        self._deadlines.add(self, loop)

    def miss(self) -> None:
        """Cancel the block: its time is over."""
        self._missed = True
        self._task.cancel()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._deadlines.remove(self)
        # As in asyncio.timeout: a cancellation that came from elsewhere goes on.
        is_ours = self._missed and self._task.uncancel() <= self._cancelled_before
        if is_ours and exc_type is asyncio.CancelledError:
            raise TimeoutError from exc
