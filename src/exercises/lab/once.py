"""Make an event once, and never not at all."""

import asyncio
from functools import wraps
from typing import Any

from exercises.bench import Bench, NotYet, Stage, expect

BATCH, ANOTHER, SHARED, APART = "5f0c9a", "71d2e8", "a8c410", "e93b05"
FAILED, CLAIMED = "c30b77", "b4d6e1"
KEY = f"batch_event:{BATCH}"
MADE = "make"
"""A list of the check: a batch's id each time that its event was made, to the end."""
LEASE = 30
"""Seconds that a claim may last."""
NO_WORD = {"raised": "UNKNOWN", "too_long": "UNKNOWN"}
NO_LIE = {"expected": "it waits, or raises", "came": "it returned False"}


async def check(bench: Bench) -> None:
    """Ask in good times, two at once, after a failure; then overtaken, killed and cancelled."""
    await _in_good_times(bench)
    await _two_at_once(bench)
    await _in_two_processes(bench)
    await _one_gives_up(bench)
    await _after_a_failure(bench)
    await _overtaken(bench)
    await _cut_short(bench)


async def _in_good_times(bench: Bench) -> None:
    make, called = bench.redis.taking_note(MADE), "`make` is called once for each batch"
    first = await bench.ask(BATCH, make, when="no event was made yet")
    events = await bench.redis.peek_queue(MADE)
    mistakes = {"NEVER_MADE": not events, "TWICE": {*events} == {BATCH}, "WRONG_ID": True}
    expect(events, [BATCH], mistakes, expected=called)
    await bench.redis.all_live_for_a_time("NO_TTL", but=MADE)
    await bench.redis.lives(KEY, 3600, "FORGOTTEN", during=bench.during, slack=1)
    other = await bench.ask(ANOTHER, make, when="another batch has its event")
    expect(await bench.redis.peek_queue(MADE), [BATCH, ANOTHER], "ONE_KEY", expected=called)
    await bench.redis.let_time_pass(3500)
    again = await bench.ask(BATCH, make, when="its event was made 3500 s ago", **NO_WORD)
    expect(await bench.redis.peek_queue(MADE), [BATCH, ANOTHER], "FORGOTTEN", expected=called)
    when = "`event_once()` was called for two batches, and for the first again."
    answers = [repr(each) for each in (first, other, again)]  # True and 1 are not the same here
    expect(answers, ["True", "True", "False"], "OTHER", when=when)
    await bench.redis.let_time_pass(3600)
    expect(await bench.redis.keys(), [MADE], "LEFT", when="All events were made two hours ago.")


async def _two_at_once(bench: Bench) -> None:
    """Have two ask at the same moment: one makes the event, and the other answers soon after."""
    event_once = bench.answers[0]

    @wraps(event_once)
    async def two(*arguments: Any) -> list[Any]:
        calls = [event_once(*arguments) for _ in range(2)]
        return await asyncio.gather(*calls, return_exceptions=True)

    make = bench.redis.taking_note(MADE, takes=0.2)
    when = "two analyzers have the same batch at the same moment"
    answers = await bench.run(two, bench.client, SHARED, make, when=when, too_long="TOO_SLOW")
    for answer in answers:
        if isinstance(answer, TypeError | NameError | AttributeError):  # that one was not meant
            raise bench.mishaps.raised(answer, "RAISED", bench.client)
    made = (await bench.redis.peek_queue(MADE)).count(SHARED)
    expect(made, 1, {"NOT_AWAITED": made == 0, "RACE": True}, expected="1 event")
    said = sorted(repr(each) for each in answers if not isinstance(each, Exception))
    if said not in (["True"], ["False", "True"]):
        raise NotYet("OTHER", expected="True, and False or an exception", came=repr(answers))


async def _one_gives_up(bench: Bench) -> None:
    """Cancel a second one while the first works: a third one does not make the event again."""
    event_once, at_work = bench.answers[0], asyncio.Event()

    async def make(batch_id: Any) -> None:
        at_work.set()
        await bench.redis.add(MADE, batch_id, after=0.6)

    @wraps(event_once)
    async def three(*arguments: Any) -> list[Any]:
        first = asyncio.create_task(event_once(*arguments))
        await at_work.wait()
        second = asyncio.create_task(event_once(*arguments))
        await asyncio.sleep(0.1)
        second.cancel()
        calls = first, second, event_once(*arguments)
        return [*await asyncio.gather(*calls, return_exceptions=True)]

    when = "one works, a second one has given up or is cancelled, and a third one comes"
    await bench.run(three, bench.client, CLAIMED, make, when=when)
    made = (await bench.redis.peek_queue(MADE)).count(CLAIMED)
    expect(made, 1, "FREED", expected="1 event")


async def _in_two_processes(bench: Bench) -> None:
    """Have two ask at the same moment that share nothing but Redis."""

    async def job(stage: Stage) -> None:
        await stage.redis.add("here", 1)
        while await stage.redis.get_queue_length("here") < 2:  # noqa: ASYNC110 - until both are
            await asyncio.sleep(0.01)
        await bench.answers[0](stage.client, APART, stage.redis.taking_note(MADE, takes=0.2))

    await asyncio.gather(bench.again(job), bench.again(job))
    bench.situation = "Two analyzers, each a process, had the same batch at the same moment."
    expect((await bench.redis.peek_queue(MADE)).count(APART), 1, "RACE", expected="1 event")


async def _after_a_failure(bench: Bench) -> None:
    async def fail(_: Any) -> None:
        raise ConnectionRefusedError("the model is away")

    options: dict[str, Any] = {
        "allowed": ConnectionRefusedError,
        "swallowed": "HIDDEN",
        "raised": "HIDDEN",
    }
    await bench.ask(FAILED, fail, when="`make` raises", **options)
    make = bench.redis.taking_note(MADE)
    await bench.ask(FAILED, make, when="the first try had failed", too_long="KEPT", raised="KEPT")
    if FAILED not in await bench.redis.peek_queue(MADE):
        raise NotYet("KEPT", expected="`make` is called again", came="it is not")


async def _overtaken(bench: Bench) -> None:
    """Have a second analyzer make the whole call between any two commands of the first."""

    async def second(stage: Stage) -> None:
        call = bench.answers[0](stage.redis, BATCH, stage.redis.taking_note(MADE))
        answers = await asyncio.gather(call, return_exceptions=True)
        await stage.redis.set("lies", answers[0] is False and not await stage.redis.exists(MADE))

    async for report in bench.interrupted(BATCH, lend=MADE, overtaking=second):
        bench.situation = f"A second analyzer had the same batch {report['cut']}."
        if await bench.redis.get("lies"):
            raise NotYet("BELIEVED", **NO_LIE)
        expect(await bench.redis.peek_queue(MADE), [BATCH], "RACE", expected="1 event")


async def _cut_short(bench: Bench) -> None:
    """Kill or cancel it at each moment, and ask again: at once, and when its claim is over."""
    async for report in bench.interrupted(BATCH, lend=MADE):
        await bench.redis.all_live_for_a_time("TWO_STEPS", but=MADE)
        cut, raised = bench.situation, report["came"]  # nothing, where it was killed
        if not await bench.redis.exists(MADE):
            if raised in ("True", "False", "None"):
                raise NotYet("SWALLOWED", expected="CancelledError", came=raised)
            in_make = "`make`" in report["cut"]
            gave_up = bool(raised) and in_make
            bench.situation = f"{cut} It was called again at once."
            again = (await bench.again(within=3 if in_make else 0.2))["came"]
            if again == "False":
                raise NotYet("BELIEVED", **NO_LIE)
            if gave_up and again != "True":
                raise NotYet("KEPT_WHEN_CANCELLED", expected="True", came=f"{again}")
        await bench.redis.let_time_pass(LEASE)
        bench.situation = f"{cut} It was called again {LEASE} s later."
        if await bench.redis.exists(KEY) and not await bench.redis.exists(MADE):
            raise NotYet("DONE_TOO_EARLY", expected="the claim is over", came="it lives longer")
        came = (await bench.again(within=3))["came"]
        if came not in ("True", "False") or not await bench.redis.exists(MADE):
            raise NotYet("DONE_TOO_EARLY", expected="the event is made", came=f"{came}")
        events = len(await bench.redis.peek_queue(MADE))
        if raised and "begins" in report["cut"] and events > 1:
            raise NotYet("WENT_ON", expected="1 event", came=f"{events}")
