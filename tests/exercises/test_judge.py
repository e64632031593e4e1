"""What a check says of answers that no author foresaw, and what it keeps from the notebook."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator
from typing import Any

import psutil
import pytest
from tests.support import THOROUGH

import exercises
from backend.core.redis import RedisClient
from course import session
from exercises import sandbox
from exercises.exercise import COMMON
from private_redis import PrivateServer, RedisUnavailable


@pytest.fixture(autouse=True)
def _checks_are_here(monkeypatch: pytest.MonkeyPatch, here: session.CourseRedis) -> None:
    monkeypatch.setattr(session, "_current", here)


async def check(answer: Any) -> str:
    return repr(await exercises.check("start.report", answer))


async def test_any_right_way_is_right() -> None:
    async def report(client: RedisClient, detection: Any) -> int:
        await asyncio.gather(client.add_to_queue("detection_queue", detection))
        return await client.get_queue_length("detection_queue")

    assert (await check(report)).startswith("Right.")


async def test_a_lambda_that_returns_the_coroutine_is_right() -> None:
    verdict = await check(lambda client, item: client.add_to_queue("detection_queue", item))
    assert verdict.startswith("Right.")


async def test_what_the_answer_prints_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    async def report(client: RedisClient, detection: Any) -> int:
        print("pushing", detection["camera_id"])
        return await client.add_to_queue("detection_queue", detection)

    await check(report)
    pushed = "garage", "Küche", "garage", "garage", "attic", "attic"
    assert capsys.readouterr().out == "".join(f"pushing {name}\n" for name in pushed)


async def test_the_notebooks_own_client_is_out_of_reach(redis_url: str) -> None:
    async with RedisClient(redis_url, namespace="test:own:") as own:
        globals()["client"] = own

        async def report(_: RedisClient, detection: Any) -> int:
            return await client.add_to_queue("detection_queue", detection)  # noqa: F821

        verdict = await check(report)
        del globals()["client"]
        assert "Use the client that your function is given." in verdict
        assert await own.get_queue_length("detection_queue") == 0
        assert (await own.health_check())["status"] == "healthy"


async def test_a_module_that_is_loaded_on_first_use_is_not_loaded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Such as `course.plots`, with matplotlib: each check would load it anew."""

    class Lazy:
        def __getattribute__(self, name: str) -> object:
            print(f"loaded for its {name}")
            return super().__getattribute__(name)

    async def report(client: RedisClient, detection: Any) -> int:
        return await client.add_to_queue("detection_queue", detection)

    monkeypatch.setitem(globals(), "lazy", Lazy())
    assert (await check(report)).startswith("Right.")
    assert capsys.readouterr().out == ""


async def test_other_parameters_are_no_riddle() -> None:
    async def report(client: RedisClient) -> None:
        """Take one argument too few."""

    verdict = await check(report)
    assert "a function that takes 2 arguments" in verdict
    assert "Leave the function's name and its parameters as they were" in verdict


async def test_what_is_no_function_is_no_riddle() -> None:
    assert "a function that takes 2 arguments" in await check(3)


async def test_what_it_changes_in_the_notebook_is_not_changed() -> None:
    found: list[Any] = []

    async def report(client: RedisClient, detection: Any) -> int:
        found.append(detection)
        return await client.add_to_queue("detection_queue", detection)

    await check(report)
    assert found == []


async def test_a_task_that_exits_is_the_end_of_the_program() -> None:
    async def leave() -> None:
        raise SystemExit

    async def report(client: RedisClient, detection: Any) -> None:
        await asyncio.gather(leave())

    assert "the end of the program" in await check(report)


async def test_a_process_that_it_started_ends_with_the_check() -> None:
    async def report(client: RedisClient, detection: Any) -> int:
        child = subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL)  # noqa: ASYNC220
        print(child.pid)
        return await client.add_to_queue("detection_queue", detection)

    with contextlib.redirect_stdout(io.StringIO()) as printed:
        await check(report)
    for pid in printed.getvalue().split():
        deadline = time.monotonic() + 5
        while _runs(int(pid)):
            assert time.monotonic() < deadline, f"process {pid} still runs"
            await asyncio.sleep(0.01)


async def test_a_process_in_a_session_of_its_own_ends_with_the_check() -> None:
    async def report(client: RedisClient, detection: Any) -> int:
        command = ["sh", "-c", "sleep 60 & echo $!"]
        made = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)  # noqa: ASYNC220
        assert made.stdout
        print(made.stdout.readline().decode())
        return await client.add_to_queue("detection_queue", detection)

    with contextlib.redirect_stdout(io.StringIO()) as printed:
        await check(report)
    pids = [int(pid) for pid in printed.getvalue().split()]
    assert pids
    assert not any(map(_runs, pids))


async def test_a_process_that_holds_the_pipe_open_does_not_hold_the_verdict() -> None:
    async def report(client: RedisClient, detection: Any) -> int:
        if os.fork() == 0:
            os.setsid()
            time.sleep(60)  # noqa: ASYNC251
        return await client.add_to_queue("detection_queue", detection)

    started = time.monotonic()
    assert (await check(report)).startswith("Right.")
    assert time.monotonic() - started < 8


async def test_an_answer_that_forks_has_one_verdict() -> None:
    async def report(client: RedisClient, detection: Any) -> int:
        os.fork()
        return 7

    assert (await check(report)).startswith("Not yet.")


async def test_where_it_waits_in_a_call_of_the_client_its_own_line_is_named() -> None:
    async def report(client: RedisClient, detection: Any) -> Any:
        return await client.get_from_queue("nobody_writes_here", timeout=60)

    assert 'of your cell: `return await client.get_from_queue("nobody_w' in await check(report)


async def test_an_error_names_the_client_as_the_reader_knows_it() -> None:
    async def report(client: RedisClient, detection: Any) -> Any:
        return client.no_such_method(detection)

    verdict = await check(report)
    assert "'RedisClient' object has no attribute 'no_such_method', in line" in verdict


async def test_memory_has_a_limit() -> None:
    def report(client: RedisClient, detection: Any) -> int:
        return len(bytearray(8 * 2**30))

    verdict = await check(report)
    assert "MemoryError" in verdict
    assert "2 GB" in verdict


@pytest.mark.parametrize("body", ["signal.SIG_IGN", "None"], ids=["ignores", "stops itself"])
async def test_the_limit_holds_whatever_the_answer_does(
    body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exercises.judge.LIMIT", 0.5)

    async def report(client: RedisClient, detection: Any) -> None:
        if body == "None":
            os.kill(os.getpid(), signal.SIGSTOP)
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        await asyncio.sleep(3600)

    assert "it did not end, and was stopped" in await check(report)


async def test_the_limit_holds_when_the_pipe_is_flooded() -> None:
    def job(send: sandbox.Send) -> None:
        while True:
            for file in range(3, 64):
                with contextlib.suppress(OSError):
                    os.write(file, b"x" * 65536)

    started = time.monotonic()
    assert await sandbox.run(job, limit=1) is None
    assert time.monotonic() - started < 8


class Unspeakable(Exception):
    """An error whose text cannot be had."""

    def __str__(self) -> str:
        raise ValueError

    __repr__ = __str__


async def _raises_the_unspeakable(client: RedisClient, detection: Any) -> None:
    raise Unspeakable


async def _raises_a_group(client: RedisClient, detection: Any) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(_raise_key_error())


async def _raise_key_error() -> None:
    raise KeyError("camera")


async def _closes(client: RedisClient, detection: Any) -> int:
    async with client:
        return await client.add_to_queue("detection_queue", detection)


async def _closes_and_goes_on(client: RedisClient, detection: Any) -> int:
    await client.disconnect()
    return await client.add_to_queue("detection_queue", detection)


async def _yields(client: RedisClient, detection: Any) -> AsyncIterator[int]:
    yield await client.add_to_queue("detection_queue", detection)


async def _stores_a_value(client: RedisClient, detection: Any) -> bool:
    return await client.set("detection_queue", detection)


async def _names_it_bare(client: RedisClient, detection: Any) -> Any:
    return await client.call("RPUSH", "test:bare", json.dumps(detection), repeat=False)


async def _names_it_twice(client: RedisClient, detection: Any) -> Any:
    return await client.add_to_queue(client.full_name("detection_queue"), detection)


async def _changes_what_is_others(client: RedisClient, detection: Any) -> int:
    await client.set("batch:somebody_elses:current", "not yours")
    return await client.add_to_queue("detection_queue", detection)


async def _unspeakable_result(client: RedisClient, detection: Any) -> Any:
    await client.add_to_queue("detection_queue", detection)
    return Unspeakable()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (_raises_the_unspeakable, "Unspeakable, in line"),
        (_raises_a_group, "KeyError: 'camera'"),
        (_closes, COMMON["CLOSED"]),
        (_closes_and_goes_on, COMMON["CLOSED"]),
        (_yields, COMMON["YIELDS"]),
        (_stores_a_value, COMMON["WRONG_TYPE"]),
        (_names_it_bare, COMMON["AS_THEY_ARE"]),
        (_names_it_twice, COMMON["NAMED_TWICE"]),
        (_changes_what_is_others, "`batch:somebody_elses:current` was changed"),
        (_unspeakable_result, COMMON["UNFORESEEN"]),
    ],
)
async def test_an_ordinary_mistake_has_a_sentence_of_its_own(answer: Any, said: str) -> None:
    verdict = await check(answer)
    assert verdict.startswith("Not yet.")
    assert said in verdict


async def _moves_it_to_a_bare_name(client: RedisClient, detection: Any) -> Any:
    await client.add_to_queue("detection_queue", detection)
    queue = client.full_name("detection_queue")
    await client.call("LMOVE", queue, "test:moved", "LEFT", "LEFT", repeat=False)


async def _names_it_bare_in_a_script(client: RedisClient, detection: Any) -> Any:
    script = "return redis.call('RPUSH', KEYS[1], ARGV[1])"
    return await client.call("EVAL", script, 1, "test:bare", "job", repeat=False)


async def _names_it_bare_and_hangs(client: RedisClient, detection: Any) -> Any:
    await _names_it_bare(client, detection)
    await asyncio.sleep(60)


@pytest.mark.parametrize(
    "answer",
    [
        _names_it_bare,
        _moves_it_to_a_bare_name,
        _names_it_bare_in_a_script,
        _names_it_bare_and_hangs,
    ],
)
async def test_what_a_wrong_answer_adds_outside_of_the_namespace_is_removed(
    answer: Any, client: RedisClient
) -> None:
    assert COMMON["AS_THEY_ARE"] in await check(answer)
    assert await client.call("EXISTS", "test:bare", "test:moved") == 0


async def test_what_was_there_before_a_wrong_answer_stays(client: RedisClient) -> None:
    await client.call("SET", "test:bare", "not yours")
    try:
        assert COMMON["AS_THEY_ARE"] in await check(_names_it_bare)
        assert await client.call("GET", "test:bare") == b"not yours"
    finally:
        await client.call("DEL", "test:bare")


def _runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


async def test_other_tasks_of_the_notebook_go_on_meanwhile() -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.01)

    async def report(client: RedisClient, detection: Any) -> int:
        await asyncio.sleep(1.5)
        return await client.add_to_queue("detection_queue", detection)

    ticking = asyncio.create_task(tick())
    await check(report)
    ticking.cancel()
    assert ticks > 100


async def test_more_answers_than_the_exercise_has_are_refused() -> None:
    with pytest.raises(LookupError, match=r'exercises\.check\("start\.report", report\)'):
        await exercises.check("start.report", 1, 2)


async def test_a_server_that_is_gone_is_said_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone = session.CourseRedis("redis://127.0.0.1:1", "test:", "nowhere")
    monkeypatch.setattr(session, "_current", gone)
    with pytest.raises(RedisUnavailable):
        await check(lambda client, detection: 1)


@THOROUGH
async def test_a_script_that_does_not_end_keeps_the_server_from_nobody(
    private_server: PrivateServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a private one here: on a shared one, all others would wait for five seconds."""
    here = session.CourseRedis(private_server.url, "test:stuck:", "a server of this test")
    monkeypatch.setattr(session, "_current", here)

    async def report(client: RedisClient, detection: Any) -> int:
        return await client.call("EVAL", "while true do end", 0)

    assert "it took longer than" in await check(report)
    assert (
        await check(lambda client, job: client.add_to_queue("detection_queue", job))
    ).startswith("Right.")
