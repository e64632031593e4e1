"""The four calls that a reader makes."""

import dataclasses
import secrets
from collections import Counter
from contextlib import closing
from typing import Any

from course import session
from exercises import attempt, catalogue, record
from exercises.judge import judge
from exercises.verdict import Verdict
from private_redis import PrivateServer

ON_THEIR_OWN = ("lab.", "outage.", "outside.")
"""Exercises whose checks have a server each: the lesson's own is for breaking."""
_hints_given: Counter[str] = Counter()


async def check(name: str, *answers: Any) -> Verdict:
    """Try an answer against the course's Redis, and say how it did.

    It runs in a process and a namespace of its own, with a deadline: it may hang, raise or exit.

    Args:
        name: the exercise, as `queue.drain`.
        answers: what the cell above defines.

    Raises:
        WrongCall: there is no such exercise, or it has more or fewer answers.
        RedisUnavailable: the course's Redis does not answer.
    """
    exercise = catalogue.find(name)
    if len(answers) != len(exercise.answers):
        call = f'exercises.check("{name}", {", ".join(exercise.answers)})'
        raise catalogue.WrongCall(f"{len(answers)} answers were given. The call is {call}.")
    if why := attempt.missing(exercise, answers):
        return Verdict("not attempted", why)
    with closing(scratch_for(name)) as scratch:
        verdict = await judge(exercise, answers, scratch)
    if verdict.kind == "right":
        record.remember(exercise, attempt.cell(exercise))
    return verdict


def scratch_for(name: str, here: session.CourseRedis | None = None) -> session.CourseRedis:
    """Return where one check of the exercise works; closed, it is gone with all that is in it.

    It is on a server of its own, or on the course's Redis, or the one that is `here`.
    """
    namespace = f"check:{secrets.token_hex(4)}:"
    if name.startswith(ON_THEIR_OWN):
        own = PrivateServer().start()
        return session.CourseRedis(own.url, namespace, "a private server for this check", own)
    here = here or session.current()
    session.check(here.url)
    # Not its server: that goes on, and closing removes the keys.
    return dataclasses.replace(here, namespace=here.namespace + namespace, server=None)


def hint(name: str) -> None:
    """Print the next hint for an exercise; each call goes one step further."""
    hints = catalogue.find(name).hints
    given = _hints_given[name] = min(_hints_given[name] + 1, len(hints))
    print(f"Hint {given} of {len(hints)}: {hints[given - 1]}")
    if given == len(hints):
        print(f'That was the last one. exercises.solution("{name}") shows an answer.')


class _Code(str):
    """Python code, which a notebook shows in colour."""

    def __repr__(self) -> str:
        return str(self)

    def _repr_markdown_(self) -> str:
        return f"```python\n{self}\n```"


def solution(name: str) -> _Code:
    """Return an answer with comments. Yours may be another one, and as good."""
    return _Code(catalogue.find(name).solution)


def progress(lesson: str | None = None) -> None:
    """Print which exercises are solved, of one lesson (as `queue`) or of all."""
    solved = record.solved()
    for each in [lesson] if lesson else catalogue.LESSONS:
        there = catalogue.in_lesson(each)
        print(f"{each}: {sum(one.name in solved for one in there)} of {len(there)} solved")
        width = max(len(one.name) for one in there)
        for one in there:
            done = solved.get(one.name)
            changed = done and done.version not in ("", record.version(one))
            mark, note = "solved" if done else "open", " (changed since)" if changed else ""
            print(f"  {mark:6}  {one.name:{width}}  {one.title}{note}")
