"""Right, wrong and dangerous answers, put into the stub cells of the real notebooks.

Answers that hang are put into the first exercise of each, and a few wrong ones into all;
test_wrong_answers.py tries the others.
"""

from __future__ import annotations

import re

import pytest
from tests.exercises.reader import MISBEHAVIOUR, SLOW, Reader, misbehaving, reading
from tests.exercises.wrong_answers import a_few
from tests.support import THOROUGH

from exercises import catalogue

# What a check must not leave on the server or in the kernel, as the notebook's own code sees it.
LEFT = """
def left_by_checks():
    import psutil, redis
    here = redis_server if "redis_server" in globals() else server  # the failure lab's own
    checks = getattr(here, "namespace", "") + "check:*"
    with redis.Redis.from_url(here.url, decode_responses=True) as everything:
        clients = everything.client_list() if getattr(here, "server", here) else []  # ours alone
        return (
            sorted(everything.scan_iter(checks, count=1000)),
            everything.pubsub_channels(checks),
            len(psutil.Process().children()),
            len(clients),
        )
"""

pytestmark = [
    THOROUGH,
    pytest.mark.timeout(540),
    pytest.mark.usefixtures("redis_url"),  # the kernels are told of it by the environment
]


@pytest.mark.parametrize("lesson", catalogue.LESSONS, ids=[*catalogue.LESSONS.values()])
async def test_every_answer_draws_its_verdict_and_the_notebook_runs_to_its_end(lesson: str) -> None:
    problems: list[str] = []
    tried: list[str] = []
    async with reading(catalogue.LESSONS[lesson]) as reader:
        cells = reader.cells
        for number, cell in enumerate(cells):
            await reader.run(cell)
            if number == 0:
                await reader.run(LEFT)
            if found := re.match(r'await exercises.check\("([\w.]+)"', cell.source):
                stub = cells[number - 1].source
                tried.append(found[1])
                is_first = len(tried) == 1
                problems += await problems_of(reader, found[1], stub, cell.source, slow=is_first)
    assert not problems, "\n\n".join(problems)
    assert "Clean: " in cells[-1].outputs[0].text
    assert tried == [exercise.name for exercise in catalogue.in_lesson(lesson)]


async def problems_of(reader: Reader, name: str, stub: str, check: str, *, slow: bool) -> list[str]:
    """Try every answer, the right one last; say which verdicts are not as they should be."""
    exercise = catalogue.find(name)
    answers = [("the untouched stub", stub, "Not attempted. ")]
    answers += [
        (f"wrong answer {number}, {wrong.mistake}", wrong.code, exercise.says(wrong.mistake))
        for number, wrong in enumerate(a_few(name), 1)
    ]
    if "def " in stub:
        answers += [
            (f"an answer that {what}", misbehaving(stub, body), expected)
            for what, (body, expected) in MISBEHAVIOUR.items()
            # In the health lesson the client is one of a server without others.
            if not (name.startswith("health.") and what == "removes keys of others")
            and (slow or what not in SLOW)
        ]
    answers += [("the solution", exercise.solution, "Right. In production: ")]

    before = await reader.run("left_by_checks()")
    problems = []
    for what, code, expected in answers:
        await reader.run(code)
        verdict = await reader.run(check)
        is_wrong = what not in ("the untouched stub", "the solution")
        # The hint comes last, so it is also the one and only.
        fits = expected in verdict if is_wrong else verdict.startswith(expected)
        if not fits or (is_wrong and "Not yet. " not in verdict):
            problems.append(f"{name}, {what}: expected {expected!r}, and it said:\n{verdict}")
    await reader.run(
        f"import time; deadline = time.monotonic() + 2\n"
        f"while left_by_checks() != {before} and time.monotonic() < deadline: pass"
    )
    if (after := await reader.run("left_by_checks()")) != before:
        problems.append(f"{name} left something behind: {before} before, {after} after")
    return problems
