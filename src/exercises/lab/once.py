"""Make an event once, and never not at all."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from exercises.bench import Bench
from exercises.interruptions import Job, Stage
from exercises.verdict import NotYet, expect

BATCH, ANOTHER = "5f0c9a", "71d2e8"
KEY = f"batch_event:{BATCH}"
MADE = "made"
"""A list of the check: a batch's id each time that its event was made, to the end."""
LEASE = 30
"""Seconds that a claim may last."""


async def check(bench: Bench) -> None:
    """Ask twice, for another batch, after a failure; then overtaken, killed and cancelled."""
    await _in_good_times(bench)
    await _while_another_is_at_it(bench)
    await _after_a_failure(bench)
    await _two_at_once(bench)
    await _cut_short(bench)


def _making(bench: Bench, *, takes: float = 0) -> Callable[[Any], Awaitable[None]]:
    """Return what makes an event: it counts it, as the database would."""

    async def make(batch_id: Any) -> None:
        await asyncio.sleep(takes)  # the model thinks
        await bench.redis.add(MADE, batch_id)

    return make


async def _events(bench: Bench) -> list[Any]:
    return await bench.redis.peek_queue(MADE)


async def _in_good_times(bench: Bench) -> None:
    make = _making(bench)
    was_there = await bench.redis.call("EXISTS", KEY)  # as it is, without the namespace
    first = await bench.ask(BATCH, make, when="no event was made yet")
    if await bench.redis.call("EXISTS", KEY) and not was_there:
        await bench.redis.call("DEL", KEY)
        raise NotYet("NO_NAMESPACE", expected=repr(bench.redis.full_name(KEY)), came=repr(KEY))
    await _look_at_the_first(bench)
    other = await bench.ask(ANOTHER, make, when="another batch has its event")
    if await _events(bench) != [BATCH, ANOTHER]:
        raise NotYet("ONE_KEY", expected="`make` is called for it", came="it is not")
    await bench.redis.let_time_pass(3500)
    when = "its event was made 3500 seconds ago"
    again = await bench.ask(BATCH, make, when=when, raised="UNKNOWN")
    if await _events(bench) != [BATCH, ANOTHER]:
        raise NotYet("FORGOTTEN", expected="no second event", came="`make` is called again")
    when = "`event_once()` was called for two batches, and for the first again."
    answers = [repr(each) for each in (first, other, again)]  # True and 1 are not the same here
    expect(answers, ["True", "True", "False"], "OTHER", when=when)
    await bench.redis.let_time_pass(3600)
    when = "All events were made two hours ago."
    expect(await bench.redis.keys(), [MADE], "LEFT", expected="no key is left", when=when)


async def _look_at_the_first(bench: Bench) -> None:
    """Look at the event and the keys of a batch after its first call."""
    events = await _events(bench)
    mistakes = {"NEVER_MADE": not events, "TWICE": {*events} == {BATCH}, "WRONG_ID": True}
    shown = f"it is called for {events}" if events else "it is not called"
    expected = f"`make` is called once, for {BATCH!r}"
    expect(events, [BATCH], mistakes, expected=expected, shown=shown)
    await bench.redis.all_live_for_a_time("NO_TTL", but=MADE)
    await bench.redis.lives(KEY, 3600, "FORGOTTEN", since=bench.started, slack=1)


async def _while_another_is_at_it(bench: Bench) -> None:
    """Ask for an event that another is making: the answer comes soon after it is made."""
    event_once, batch = bench.answers[0], "a8c410"

    @wraps(event_once)
    async def two(*arguments: Any) -> list[Any]:
        calls = [event_once(*arguments), event_once(*arguments)]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        for answer in answers:
            if isinstance(answer, TypeError | NameError | AttributeError):
                raise answer  # that one was not meant
        return answers

    make, when = _making(bench, takes=0.2), "two analyzers have the same batch at the same moment"
    answers = await bench.run(two, bench.client, batch, make, when=when, too_long="TOO_SLOW")
    events = (await _events(bench)).count(batch)
    expect(events, 1, "RACE", expected="1 event", shown=f"{events} events")
    said = [each for each in answers if not isinstance(each, Exception)]
    if said.count(True) != 1 or any(each not in (True, False) for each in said):
        raise NotYet("OTHER", expected="True, and False or an exception", came=repr(answers))


async def _after_a_failure(bench: Bench) -> None:
    class ModelIsAway(Exception):
        pass

    async def fail(_: Any) -> None:
        raise ModelIsAway("the model is away")

    batch = "c30b77"
    outcome = await bench.ask(batch, fail, when="`make` raises", allowed=ModelIsAway)
    when, kept = "the first try had failed", {"too_long": "KEPT", "raised": "KEPT"}
    await bench.ask(batch, _making(bench), when=when, **kept)
    if batch not in await _events(bench):
        raise NotYet("KEPT", expected="`make` is called again", came="it is not")
    if not isinstance(outcome, ModelIsAway):
        when = "`event_once()` was called when `make` raises."
        raise NotYet("HIDDEN", expected="the exception", came=repr(outcome), when=when)


def _job(bench: Bench, *, limit: float | None = None) -> Job:
    """Return a job that asks once, and may be cut within `make`, before and after its work."""

    async def job(stage: Stage) -> Any:
        async def make(batch_id: Any) -> None:
            await stage.moment("when `make` begins")
            await stage.redis.add(MADE, batch_id)
            await stage.moment("when `make` ends")

        async with asyncio.timeout(limit):
            return await bench.answers[0](stage.client, BATCH, make)

    return job


async def _two_at_once(bench: Bench) -> None:
    """Have a second analyzer make the whole call between any two commands of the first."""

    async def job(stage: Stage) -> Any:
        async def make(batch_id: Any) -> None:
            await stage.redis.add(MADE, batch_id)

        async def overtake() -> None:
            try:
                came = await bench.answers[0](stage.redis, BATCH, make)
            except Exception as error:
                came = type(error).__name__
            events = await stage.redis.get_queue_length(MADE)
            await stage.redis.set("second", [came, events])

        stage.overtaking = overtake
        return await _job(bench)(stage)

    async for report in bench.interrupted(job=job, ways=["overtaken"]):
        bench.situation = f"A second analyzer had the same batch {report['cut']}."
        events = len(await _events(bench))
        came, known = await bench.redis.get("second") or (None, 0)
        if came is False and not known:
            raise NotYet("BELIEVED", expected="it waits, or raises", came="it returned False")
        expect(events, 1, "RACE", expected="1 event", shown=f"{events} events")


async def _cut_short(bench: Bench) -> None:
    async for report in bench.interrupted(job=_job(bench)):
        is_cancelled, before = "was cancelled" in bench.situation, bench.situation
        await bench.redis.all_live_for_a_time("TWO_STEPS", but=MADE)
        if await _events(bench):
            # A second time is right if nobody could know that it was made.
            await bench.redis.let_time_pass(LEASE)
            came = (await bench.again())["came"]
            bench.situation = f"{before} It was called again {LEASE} s later."
            if came not in ("True", "False"):
                raise NotYet("DONE_TOO_EARLY", expected="an answer", came=f"{came}")
            continue
        if is_cancelled and report["came"] in ("True", "False", "None"):
            raise NotYet("SWALLOWED", expected="CancelledError", came=report["came"])
        if is_cancelled and "`make`" in report["cut"]:
            await _ask_again(bench, "KEPT_WHEN_CANCELLED", f"{before} It was called again at once.")
        elif not await _is_made_at_once(bench, before):
            await _when_the_claim_has_run_out(bench, before)


async def _is_made_at_once(bench: Bench, before: str) -> bool:
    """Ask while the claim of the dead may be there, and False is a lie. Return if it was made."""
    report = await bench.again(_job(bench, limit=0.2))
    if report["came"] == "False":
        when = f"{before} It was called again at once."
        raise NotYet(
            "BELIEVED", expected="it waits, or raises", came="it returned False", when=when
        )
    return await _events(bench) == [BATCH]


async def _when_the_claim_has_run_out(bench: Bench, before: str) -> None:
    await bench.redis.let_time_pass(LEASE)
    if (left := await bench.redis.ttl(KEY)) > -2:
        came, when = f"it lives for {left + LEASE} s", f"{before} That was {LEASE} s ago."
        expected = f"a claim lives for {LEASE} s"
        raise NotYet("DONE_TOO_EARLY", expected=expected, came=came, when=when)
    await _ask_again(bench, "DONE_TOO_EARLY", f"{before} It was called again {LEASE} s later.")


async def _ask_again(bench: Bench, mistake: str, when: str) -> None:
    """Ask in another process: now the event is made."""
    came = (await bench.again(_job(bench, limit=3)))["came"]
    shown = "it waited" if came == "TimeoutError" else f"{came}"
    expected = "the event is made, and True"
    made = [came, await _events(bench)]
    expect(made, ["True", [BATCH]], mistake, expected=expected, shown=shown, when=when)
