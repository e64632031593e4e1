"""Judge an answer: run its check in a child process, and turn what came of it into a verdict."""

import asyncio
import dataclasses
import io
import os
import signal
import sys
import traceback
import warnings
from contextlib import suppress
from typing import Any

import redis

from course.session import CourseRedis
from exercises import mishaps, sandbox
from exercises.bench import LIMIT, Bench
from exercises.clients import AnswersClient
from exercises.exercise import Exercise
from exercises.verdict import NotYet, Verdict
from private_redis import client_without_retries

MOST_OUTPUT = 2000
"""Characters of what an answer prints that are shown."""


async def judge(exercise: Exercise, answers: tuple[Any, ...], scratch: CourseRedis) -> Verdict:
    """Try the answers on a bench, in a child process, and return the verdict.

    What the answers print is printed here.
    """
    _ = exercise.check  # loaded here: a mistake in its file is raised in the open

    def job(send: sandbox.Send) -> None:
        _try(Bench(scratch.url, scratch.namespace, answers), exercise, send)

    try:
        report = await sandbox.run(job, limit=LIMIT + 2)
        ended = NotYet("EXITED", expected="a result", came="the end of the process")
    except TimeoutError:
        report, came = None, "it did not end, and was stopped"
        ended = NotYet("TOO_LONG", expected=f"an end within {LIMIT:g} s", came=came)
    if report is None:
        return _verdict(exercise, ended, "")
    print(report["printed"], end="")
    if report["broken"]:
        raise RuntimeError(f"The check itself failed:\n{report['broken']}")
    return Verdict(**report["verdict"])


def _try(bench: Bench, exercise: Exercise, send: sandbox.Send) -> None:
    """In the child: await the check, send its report, and end the process."""
    sys.stdout = sys.stderr = printed = io.StringIO()
    warnings.resetwarnings()
    warnings.simplefilter("always")
    warnings.showwarning = bench.mishaps.notice

    def end(verdict: NotYet | None, broken: str = "") -> None:
        if verdict and "full_name" not in exercise.says(verdict.mistake):
            verdict = mishaps.misnamed(bench.client) or verdict
        _leave_the_server_well(bench)
        said = dataclasses.asdict(_verdict(exercise, verdict, bench.situation))
        tail = printed.getvalue()[-MOST_OUTPUT:]
        send({"verdict": said, "printed": tail, "broken": broken})
        os._exit(0)

    # When the time is over, the process ends here and now, whatever the answer catches or ignores.
    signal.signal(signal.SIGALRM, lambda _, frame: end(bench.too_long(frame)))
    signal.setitimer(signal.ITIMER_REAL, LIMIT)

    async def on_the_bench() -> None:
        await bench.set_up()
        await exercise.check(bench)

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(on_the_bench())
    except NotYet as verdict:
        end(verdict)
    except (SystemExit, KeyboardInterrupt):
        end(NotYet("EXITED", expected="a result", came="the end of the program"))
    except TimeoutError as error:  # Python's own: from an alarm that the answer has set
        end(bench.mishaps.raised(error, "RAISED", bench.client))
    except (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError, OSError):
        end(None, broken=traceback.format_exc())
    except BaseException as error:
        # What the answer returned or stored is of a form that the check did not foresee.
        end(mishaps.unforeseen(error))
    end(None)


def _leave_the_server_well(bench: Bench) -> None:
    """End a script of the answer that goes on, and remove what stands outside of its namespace."""
    url, last = bench.redis.redis_url, str(bench.client.commands[-1:])
    if bench.is_late and "EVAL" in last:  # Redis listens to nobody for the script's first 5 s
        with suppress(redis.RedisError, OSError), client_without_retries(url, timeout=7) as client:
            client.script_kill()
    if AnswersClient.strays:
        with suppress(redis.RedisError, OSError), client_without_retries(url, timeout=1) as client:
            client.delete(*AnswersClient.strays)


def _verdict(exercise: Exercise, not_yet: NotYet | None, situation: str) -> Verdict:
    if not not_yet:
        return Verdict("right", f"In production: {exercise.why}")
    hint = exercise.says(not_yet.mistake)
    details = (("expected", not_yet.expected), ("came", not_yet.came), ("hint", hint))
    return Verdict("not yet", not_yet.when or situation, details, not_yet.mistake)
