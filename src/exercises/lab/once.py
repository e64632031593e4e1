"""Make an event once, and never not at all."""

import asyncio
from functools import wraps
from typing import Any

from exercises.bench import Bench
from exercises.interruptions import Job, Stage
from exercises.sandbox import Report
from exercises.verdict import Mistake, NotYet, expect

BATCH, ANOTHER, SHARED, FAILED = "5f0c9a", "71d2e8", "a8c410", "c30b77"
KEY = f"batch_event:{BATCH}"
MADE = "make"
"""A list of the check: a batch's id each time that its event was made, to the end."""
LEASE = 30
"""Seconds that a claim may last."""


class ModelIsAway(Exception):
    """What `make` raises."""


async def check(bench: Bench) -> None:
    """Ask twice, for another batch, after a failure; then overtaken, killed and cancelled."""
    await _in_good_times(bench)
    await _while_another_is_at_it(bench)
    await _after_a_failure(bench)
    await _overtaken(bench)
    async for report in bench.interrupted(job=_job(bench)):
        await bench.redis.all_live_for_a_time("TWO_STEPS", but=MADE)
        await (_after_the_work if await _events(bench) else _before_it)(bench, report)


async def _events(bench: Bench) -> list[Any]:
    return await bench.redis.peek_queue(MADE)


async def _are_made(bench: Bench, batches: list[str], mistake: Mistake) -> None:
    events = await _events(bench)
    shown = f"it is called for {events}" if events else "it is not called"
    expected = f"`make` is called for {batches}"
    expect(events, batches, mistake, expected=expected, shown=shown)


async def _in_good_times(bench: Bench) -> None:
    make = bench.redis.taking_note(MADE)
    first = await bench.ask(BATCH, make, when="no event was made yet")
    mistakes = {
        "NEVER_MADE": lambda it: not it,
        "TWICE": lambda it: {*it} == {BATCH},
        "WRONG_ID": True,
    }
    await _are_made(bench, [BATCH], mistakes)
    await bench.redis.all_live_for_a_time("NO_TTL", but=MADE)
    await bench.redis.lives(KEY, 3600, "FORGOTTEN", since=bench.started, slack=1)
    other = await bench.ask(ANOTHER, make, when="another batch has its event")
    await _are_made(bench, [BATCH, ANOTHER], "ONE_KEY")
    await bench.redis.let_time_pass(3500)
    when = "its event was made 3500 seconds ago"
    again = await bench.ask(BATCH, make, when=when, raised="UNKNOWN")
    await _are_made(bench, [BATCH, ANOTHER], "FORGOTTEN")
    when = "`event_once()` was called for two batches, and for the first again."
    answers = [repr(each) for each in (first, other, again)]  # True and 1 are not the same here
    expect(answers, ["True", "True", "False"], "OTHER", when=when)
    await bench.redis.let_time_pass(3600)
    when = "All events were made two hours ago."
    expect(await bench.redis.keys(), [MADE], "LEFT", expected="no key is left", when=when)


async def _while_another_is_at_it(bench: Bench) -> None:
    """Ask for an event that another is making: the answer comes soon after it is made."""
    event_once = bench.answers[0]

    @wraps(event_once)
    async def two(*arguments: Any) -> list[Any]:
        calls = [event_once(*arguments), event_once(*arguments)]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        for answer in answers:
            if isinstance(answer, TypeError | NameError | AttributeError):
                raise answer  # that one was not meant
        return answers

    make = bench.redis.taking_note(MADE, takes=0.2)
    when = "two analyzers have the same batch at the same moment"
    answers = await bench.run(two, bench.client, SHARED, make, when=when, too_long="TOO_SLOW")
    events = (await _events(bench)).count(SHARED)
    expect(events, 1, "RACE", expected="1 event", shown=f"{events} events")
    said = [each for each in answers if not isinstance(each, Exception)]
    if said.count(True) != 1 or any(each not in (True, False) for each in said):
        raise NotYet("OTHER", expected="True, and False or an exception", came=repr(answers))


async def _after_a_failure(bench: Bench) -> None:
    async def fail(_: Any) -> None:
        raise ModelIsAway("the model is away")

    outcome = await bench.ask(FAILED, fail, when="`make` raises", allowed=ModelIsAway)
    make, kept = bench.redis.taking_note(MADE), {"too_long": "KEPT", "raised": "KEPT"}
    await bench.ask(FAILED, make, when="the first try had failed", **kept)
    if FAILED not in await _events(bench):
        raise NotYet("KEPT", expected="`make` is called again", came="it is not")
    if not isinstance(outcome, ModelIsAway):
        when = "`event_once()` was called when `make` raises."
        raise NotYet("HIDDEN", expected="the exception", came=repr(outcome), when=when)


def _job(bench: Bench, *, limit: float | None = None) -> Job:
    """Return a job that asks once, for no more than so many seconds."""

    async def job(stage: Stage) -> Any:
        async with asyncio.timeout(limit):
            return await bench.answers[0](stage.client, BATCH, stage.lent(MADE))

    return job


async def _overtaken(bench: Bench) -> None:
    """Have a second analyzer make the whole call between any two commands of the first."""

    async def second(stage: Stage) -> None:
        try:
            make = stage.redis.taking_note(MADE)
            came = repr(await bench.answers[0](stage.redis, BATCH, make))
        except Exception as error:
            came = type(error).__name__
        await stage.redis.set("second", [came, await stage.redis.get_queue_length(MADE)])

    async for report in bench.interrupted(job=_job(bench), overtaking=second):
        bench.situation = f"A second analyzer had the same batch {report['cut']}."
        events = len(await _events(bench))
        came, known = await bench.redis.get("second") or (None, 0)
        if not known:
            _is_no_lie(came)
        expect(events, 1, "RACE", expected="1 event", shown=f"{events} events")


def _is_no_lie(came: Any) -> None:
    """See that this is not False: said while nobody could know that the event is made."""
    if came == "False":
        raise NotYet("BELIEVED", expected="it waits, or raises", came="it returned False")


async def _after_the_work(bench: Bench, _: Report) -> None:
    """A second time is right if nobody could know that it was made."""
    await bench.redis.let_time_pass(LEASE)
    came = (await bench.again())["came"]
    bench.situation += f" It was called again {LEASE} s later."
    if came not in ("True", "False"):
        raise NotYet("DONE_TOO_EARLY", expected="an answer", came=f"{came}")


async def _before_it(bench: Bench, report: Report) -> None:
    """Ask while the claim of the dead may be there, and False is a lie; then after its time."""
    if report["came"]:  # it was cancelled, and had the time for an end
        if report["came"] in ("True", "False", "None"):
            raise NotYet("SWALLOWED", expected="CancelledError", came=report["came"])
        if "`make`" in report["cut"]:
            bench.situation += " It was called again at once."
            return await _makes_it(bench, "KEPT_WHEN_CANCELLED")
    before = bench.situation
    bench.situation = f"{before} It was called again at once."
    _is_no_lie((await bench.again(_job(bench, limit=0.2)))["came"])
    if await _events(bench) == [BATCH]:
        return None
    await bench.redis.let_time_pass(LEASE)
    if (left := await bench.redis.ttl(KEY)) > -2:
        came, when = f"it lives for {left + LEASE} s", f"{before} That was {LEASE} s ago."
        expected = f"a claim lives for {LEASE} s"
        raise NotYet("DONE_TOO_EARLY", expected=expected, came=came, when=when)
    bench.situation = f"{before} It was called again {LEASE} s later."
    return await _makes_it(bench, "DONE_TOO_EARLY")


async def _makes_it(bench: Bench, mistake: str) -> None:
    """Ask in another process: now the event is made."""
    came = (await bench.again(_job(bench, limit=3)))["came"]
    shown = "it waited" if came == "TimeoutError" else f"{came}"
    made = [came, await _events(bench)]
    expect(made, ["True", [BATCH]], mistake, expected="the event is made, and True", shown=shown)
