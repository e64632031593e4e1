"""Make an event once, whatever comes twice."""

import asyncio
from typing import Any

from backend.core.redis import RedisClient
from exercises.bench import Bench
from exercises.verdict import NotYet

RACE = (
    "Both looked, both found nothing, both went on. Looking and remembering has to be one command: "
    "`SET` with `NX` sets the key if it is not there, and says whether it did."
)
TOO_LATE = (
    "Both made the event, since the key is set only afterwards. Who may make it has to be decided "
    "before `make` is called."
)
NO_TTL = (
    "The key stays for ever, and so does one for each batch to come, until the memory is full. "
    "Give it a time to live: `EX` and 3600 seconds."
)
TWO_STEPS = (
    "For a moment the key had no time to live. Who dies in that moment leaves it for ever. `SET` "
    "takes `EX` in the same command."
)
MILLISECONDS = "`PX` counts in milliseconds, `EX` in seconds. The key is gone before the next try."
ONE_KEY = (
    "An event of another batch was held back: the key is the same for both. The batch's id belongs "
    "into it."
)
NO_NAMESPACE = (
    "`call` sends names as they are, without the namespace. Others on this server may have a key "
    "of that name: `client.full_name(…)` makes it ours."
)
KEPT = (
    "The first try had failed, and its key said 'done' to the second: this event is never made. "
    "What is not done must not be remembered: remove the key when `make` raises."
)
HIDDEN = (
    "The caller was not told that `make` failed, so the queue takes the batch for done. After you "
    "have put things in order, raise the exception again."
)
FORGOTTEN = (
    "What was made before has to be known for 3600 seconds, under `batch_event:<batch_id>`. Look "
    "at the key with `client.exists(…)` when your function has returned."
)
NEVER_MADE = "`NX` answers None when the key was there already, and a true value when it was set."
OTHER = "Return True if this call has made the event, and False if one before had made it."


async def check(bench: Bench, event_once: Any) -> None:
    """Ask twice, for another batch, two at the same moment, and after a failure."""
    model = _Model(bench.redis)
    first, ttl = await _first(bench, event_once, model)
    await _again(bench, event_once, model, first)
    if not 3590 <= ttl <= 3600:
        expected = "`batch_event:<batch_id>` lives for 3600 s"
        came = "there is no such key" if ttl == -2 else f"{ttl} s"
        raise NotYet(FORGOTTEN, expected=expected, came=came)
    await _at_the_same_moment(bench, event_once, model)
    await _after_a_failure(bench, event_once, model)


class _Model:
    """Makes events, and keeps a record of it."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self.made: list[str] = []
        """The batches, in the order in which their events were made."""
        self.was_claimed = False
        """Whether the batch had its key when the last event was made."""

    async def make(self, batch_id: str) -> None:
        self.was_claimed = bool(await self._redis.exists(_key(batch_id)))
        self.made.append(batch_id)
        await asyncio.sleep(0.02)  # the model thinks


def _key(batch_id: str) -> str:
    return f"batch_event:{batch_id}"


async def _first(bench: Bench, event_once: Any, model: _Model) -> tuple[Any, int]:
    """Ask for the event of a batch, and look at its key after each command."""
    key = _key("5f0c9a")
    ttls: list[int] = []

    async def look() -> None:
        ttls.append(await bench.ttl(key))

    arguments, when = (bench.client, "5f0c9a", model.make), "no event was made yet"
    came = await bench.run(event_once, *arguments, when=when, between=look)
    if model.made != ["5f0c9a"]:
        calls = f"{len(model.made)} calls of it"
        raise NotYet(NEVER_MADE, expected="`make` is called once", came=calls)
    if await bench.redis.call("EXISTS", key):  # as it is, without the namespace
        raise NotYet(NO_NAMESPACE, expected=repr(bench.redis.full_name(key)), came=repr(key))
    ttl = await bench.ttl(key)
    if -1 in (ttl, *ttls):
        hint = NO_TTL if ttl == -1 else TWO_STEPS
        raise NotYet(hint, expected="it lives for 3600 s", came="it lives for ever")
    if 0 <= ttl < 10:
        raise NotYet(MILLISECONDS, expected="it lives for 3600 s", came=f"{ttl} s")
    return came, ttl


async def _again(bench: Bench, event_once: Any, model: _Model, first: Any) -> None:
    """Ask for another batch, then for the first again; `first` is what came the first time."""

    async def ask(batch_id: str, when: str) -> Any:
        return await bench.run(event_once, bench.client, batch_id, model.make, when=when)

    other = await ask("71d2e8", "another batch has its event")
    if model.made != ["5f0c9a", "71d2e8"]:
        raise NotYet(ONE_KEY, expected="`make` is called for it", came="it is not")
    again = await ask("5f0c9a", "its event is made")
    if model.made != ["5f0c9a", "71d2e8"]:
        raise NotYet(FORGOTTEN, expected="no second event", came="`make` is called again")
    if (first, other, again) != (True, True, False):
        came = f"{first!r}, {other!r}, and {again!r} for the first batch again"
        bench.situation = "`event_once()` was called for two batches, and for the first again."
        raise NotYet(OTHER, expected="True, True, False", came=came)


async def _at_the_same_moment(bench: Bench, event_once: Any, model: _Model) -> None:
    async def slow_line() -> None:
        await asyncio.sleep(0.05)

    async def two() -> None:
        await asyncio.gather(*(event_once(bench.client, "a8c410", model.make) for _ in range(2)))

    two.__name__ = "event_once"
    when = "two analysers have the same batch at the same moment"
    await bench.run(two, when=when, between=slow_line)
    if (events := model.made.count("a8c410")) != 1:
        hint = RACE if model.was_claimed else TOO_LATE
        raise NotYet(hint, expected="1 event", came=f"{events} events")


async def _after_a_failure(bench: Bench, event_once: Any, model: _Model) -> None:
    async def fail(_: str) -> None:
        raise ConnectionError("the model is away")

    async def one_that_fails() -> str:
        try:
            await event_once(bench.client, "c30b77", fail)
        except ConnectionError:
            return "raised"
        return "nothing raised"

    one_that_fails.__name__ = "event_once"
    outcome = await bench.run(one_that_fails, when="`make` raises")
    when = "the first try had failed"
    await bench.run(event_once, bench.client, "c30b77", model.make, when=when)
    if "c30b77" not in model.made:
        raise NotYet(KEPT, expected="`make` is called again", came="it is not")
    if outcome != "raised":
        bench.situation = "`event_once()` was called when `make` raises."
        raise NotYet(HIDDEN, expected="the exception", came=outcome)
