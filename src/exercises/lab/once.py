"""Make an event once, and never not at all."""

import asyncio
from typing import Any

from backend.core.redis import RedisClient
from exercises.bench import Bench
from exercises.interruptions import Stage
from exercises.verdict import NotYet

BATCH = "5f0c9a"
KEY = f"batch_event:{BATCH}"
MADE = "made"
"""A list of the check: a batch's id each time that its event was made, to the end."""
LEASE = 30
"""Seconds that a claim may last."""

RACE = (
    "Both looked, both found nothing, both went on. Looking and claiming has to be one command: "
    "`SET` with `NX` sets the key if it is not there, and says whether it did."
)
NO_TTL = (
    "A key stays for ever, and so does one for each batch to come, until the memory is full. `SET` "
    "takes `EX` and the seconds in the same command."
)
TWO_STEPS = (
    "At that moment a key had no time to live, and nobody will give it one. `SET` takes `EX` and "
    "the seconds in the same command."
)
DONE_TOO_EARLY = (
    "It was killed before the event was made, and 30 seconds later the next call still takes it "
    "for made, or waits: the event may never come. What is set before `make` is only a claim, and "
    "lives for 30 seconds; that it is done is written when `make` has returned."
)
UNKNOWN = (
    'Its event was made, and your function says neither True nor False. "Claimed" and "done" '
    "have to be told apart: what is done is answered with False."
)
BELIEVED = (
    "It answered False while another was still at work, who may die. Then this batch is "
    "acknowledged, and its event never made. Wait until it is done, or raise an exception."
)
TOO_SLOW = (
    "The event was made long ago, and the other analyzer still waits. Look again after a short "
    "sleep, some tenths of a second."
)
ONE_KEY = (
    "An event of another batch was held back: the key is the same for both. The batch's id belongs "
    "into it."
)
NO_NAMESPACE = (
    "`call` sends names as they are, without the namespace. Others on this server may have a key "
    "of that name: `client.full_name(…)` makes it ours."
)
KEPT = (
    "The first try had failed, and its claim still held the second one back. Give the claim up "
    "when `make` raises: remove the key."
)
KEPT_WHEN_CANCELLED = (
    "The first try was cancelled, and its claim still held the next one back. A cancellation is no "
    "`Exception`: `except BaseException`, or `finally`, sees it too."
)
HIDDEN = (
    "The caller was not told that `make` failed, so the queue takes the batch for done. After you "
    "have put things in order, raise the exception again."
)
SWALLOWED = (
    "It was cancelled, and returned as if nothing had been. Whoever cancels waits for the end: "
    "after you have put things in order, raise the exception again."
)
FORGOTTEN = (
    "That the event is made has to be known for 3600 seconds, under `batch_event:<batch_id>`. Look "
    "at the key with `client.exists(…)` when your function has returned."
)
NEVER_MADE = "`NX` answers None when the key was there already, and a true value when it was set."
WRONG_ID = "`make` is given the id of the batch, as it came: `await make(batch_id)`."
TWICE = "One call makes one event. `make` was called more than once by it."
LEFT = "When the hour is over, nothing of a batch is left. Does each of your keys have a TTL?"
OTHER = "Return True if this call has made the event, and False if it was made before."


async def check(bench: Bench, event_once: Any) -> None:
    """Ask twice, for another batch, after a failure; then overtaken, killed and cancelled."""
    await _in_good_times(bench, event_once)
    await _while_another_is_at_it(bench, event_once)
    await _after_a_failure(bench, event_once)
    await _two_at_once(bench, event_once)
    await _cut_short(bench, event_once)


async def _make(redis: RedisClient, batch_id: Any) -> None:
    """Make an event: count it, as the database would."""
    await redis.add_to_queue(MADE, batch_id)


async def _events(bench: Bench) -> list[Any]:
    return await bench.redis.peek_queue(MADE)


async def _in_good_times(bench: Bench, event_once: Any) -> None:
    async def ask(batch_id: str, when: str) -> Any:
        async def make(given: Any) -> None:
            await _make(bench.redis, given)

        is_made = batch_id in await _events(bench)
        hints: dict[str, Any] = {"raised": UNKNOWN} if is_made else {}
        return await bench.run(event_once, bench.client, batch_id, make, when=when, **hints)

    was_there = await bench.redis.call("EXISTS", KEY)  # as it is, without the namespace
    first = await ask(BATCH, "no event was made yet")
    if await bench.redis.call("EXISTS", KEY) and not was_there:
        await bench.redis.call("DEL", KEY)
        raise NotYet(NO_NAMESPACE, expected=repr(bench.redis.full_name(KEY)), came=repr(KEY))
    await _look_at_the_first(bench)
    other = await ask("71d2e8", "another batch has its event")
    if await _events(bench) != [BATCH, "71d2e8"]:
        raise NotYet(ONE_KEY, expected="`make` is called for it", came="it is not")
    await bench.let_time_pass(3500)
    again = await ask(BATCH, "its event was made 3500 seconds ago")
    if await _events(bench) != [BATCH, "71d2e8"]:
        raise NotYet(FORGOTTEN, expected="no second event", came="`make` is called again")
    answers = [first, other, again]
    if [type(each) for each in answers] != [bool] * 3 or answers != [True, True, False]:
        came = f"{first!r}, {other!r}, and {again!r} for the first batch again"
        bench.situation = "`event_once()` was called for two batches, and for the first again."
        raise NotYet(OTHER, expected="True, True, False", came=came)
    await bench.let_time_pass(3600)
    if left := sorted({*await bench.keys()} - {MADE}):
        bench.situation = "All events were made two hours ago."
        raise NotYet(LEFT, expected="no key is left", came=f"{left} are left")


async def _while_another_is_at_it(bench: Bench, event_once: Any) -> None:
    """Ask for an event that another is making: the answer comes soon after it is made."""

    async def make(given: Any) -> None:
        await asyncio.sleep(0.2)  # the model thinks
        await _make(bench.redis, given)

    async def two() -> list[Any]:
        calls = [event_once(bench.client, "a8c410", make) for _ in range(2)]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        for answer in answers:
            if isinstance(answer, TypeError | NameError | AttributeError):
                raise answer  # that one was not meant
        return answers

    two.__name__ = "event_once"
    when = "two analyzers have the same batch at the same moment"
    answers = await bench.run(two, when=when, too_long=TOO_SLOW)
    if (events := (await _events(bench)).count("a8c410")) != 1:
        raise NotYet(RACE, expected="1 event", came=f"{events} events")
    if answers.count(True) != 1 or any(
        each not in (True, False) for each in answers if not isinstance(each, Exception)
    ):
        raise NotYet(OTHER, expected="True, and False or an exception", came=repr(answers))


async def _look_at_the_first(bench: Bench) -> None:
    """Look at the event and the keys of a batch after its first call."""
    events = await _events(bench)
    if events != [BATCH]:
        hint = NEVER_MADE if not events else TWICE if set(events) == {BATCH} else WRONG_ID
        came = f"it is called for {events}" if events else "it is not called"
        raise NotYet(hint, expected=f"`make` is called once, for {BATCH!r}", came=came)
    for key in await bench.keys():
        if key != MADE and await bench.ttl(key) == -1:
            raise NotYet(NO_TTL, expected="each key has a TTL", came=f"`{key}` lives for ever")
    ttl = await bench.ttl(KEY)
    if not 3590 <= ttl <= 3600:
        came = "there is no such key" if ttl == -2 else f"it lives for {ttl} s"
        raise NotYet(FORGOTTEN, expected=f"`{KEY}` lives for 3600 s", came=came)


async def _after_a_failure(bench: Bench, event_once: Any) -> None:
    class ModelIsAway(Exception):
        pass

    async def fail(_: Any) -> None:
        raise ModelIsAway("the model is away")

    async def make(given: Any) -> None:
        await _make(bench.redis, given)

    async def one_that_fails() -> str:
        try:
            came = await event_once(bench.client, "c30b77", fail)
        except ModelIsAway:
            return "the exception"
        return f"{came!r}"

    one_that_fails.__name__ = "event_once"
    outcome = await bench.run(one_that_fails, when="`make` raises")
    when = "the first try had failed"
    await bench.run(event_once, bench.client, "c30b77", make, when=when, too_long=KEPT, raised=KEPT)
    if "c30b77" not in await _events(bench):
        raise NotYet(KEPT, expected="`make` is called again", came="it is not")
    if outcome != "the exception":
        bench.situation = "`event_once()` was called when `make` raises."
        raise NotYet(HIDDEN, expected="the exception", came=outcome)


def _job(event_once: Any) -> Any:
    """Return a job that asks once, and may be cut within `make`, before and after its work."""

    async def job(stage: Stage) -> Any:
        async def make(batch_id: Any) -> None:
            await stage.moment("when `make` begins")
            await _make(stage.redis, batch_id)
            await stage.moment("when `make` ends")

        return await event_once(stage.client, BATCH, make)

    return job


async def _nothing() -> None:
    """Begin with no key at all."""


async def _two_at_once(bench: Bench, event_once: Any) -> None:
    """Have a second analyzer make the whole call between any two commands of the first."""

    async def job(stage: Stage) -> Any:
        async def overtake() -> None:
            async def make(batch_id: Any) -> None:
                await _make(stage.redis, batch_id)

            try:
                came = await event_once(stage.redis, BATCH, make)
            except Exception as error:
                came = type(error).__name__
            events = await stage.redis.get_queue_length(MADE)
            await stage.redis.set("second", [came, events])

        stage.overtaking = overtake
        return await _job(event_once)(stage)

    async for report in bench.interrupted(event_once, job, fill=_nothing, ways=["overtaken"]):
        bench.situation = f"A second analyzer had the same batch {report['cut']}."
        events = len(await _events(bench))
        came, known = await bench.redis.get("second") or (None, 0)
        if came is False and not known:
            raise NotYet(BELIEVED, expected="it waits, or raises", came="it returned False")
        if events != 1:
            raise NotYet(RACE, expected="1 event", came=f"{events} events")


async def _cut_short(bench: Bench, event_once: Any) -> None:
    async for report in bench.interrupted(event_once, _job(event_once), fill=_nothing):
        is_cancelled = "was cancelled" in bench.situation
        for key in await bench.keys():
            if key != MADE and await bench.ttl(key) == -1:
                raise NotYet(TWO_STEPS, expected="each key has a TTL", came=f"`{key}` has none")
        made = await _events(bench)
        if is_cancelled and not made and report["came"] in ("True", "False", "None"):
            raise NotYet(SWALLOWED, expected="CancelledError", came=report["came"])
        if not made:
            in_make = is_cancelled and "`make`" in report["cut"]
            await _ask_a_second(bench, event_once, wait=not in_make)
        else:
            await _ask_later(bench, event_once)


async def _ask_a_second(bench: Bench, event_once: Any, *, wait: bool) -> None:
    """Ask again, at once if the first was cancelled, in `make`, or when its claim has run out."""
    before = bench.situation
    if wait:
        if await _at_once(bench, event_once):
            return
        await bench.let_time_pass(LEASE)
        if (left := await bench.ttl(KEY)) > -2:
            bench.situation = f"{before} That was {LEASE} s ago."
            came = f"it lives for {left + LEASE} s"
            raise NotYet(DONE_TOO_EARLY, expected=f"a claim lives for {LEASE} s", came=came)
    try:
        async with asyncio.timeout(3):
            report = await bench.apart(_job(event_once))
    except TimeoutError:
        report = {"came": "it waited"}
    if report["came"] != "True" or await _events(bench) != [BATCH]:
        later = f"{LEASE} s later" if wait else "at once"
        bench.situation = f"{before} It was called again {later}."
        hint = DONE_TOO_EARLY if wait else KEPT_WHEN_CANCELLED
        raise NotYet(hint, expected="the event is made, and True", came=f"{report['came']}")


async def _at_once(bench: Bench, event_once: Any) -> bool:
    """Ask while the claim of the dead may be there, and False is a lie. Return if it was made."""

    async def job(stage: Stage) -> Any:
        async with asyncio.timeout(0.2):
            return await _job(event_once)(stage)

    report = await bench.apart(job)
    if report["came"] == "False":
        bench.situation += " It was called again at once."
        raise NotYet(BELIEVED, expected="it waits, or raises", came="it returned False")
    return await _events(bench) == [BATCH]


async def _ask_later(bench: Bench, event_once: Any) -> None:
    """Ask again when the event was made: a second time is right if nobody could know."""
    await bench.let_time_pass(LEASE)
    report = await bench.apart(_job(event_once))
    if report["came"] not in ("True", "False"):
        bench.situation += f" It was called again {LEASE} s later."
        raise NotYet(DONE_TOO_EARLY, expected="an answer", came=f"{report['came']}")
