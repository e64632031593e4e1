"""Write a worker that loses nothing, with ReliableQueue."""

import logging
from typing import Any

from backend.core.reliable_queue import contents
from exercises.writing import FORGOT_AWAIT, Bench, Exercise, NotYet, Wrong

POPPED = (
    "While `handle` worked on it, the detection was in nobody's list: a pop had removed it. Who "
    "dies now takes it along. Take it with the `reserve` of a `ReliableQueue`."
)
TOO_EARLY = (
    "While `handle` worked on it, the detection was acknowledged already. Who dies now takes it "
    "along. The work comes first, inside the `async with` block of `reserve`."
)
WHOLE_JOB = "`handle` was given the whole job. What the producer had added is in `job.data`."
NO_JOB = "When no item came in time, the job is None. That is when your worker ends."
FOR_EVER = (
    "The queue is empty, and your worker does not end. With a timeout of one second `reserve` "
    "gives None then: leave the loop."
)
NEVER_DONE = (
    "The same detection came again and again: a consumer that asks for the next one, and has not "
    "acknowledged, is given what it has in hand. `reserve` acknowledges at the end of its block."
)
STOPPED = (
    "One broken image ended the whole worker, and those behind it wait. Who calls `take` calls "
    "`fail` too; `reserve` does both for you."
)
SWALLOWED = (
    "The broken image is nowhere: its exception never reached `reserve`, which took silence for "
    "success and acknowledged. Let the exception out of the block."
)
AT_ONCE = (
    "The broken image came back at once, failed again, and so on for ever. Leave it to `reserve`: "
    "it waits, counts, and gives up in the end."
)
NOT_HANDLED = "Each detection is handled once, the first one in first."
MOST_TIMES = 5
"""How often an item comes before we call it for ever. `ReliableQueue` gives up after 3."""


class _End(BaseException):
    """Ends a worker from within its work, whatever it catches; carries the verdict."""


async def check(bench: Bench, work: Any) -> None:
    """Let it work, and look into Redis while it does; then with an image that is broken."""
    logging.getLogger("backend").setLevel(logging.CRITICAL)  # that an item failed is no news here
    handled: list[Any] = []
    often = NEVER_DONE

    async def handle(item: Any) -> None:
        if not isinstance(item, dict):
            raise _End(NotYet(WHOLE_JOB, expected="a detection, a dict", came=repr(item)))
        handled.append(item)
        if handled.count(item) > MOST_TIMES:
            came = f"it was handled {handled.count(item)} times"
            raise _End(NotYet(often, expected="each detection once", came=came))
        if item not in (await contents(bench.redis, "detection_queue"))["in_hand"]:
            popped = not any(command[0] == "EVALSHA" for command in bench.client.sent)
            expected = "while it is handled, it is in a processing list"
            hint = POPPED if popped else TOO_EARLY
            raise _End(NotYet(hint, expected=expected, came="it is in none"))
        if "broken" in item:
            raise ValueError("truncated image")

    async def let_it_work(items: list[Any], when: str, raised: str) -> None:
        handled.clear()
        for item in items:
            await bench.redis.add_to_queue("detection_queue", item)
        try:
            await bench.run(
                work, bench.client, handle, when=when, within=4, too_long=FOR_EVER, raised=raised
            )
        except _End as end:
            raise end.args[0] from None

    items: list[Any] = [{"id": number, "camera_id": "garage"} for number in (1, 2, 3)]
    await let_it_work(items, "three detections wait", NO_JOB)
    if handled != items:
        raise NotYet(NOT_HANDLED, expected=repr(items), came=repr(handled))

    often = AT_ONCE
    items[1]["broken"] = True
    await let_it_work(items, "three detections wait, and the second is a broken image", STOPPED)
    if not all(item in handled for item in items):
        raise NotYet(NOT_HANDLED, expected=repr(items), came=repr(handled))
    if not any((await contents(bench.redis, "detection_queue")).values()):
        raise NotYet(SWALLOWED, expected="the broken image is to be tried again", came="it is gone")


def _with_reserve(*body: str, timeout: str = "timeout=1") -> str:
    lines = [
        "async def work(client, handle):",
        '    async with ReliableQueue(client, "detection_queue") as queue:',
        "        while True:",
        f"            async with queue.reserve({timeout}) as job:",
    ]
    return "\n".join([*lines, *body, ""])


EXERCISE = Exercise(
    place=1,
    statement="""\
### Exercise: a worker that loses nothing

Write `work`, the loop of a detector. It gives the detections of `detection_queue` to `handle`, one after the other: `await handle(item)`, where the item is what the producer added. When no detection has come for one second, it returns. It may be killed at any moment, so a detection that is being handled is still in Redis. And if `handle` raises, the detection is tried again later while the worker goes on.
""",  # noqa: E501
    stub="""\
async def work(client, handle):
    # Your code goes here.
    ...
""",
    answers=("work",),
    check=check,
    hints=(
        "The section above has all that you need: a `ReliableQueue`, `reserve`, and a loop.",
        "What happens in the block of `reserve` decides: at its end the item is acknowledged, "
        "and if it raises, the item is tried again.",
        "`while True:`, then `async with queue.reserve(timeout=1) as job:`, then return if there "
        "is no job, else `await handle(job.data)`.",
    ),
    solution="""\
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue") as queue:
        while True:
            async with queue.reserve(timeout=1) as job:
                if job is None:
                    return
                # Inside the block: until it ends, the item is in the processing list. No `except`:
                # reserve catches what handle raises, and has the item tried again.
                await handle(job.data)
""",
    why="this is the whole worker; whoever pulls the plug, at whatever line, loses nothing.",
    wrong=(
        Wrong(
            POPPED,
            """\
async def work(client, handle):
    while (item := await client.get_from_queue("detection_queue", timeout=1)) is not None:
        await handle(item)
""",
        ),
        Wrong(
            TOO_EARLY,
            """\
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue") as queue:
        while (job := await queue.take(timeout=1)) is not None:
            await queue.acknowledge(job)
            await handle(job.data)
""",
        ),
        Wrong(
            TOO_EARLY,
            _with_reserve(
                "                if job is None:",
                "                    return",
                "            await handle(job.data)",
            ),
        ),
        Wrong(
            WHOLE_JOB,
            _with_reserve(
                "                if job is None:",
                "                    return",
                "                await handle(job)",
            ),
        ),
        Wrong(NO_JOB, _with_reserve("                await handle(job.data)")),
        Wrong(
            FOR_EVER,
            _with_reserve(
                "                if job is None:",
                "                    return",
                "                await handle(job.data)",
                timeout="",
            ),
        ),
        Wrong(
            FOR_EVER,
            _with_reserve("                if job:", "                    await handle(job.data)"),
        ),
        Wrong(
            NEVER_DONE,
            """\
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue") as queue:
        while (job := await queue.take(timeout=1)) is not None:
            await handle(job.data)
""",
        ),
        Wrong(
            STOPPED,
            """\
async def work(client, handle):
    async with ReliableQueue(client, "detection_queue") as queue:
        while (job := await queue.take(timeout=1)) is not None:
            await handle(job.data)
            await queue.acknowledge(job)
""",
        ),
        Wrong(
            SWALLOWED,
            _with_reserve(
                "                if job is None:",
                "                    return",
                "                try:",
                "                    await handle(job.data)",
                "                except Exception as error:",
                '                    print("could not handle", job.data, error)',
            ),
        ),
        Wrong(
            AT_ONCE,
            _with_reserve(
                "                if job is None:",
                "                    return",
                "                try:",
                "                    await handle(job.data)",
                "                except Exception:",
                '                    await client.add_to_queue("detection_queue", job.data)',
            ),
        ),
        Wrong(
            NOT_HANDLED,
            _with_reserve(
                "                if job is not None:",
                "                    await handle(job.data)",
                "                return",
            ),
        ),
        Wrong(
            FORGOT_AWAIT,
            _with_reserve(
                "                if job is None:",
                "                    return",
                "                handle(job.data)",
            ),
        ),
    ),
)
