"""Make an event once, whatever comes twice."""

import asyncio
from typing import Any

from exercises.writing import FORGOT_AWAIT, Bench, Exercise, NotYet, Wrong

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
    made: list[str] = []
    keys_when_made: list[int] = []
    key = "batch_event:{}"
    lifetimes: list[int] = []

    async def make(batch_id: str) -> None:
        keys_when_made.append(await bench.redis.exists(key.format(batch_id)))
        made.append(batch_id)
        await asyncio.sleep(0.02)  # the model thinks

    async def look_at_lifetime(_: str) -> None:
        lifetimes.append(await bench.redis.call("TTL", bench.redis.full_name(key.format("5f0c9a"))))

    bench.client.after_each = look_at_lifetime
    first = await bench.run(event_once, bench.client, "5f0c9a", make, when="no event was made yet")
    bench.client.after_each = None
    if made != ["5f0c9a"]:
        raise NotYet(NEVER_MADE, expected="`make` is called once", came=f"{len(made)} calls of it")
    if await bench.redis.call("EXISTS", key.format("5f0c9a")):  # as it is, without the namespace
        expected = repr(bench.redis.full_name(key.format("5f0c9a")))
        raise NotYet(NO_NAMESPACE, expected=expected, came=repr(key.format("5f0c9a")))
    there = await bench.redis.call("TTL", bench.redis.full_name(key.format("5f0c9a")))
    if there == -1 or -1 in lifetimes:
        hint = NO_TTL if there == -1 else TWO_STEPS
        raise NotYet(hint, expected="it lives for 3600 s", came="it lives for ever")
    if 0 <= there < 10:
        raise NotYet(MILLISECONDS, expected="it lives for 3600 s", came=f"{there} s")

    other = await bench.run(
        event_once, bench.client, "71d2e8", make, when="another batch has its event"
    )
    if made != ["5f0c9a", "71d2e8"]:
        raise NotYet(ONE_KEY, expected="`make` is called for it", came="it is not")
    again = await bench.run(event_once, bench.client, "5f0c9a", make, when="its event is made")
    if made != ["5f0c9a", "71d2e8"]:
        raise NotYet(FORGOTTEN, expected="no second event", came="`make` is called again")
    if (first, other, again) != (True, True, False):
        came = f"{first!r}, {other!r}, and {again!r} for the first batch again"
        bench.situation = "`event_once()` was called for two batches, and for the first again."
        raise NotYet(OTHER, expected="True, True, False", came=came)
    if not 3590 <= there <= 3600:
        expected = "`batch_event:<batch_id>` lives for 3600 s"
        came = "there is no such key" if there == -2 else f"{there} s"
        raise NotYet(FORGOTTEN, expected=expected, came=came)

    async def slow_line(_: str) -> None:
        await asyncio.sleep(0.05)

    async def two(client: Any) -> Any:
        return await asyncio.gather(*(event_once(client, "a8c410", make) for _ in range(2)))

    two.__name__ = "event_once"
    bench.client.after_each = slow_line
    await bench.run(two, bench.client, when="two analysers have the same batch at the same moment")
    bench.client.after_each = None
    if made.count("a8c410") != 1:
        hint = RACE if keys_when_made[-1] else TOO_LATE
        raise NotYet(hint, expected="1 event", came=f"{made.count('a8c410')} events")

    async def fail(_: str) -> None:
        raise ConnectionError("the model is away")

    async def one_that_fails(client: Any) -> str:
        try:
            await event_once(client, "c30b77", fail)
        except ConnectionError:
            return "raised"
        return "nothing raised"

    one_that_fails.__name__ = "event_once"
    outcome = await bench.run(one_that_fails, bench.client, when="`make` raises")
    await bench.run(event_once, bench.client, "c30b77", make, when="the first try had failed")
    if "c30b77" not in made:
        raise NotYet(KEPT, expected="`make` is called again", came="it is not")
    if outcome != "raised":
        bench.situation = "`event_once()` was called when `make` raises."
        raise NotYet(HIDDEN, expected="the exception", came=outcome)


def _once(*claim: str, failed: tuple[str, ...] = ("await client.delete(name)", "raise")) -> str:
    """Return an answer with this way to claim the batch, and this answer to a failure."""
    lines = ["async def event_once(client, batch_id, make):", *claim]
    lines += ["    try:", "        await make(batch_id)", "    except Exception:"]
    return "\n".join([*lines, *(f"        {line}" for line in failed), "    return True", ""])


NAME = '    name = f"batch_event:{batch_id}"'
CLAIM = '    if not await client.call("SET", client.full_name(name), 1, "NX", "EX", 3600):'
NO = "        return False"

EXERCISE = Exercise(
    place=2,
    statement="""\
### Exercise: one event, whatever comes twice

`make_event` above has a weak spot: where the work fails after the key was set, the batch counts as done, and its event is never made. Write `event_once`: it calls `await make(batch_id)` and returns `True`, or returns `False` if the event of this batch was made before.

- It remembers under `batch_event:<batch_id>`, in our namespace, for 3600 seconds.
- Two analysers can have the same batch at the same moment; one of them makes the event.
- If `make` raises, the caller gets the exception, and a later call tries again.
""",  # noqa: E501
    stub="""\
async def event_once(client, batch_id, make):
    # Your code goes here.
    ...
""",
    answers=("event_once",),
    check=check,
    hints=(
        "Begin as `make_event` does: who sets the key may make the event.",
        "What has to happen to the key when `make` raises, and who needs to hear of it?",
        "`try: await make(batch_id)`, and `except Exception:` with "
        '`await client.delete(f"batch_event:{batch_id}")` and `raise`.',
    ),
    solution=_once(
        NAME,
        "    # One command decides, remembers, and sets the time to live.",
        CLAIM,
        NO,
        failed=(
            "# Not done, so not remembered; and the queue hears of it, and tries again.",
            "await client.delete(name)",
            "raise",
        ),
    ),
    why="the queue delivers at least once, and the dashboard shows the burglar once.",
    wrong=(
        Wrong(
            RACE,
            _once(
                NAME,
                "    if await client.get(name):",
                NO,
                "    await client.set(name, 1, expire=3600)",
            ),
        ),
        Wrong(
            TOO_LATE,
            """\
async def event_once(client, batch_id, make):
    name = f"batch_event:{batch_id}"
    if await client.exists(name):
        return False
    await make(batch_id)
    await client.set(name, 1, expire=3600)
    return True
""",
        ),
        Wrong(NO_TTL, _once(NAME, CLAIM.replace(', "EX", 3600', ""), NO)),
        Wrong(
            TWO_STEPS,
            _once(
                NAME,
                CLAIM.replace(', "EX", 3600', ""),
                NO,
                '    await client.call("EXPIRE", client.full_name(name), 3600)',
            ),
        ),
        Wrong(MILLISECONDS, _once(NAME, CLAIM.replace("EX", "PX"), NO)),
        Wrong(ONE_KEY, _once('    name = "batch_event:5f0c9a"', CLAIM, NO)),
        Wrong(NO_NAMESPACE, _once(NAME, CLAIM.replace("client.full_name(name)", "name"), NO)),
        Wrong(
            KEPT,
            """\
async def event_once(client, batch_id, make):
    name = client.full_name(f"batch_event:{batch_id}")
    if not await client.call("SET", name, 1, "NX", "EX", 3600):
        return False
    await make(batch_id)
    return True
""",
        ),
        Wrong(
            FORGOTTEN,
            """\
async def event_once(client, batch_id, make):
    await make(batch_id)
    return True
""",
        ),
        Wrong(HIDDEN, _once(NAME, CLAIM, NO, failed=("await client.delete(name)",))),
        Wrong(NEVER_MADE, _once(NAME, CLAIM.replace("if not", "if"), NO)),
        Wrong(OTHER, _once(NAME, CLAIM, '        return "done before"')),
        Wrong(FORGOT_AWAIT, _once(NAME, CLAIM.replace("await ", ""), NO)),
    ),
)
