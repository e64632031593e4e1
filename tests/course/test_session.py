"""start() and finish(): which Redis is used, and that nothing is left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import jupyter_client
import pytest
import redis
from tests.support import SECRET, as_user, exists, wait_until

from course import session
from private_redis import PrivateServer, RedisUnavailable


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program as a reader would, with REDIS_URL only if it is given."""
    inherited = {key: value for key, value in os.environ.items() if key != "REDIS_URL"}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize("environment", [{}, {"REDIS_URL": ""}], ids=["not set", "empty"])
def test_without_redis_url_start_prints_the_line_of_a_private_server(
    environment: dict[str, str],
) -> None:
    said = run("import course; course.start()", **environment)
    assert said.stdout == (
        "Redis: a private server for this notebook, stopped when its kernel stops\n"
    )
    assert said.stderr == ""


def test_a_process_has_one_private_server() -> None:
    said = run("import course; a = course.start(); print(a is course.start())")
    assert said.stdout.splitlines()[-1] == "True", said.stderr


def test_start_brings_back_a_server_that_a_lesson_stopped() -> None:
    said = run("""
import course
from course.session import check
ours = course.start()
ours.server.stop()
course.start()
ours.server.pause()
course.start()
check(ours.url)
print("answers")
""")
    assert said.stdout.splitlines()[-1] == "answers", said.stderr


def test_with_redis_url_that_server_is_used(private_server: PrivateServer) -> None:
    url = private_server.url.removesuffix("/0") + "/2"
    said = run("import course; print(course.start().url)", REDIS_URL=url)
    line = f"the server that REDIS_URL names (127.0.0.1:{private_server.port}, database 2)"
    assert said.stdout == f"Redis: {line}\n{url}\n"


def test_when_redis_url_is_unset_start_goes_back_to_a_private_server(
    private_server: PrivateServer,
) -> None:
    said = run(
        """
import course, os, redis
shared = course.start()
redis.Redis.from_url(shared.url).set(f"{shared.namespace}key", "value")
del os.environ["REDIS_URL"]
ours = course.start()
assert ours.server and ours.url != shared.url
""",
        REDIS_URL=private_server.url,
    )
    assert said.stderr == ""
    assert said.stdout.splitlines()[-1].startswith("Redis: a private server")
    with redis.Redis.from_url(private_server.url) as client:
        assert client.dbsize() == 0  # what was made there is removed at exit all the same


def test_with_redis_url_there_is_no_fallback(private_server: PrivateServer) -> None:
    private_server.stop()
    said = run("import course; course.start()", REDIS_URL=private_server.url)
    assert said.stdout == ""
    assert said.returncode != 0
    assert "refused" in said.stderr
    assert "unset it to get a private server" in said.stderr


def test_at_exit_our_keys_are_removed_from_a_shared_server_and_no_others(
    private_server: PrivateServer,
) -> None:
    with redis.Redis.from_url(private_server.url) as client:
        client.set("camera:1:status", "somebody else's")
        said = run(
            """
import course, redis
ours = course.start()
client = redis.Redis.from_url(ours.url)
for number in range(2500):
    client.set(f"{ours.namespace}{number}", number)
print(client.dbsize())
raise ValueError("the lesson breaks off")
""",
            REDIS_URL=private_server.url,
        )
        assert said.stdout.splitlines()[-1] == "2501", said.stderr
        assert client.keys() == [b"camera:1:status"]


def test_exit_is_quick_and_quiet_when_the_shared_server_hangs(
    private_server: PrivateServer,
) -> None:
    started = time.monotonic()
    said = run(
        f"import course, os; course.start(); os.kill({private_server.pid}, {signal.SIGSTOP:d})",
        REDIS_URL=private_server.url,
    )
    assert said.stderr == ""
    assert said.returncode == 0
    assert time.monotonic() - started < 5


def test_the_url_is_not_in_the_repr(locked_server: PrivateServer) -> None:
    url = as_user(locked_server.url, password=SECRET)
    said = run("import course; print(course.start())", REDIS_URL=url)
    assert "CourseRedis(" in said.stdout
    assert SECRET not in said.stdout + said.stderr


@pytest.fixture
def finishing(
    private_server: PrivateServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[session.CourseRedis]:
    """What `finish()` cleans up: our part of a server that REDIS_URL names. It holds 3 keys."""
    guest = as_user(private_server.url, "guest", SECRET)
    ours = session.CourseRedis(guest, "course:12345678:", "a shared server")
    monkeypatch.setattr(session, "_current", ours)
    with redis.Redis.from_url(private_server.url) as client:
        client.execute_command("ACL", "SETUSER", "guest", "on", f">{SECRET}", "+@all", "~*", "&*")
        client.mset({f"{ours.namespace}{number}": number for number in range(3)})
        yield ours
        client.flushall()


async def test_finish_says_so_when_there_was_no_time_to_remove_every_key(
    finishing: session.CourseRedis, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    remove = session.remove_keys
    monkeypatch.setattr(session, "remove_keys", lambda *of, timeout: remove(*of, timeout=1e-9))
    with pytest.raises(session.LeftBehind, match=r"Removed so far: 0\. .*'course:12345678:\*'"):
        await session.finish()
    assert capsys.readouterr().out == ""


def test_at_exit_it_stays_quiet_when_there_was_no_time_to_remove_every_key(
    finishing: session.CourseRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = session.remove_keys
    monkeypatch.setattr(session, "remove_keys", lambda *of, timeout: remove(*of, timeout=1e-9))
    finishing.close()


@pytest.mark.parametrize("command", ["pubsub", "scan", "unlink"])
async def test_finish_names_what_the_server_refuses_and_what_to_do(
    finishing: session.CourseRedis, private_server: PrivateServer, command: str
) -> None:
    with redis.Redis.from_url(private_server.url) as client:
        client.execute_command("ACL", "SETUSER", "guest", f"-{command}")
    with pytest.raises(RedisUnavailable) as caught:
        await session.finish()
    assert f"'{command}" in str(caught.value)
    assert "Ask the person who runs it for the permission" in str(caught.value)
    assert "course:12345678:" in str(caught.value)
    assert SECRET not in str(caught.value)


class Kernel:
    """A real notebook kernel, cell by cell."""

    def __init__(self, client: jupyter_client.BlockingKernelClient) -> None:
        self._client = client

    def run(self, cell: str) -> str:
        """Run one cell; return what it prints, or the error that it shows."""
        shown: list[str] = []

        def keep(message: dict[str, dict[str, str]]) -> None:
            content = message["content"]
            shown.append(content.get("text") or "\n".join(content.get("traceback", [])))

        self._client.execute_interactive(cell, timeout=20, output_hook=keep)
        return "".join(shown)


@contextlib.contextmanager
def started_kernel() -> Iterator[Kernel]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("REDIS_URL", raising=False)
        with jupyter_client.run_kernel(kernel_name="python3") as client:
            kernel = Kernel(client)
            kernel.run("import asyncio, os, course, redis.asyncio\nours = course.start()")
            yield kernel


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    """One kernel for several tests, since it starts slowly: each test leaves it clean."""
    with started_kernel() as kernel:
        yield kernel


@pytest.fixture
def own_kernel() -> Iterator[Kernel]:
    """A kernel for one test, which changes or ends it."""
    with started_kernel() as kernel:
        yield kernel


CLEAN = "Clean: no keys, no subscriptions, no running tasks left behind.\n"


def test_finish_prints_one_line_when_nothing_is_left(kernel: Kernel) -> None:
    kernel.run("""
async def work():
    await asyncio.sleep(0.01)
task = asyncio.create_task(work())
await task
""")
    assert kernel.run("await course.finish()") == CLEAN
    assert kernel.run("await course.finish()") == CLEAN


def test_finish_removes_and_counts_the_keys(kernel: Kernel) -> None:
    kernel.run("""
async with redis.asyncio.Redis.from_url(ours.url) as client:
    await client.mset({f"{ours.namespace}{n}": n for n in range(3)})
""")
    assert "Clean: 3 keys, now removed," in kernel.run("await course.finish()")
    assert kernel.run("await course.finish()") == CLEAN


def test_an_error_after_finish_says_the_way_back_until_the_next_start(own_kernel: Kernel) -> None:
    sentence = "This notebook has cleaned up: run the first cell again"
    assert sentence not in own_kernel.run("1 / 0")
    own_kernel.run("await course.finish()")
    assert sentence in own_kernel.run("1 / 0")
    assert sentence in own_kernel.run("raise course.session.LeftBehind('a plain error')")
    own_kernel.run("_ = course.start()")
    assert sentence not in own_kernel.run("1 / 0")


def test_finish_names_a_task_that_still_runs(kernel: Kernel) -> None:
    kernel.run("""
async def watch_camera():
    await asyncio.sleep(60)
task = asyncio.create_task(watch_camera(), name="camera watcher")
""")
    said = kernel.run("await course.finish(timeout=0.2)")
    assert "'camera watcher' (watch_camera) still runs" in said
    assert "Traceback" not in said
    kernel.run("task.cancel()")
    assert kernel.run("await course.finish()") == CLEAN


def test_finish_names_a_task_that_failed_unseen_and_keeps_naming_it(kernel: Kernel) -> None:
    kernel.run("""
async def watch_camera():
    raise OSError("lens cap on")
task = asyncio.create_task(watch_camera(), name="camera watcher")
""")
    for _ in range(2):
        said = kernel.run("await course.finish(timeout=0.2)")
        assert "'camera watcher' (watch_camera) failed" in said
        assert "OSError: lens cap on" in said
    kernel.run("task.exception()")
    assert kernel.run("await course.finish()") == CLEAN


def test_finish_sees_tasks_after_nest_asyncio(own_kernel: Kernel) -> None:
    kernel = own_kernel
    kernel.run("from course import nest_asyncio; nest_asyncio.apply()")
    kernel.run("""
async def fails():
    raise OSError("lens cap on")
tasks = [asyncio.create_task(fails()), asyncio.create_task(asyncio.sleep(60), name="sleeper")]
""")
    said = kernel.run("await course.finish(timeout=0.2)")
    assert "OSError: lens cap on" in said
    assert "'sleeper' (sleep) still runs" in said
    kernel.run("tasks[0].exception(); tasks[1].cancel()")
    assert kernel.run("await course.finish()") == CLEAN


def test_finish_names_a_channel_that_still_has_a_subscriber(kernel: Kernel) -> None:
    kernel.run("""
client = redis.asyncio.Redis.from_url(ours.url)
subscription = client.pubsub()
await subscription.subscribe(ours.namespace + "security_events")
""")
    assert "'security_events' still has a subscriber" in kernel.run(
        "await course.finish(timeout=0.2)"
    )
    kernel.run("await subscription.aclose(); await client.aclose()")
    assert kernel.run("await course.finish()") == CLEAN


def test_unseen_tasks_works_in_a_cell_without_await(kernel: Kernel) -> None:
    assert kernel.run("from course.kernel import unseen_tasks; print(unseen_tasks())") == "[]\n"


def test_a_first_cell_that_fails_shows_its_message_and_no_traceback(own_kernel: Kernel) -> None:
    said = own_kernel.run("os.environ['REDIS_URL'] = 'redis://127.0.0.1:1/0'; course.start()")
    assert said.startswith("RedisUnavailable: Tried Redis at 127.0.0.1:1, database 0: ")
    assert "\n" not in said


def test_a_kernel_that_is_shut_down_takes_its_server_with_it() -> None:
    with started_kernel() as kernel:
        pid = int(kernel.run("print(ours.server.pid)"))
        assert exists(pid)
    wait_until(lambda: not exists(pid), "the server has ended")
