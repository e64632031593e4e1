"""Judge an answer: run its check in a child process, and turn what came of it into a verdict."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Awaitable
from typing import Any

import redis

from course.session import CourseRedis
from exercises import sandbox
from exercises.bench import EXITED, LIMIT, TOO_LONG, Bench
from exercises.exercise import Exercise
from exercises.verdict import NotYet, Verdict

MOST_OUTPUT = 2000
"""Characters of what an answer prints that are shown."""


async def judge(exercise: Exercise, answers: tuple[Any, ...], scratch: CourseRedis) -> Verdict:
    """Try the answers on a bench, in a child process, and return the verdict.

    What the answers print is printed here.
    """
    check = exercise.check  # loaded here: a mistake in its file is raised in the open

    def job(send: sandbox.Send) -> None:
        bench = Bench(scratch.url, scratch.namespace, answers)
        _try(bench, check(bench, *answers), send)

    try:
        report = await sandbox.run(job, limit=LIMIT + 2)
    except TimeoutError:
        came = "it did not end, and was stopped"
        report = _report(NotYet(TOO_LONG, expected=f"an end within {LIMIT:g} s", came=came))
    if report is None:
        report = _report(NotYet(EXITED, expected="a result", came="the end of the process"))
    print(report["printed"], end="")
    if report["broken"]:
        raise RuntimeError(f"The check itself failed:\n{report['broken']}")
    if report["details"]:
        return Verdict("not yet", report["said"], tuple(map(tuple, report["details"])))
    return Verdict("right", f"In production: {exercise.why}")


def _try(bench: Bench, check: Awaitable[None], send: sandbox.Send) -> None:
    """In the child: await the check, send its report, and end the process."""
    sys.stdout = sys.stderr = printed = io.StringIO()
    warnings.resetwarnings()
    warnings.simplefilter("always")
    warnings.showwarning = bench.notice

    def end(verdict: NotYet | None, broken: str = "") -> None:
        text = printed.getvalue()[-MOST_OUTPUT:]
        send(_report(verdict, bench.situation, text, broken))
        os._exit(0)

    # When the time is over, the process ends here and now, whatever the answer catches or ignores.
    signal.signal(signal.SIGALRM, lambda _, frame: end(bench.more_exactly(bench.too_long(frame))))
    signal.setitimer(signal.ITIMER_REAL, LIMIT)

    async def on_the_bench() -> None:
        await bench.set_up()
        await check

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(on_the_bench())
    except NotYet as verdict:
        end(bench.more_exactly(verdict))
    except (SystemExit, KeyboardInterrupt):
        end(NotYet(EXITED, expected="a result", came="the end of the program"))
    except (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError, OSError):
        end(None, broken=traceback.format_exc())
    except BaseException as error:
        # What the answer returned or stored is of a form that the check did not foresee.
        end(bench.more_exactly(bench.unforeseen(error)))
    end(None)


def _report(
    verdict: NotYet | None, said: str = "", printed: str = "", broken: str = ""
) -> sandbox.Report:
    details = []
    if verdict:
        details = [("expected", verdict.expected), ("came", verdict.came), ("hint", verdict.hint)]
    return {"said": said, "details": details, "printed": printed, "broken": broken}
