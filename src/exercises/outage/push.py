"""Add a job once, whatever is lost on the way."""

import asyncio
import time
from collections import Counter
from itertools import pairwise
from typing import Any, ClassVar

from redis.exceptions import ConnectionError, RedisError, ResponseError, TimeoutError

from backend.core.push import DEFAULT_MAX_SIZE, add_to_queue_safe
from exercises.bench import AnswersClient, Bench, NotYet, expect

QUEUE, CALLS, WAIT = "detection_queue", 5, 0.1
PORCH, GARDEN = [{"camera_id": each, "file_hash": each} for each in ("porch", "garden")]
Failure = tuple[bool, type[RedisError]]  # whether the call has arrived, and what is raised
AWAY, CUT, HANGS = (False, ConnectionError), (True, ConnectionError), (True, TimeoutError)
SITUATIONS: tuple[tuple[str, list[Failure], str], ...] = (
    ("its file is the first", [], "RAISED"),
    ("its file is the second", [], "RAISED"),
    ("the answer to the first call is lost", [CUT], "NO_RETRY"),
    ("Redis is away at the first call", [AWAY], "NO_RETRY"),
    ("Redis hangs at the first call", [HANGS], "ONE_KIND"),
    ("four calls have no answer", [AWAY, CUT, HANGS, AWAY], "COUNT"),
    ("another file watcher has added the job", [], "RAISED"),
)
"""The calls that fail, and the mistake of an answer that raises then; a job is added in each."""


OWN_CODE = {"NameError": "RAISED", "UnboundLocalError": "RAISED"}
"""What is said of a mistake in the words of the answer, whatever else has failed."""


class Odd(dict[str, Any]):
    """A job that cannot be JSON, and counts how often somebody tries."""

    tries = 0

    def items(self) -> Any:
        """Count, and return the fields."""
        self.tries += 1
        return super().items()


class Unlucky(AnswersClient):
    """A client whose calls fail as these, as if its own tries were used up."""

    failures: ClassVar[list[Failure]] = []
    moments: ClassVar[list[float]] = []
    """When each call was made, by `time.monotonic`."""

    async def call(self, *command: Any, **options: Any) -> Any:
        """Send the command, or not; and lose its answer, or not."""
        self.moments.append(time.monotonic())
        arrives, error = self.failures.pop(0) if self.failures else (True, None)
        if arrives:
            reply = await super().call(*command, **options)
        else:
            self.commands.append(command)
        if len(self.commands) > 4 * CALLS:
            raise NotYet("FOR_EVER", expected=f"{CALLS} calls", came="calls without end")
        if error:
            raise error(f"no answer to call {len(self.commands)}")
        return reply


async def check(bench: Bench) -> None:
    """Have it add jobs in good times and bad, then while Redis is away, and where it refuses."""
    await bench.lend(Unlucky)
    for number, (when, failures, raised) in enumerate(SITUATIONS):
        # The jobs of a camera that writes one file again and again: they differ in the hash alone.
        job = {"camera_id": "front_door", "file_path": "latest.jpg", "file_hash": f"5e{number}"}
        if "another" in when:
            await add_to_queue_safe(bench.redis, QUEUE, job, dedupe_key=job["file_hash"])
        given = dict(job)
        came = await _ask(bench, given, when, *failures, raised=OWN_CODE | {"": raised})
        expect(given, job, "CHANGED", expected="the caller's job as it was")
        jobs = await bench.redis.items(QUEUE, "CHANGED")
        mistakes = {
            "TWICE" if failures else "NOT_THE_HASH": jobs.count(job) > 1,
            "CHANGED": len(jobs) > number,
            "ONE_KEY" if number and not failures else "NEVER": True,
        }
        expect(jobs.count(job), 1, mistakes, expected="the job is there once")
        expect(came, True, {"DUPLICATE": came is False, "RESULT": True})
    await _while_redis_is_away(bench)
    await _where_it_refuses(bench)


async def _ask(bench: Bench, job: Any, when: str, *failures: Failure, **options: Any) -> Any:
    Unlucky.failures[:] = failures

    async def patience() -> None:  # what its own tries have cost
        await bench.redis.let_time_pass(5)

    return await bench.ask(job, when=when, between=patience, too_long="SLOW", **options)


def _made(bench: Bench, calls: int, mistake: str) -> None:
    """See that the answer has sent what it has sent most often so many times."""
    made = max(Counter(str(name) for name, *_ in bench.client.commands).values(), default=0)
    expect(made, calls, mistake, expected=f"calls: {calls}")


async def _while_redis_is_away(bench: Bench) -> None:
    turns: list[float] = []
    asyncio.get_running_loop().call_soon(lambda: turns.append(time.monotonic()))
    raised = OWN_CODE | {"": "HIDDEN"}
    options = {"allowed": ConnectionError, "raised": raised, "swallowed": "HIDDEN"}
    Unlucky.moments.clear()
    came = await _ask(bench, PORCH, "Redis stays away", *[AWAY] * 99, **options)
    _made(bench, CALLS, "COUNT")
    expect(str(came), f"no answer to call {CALLS}", "HIDDEN")
    expected = f"{CALLS - 1} waits of {WAIT} s"
    bench.ended(0.95 * WAIT * (CALLS - 1), 3, "HURRIED", "SLOW", expected=expected)
    # The second shortest: on a busy machine a sleep takes longer, and not each of them.
    _, wait, *_ = sorted(later - earlier for earlier, later in pairwise(Unlucky.moments))
    if wait > 1.9 * WAIT:
        raise NotYet("SLOW", expected=expected, came=f"waits of {wait:.2f} s and more")
    if turns[0] > bench.started + bench.seconds:  # its turn came when all was over
        raise NotYet("BLOCKS", expected="other tasks go on meanwhile", came="they stood still")


async def _where_it_refuses(bench: Bench) -> None:
    await bench.redis.set(QUEUE, "no list")
    options = {"allowed": ResponseError, "raised": "SWALLOWED", "swallowed": "SWALLOWED"}
    await _ask(bench, PORCH, "`detection_queue` holds no list", **options)
    _made(bench, 1, "REFUSED")
    await bench.redis.delete(QUEUE)
    odd = Odd(file_hash="5eff", taken={1, 2})
    options |= {"allowed": TypeError}
    await _ask(bench, odd, "the job holds a set, which JSON cannot hold", **options)
    expect(odd.tries <= 1, True, "REFUSED", expected="1 call", shown=f"{odd.tries} calls")
    await bench.redis.call("RPUSH", bench.redis.full_name(QUEUE), *range(1, DEFAULT_MAX_SIZE))
    came = await _ask(bench, PORCH, f"{DEFAULT_MAX_SIZE - 1} jobs wait", raised="FULL")
    expect(came, True, "NOT_FULL")
    came = await _ask(bench, GARDEN, f"{DEFAULT_MAX_SIZE} jobs wait", raised="FULL")
    _made(bench, 1, "REFUSED")
    expect(came, False, "FULL")
    await bench.ends_when_cancelled(PORCH, lend="")
