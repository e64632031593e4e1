"""The seed's example: what it prints, which Redis it takes, and how it fails."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
import redis
from nbclient import NotebookClient

import private_redis.server
from backend.core.redis import RedisClient
from backend.examples import redis_example
from backend.examples.redis_example import ExampleError, main
from course import wire
from course.session import CourseRedis
from private_redis import PrivateServer, RedisUnavailable

SCRIPT = Path(redis_example.__file__)
AS_A_MODULE = [sys.executable, "-m", "backend.examples.redis_example"]
AS_A_SCRIPT = [sys.executable, str(SCRIPT)]
NOBODY_LISTENS = "redis://:secret@127.0.0.1:1/0"

EXPECTED = """\
============================================================
Redis Client Examples for Home Security Intelligence System
============================================================

=== Health Check Example ===
1. Health check before connection:
   Expected error: Redis client not connected

2. Connecting to Redis...

3. Health check after connection:
   Status: healthy
   Connected: True
   Redis version: <version>

=== Queue Operations Example ===
1. Adding detections to queue...
   Added detection 1, queue length: 1
   Added detection 2, queue length: 2
   Added detection 3, queue length: 3
   Added detection 4, queue length: 4
   Added detection 5, queue length: 5

2. Checking queue length...
   Queue length: 5

3. Peeking at the first 3 items without removing them...
   /export/foscam/front_door/image_1.jpg
   /export/foscam/front_door/image_2.jpg
   /export/foscam/front_door/image_3.jpg

4. Processing all items, first in, first out...
   Processed /export/foscam/front_door/image_1.jpg
   Processed /export/foscam/front_door/image_2.jpg
   Processed /export/foscam/front_door/image_3.jpg
   Processed /export/foscam/front_door/image_4.jpg
   Processed /export/foscam/front_door/image_5.jpg

5. Verifying that the queue is empty...
   Queue length: 0

=== Cache Operations Example ===
1. Caching camera status...
   Cached camera:front_door:status for 300 seconds

2. Retrieving cached status...
   Status: {'camera_id': 'front_door', 'status': 'online', 'fps': 15}

3. Checking that the key exists...
   Keys that exist: 1

4. Deleting the key...
   Keys deleted: 1

5. Confirming the deletion...
   Status: None

=== Pub/Sub Example ===
1. Subscribing to example_events...

2. Publishing events...
   Published event 1, subscribers reached: 1
   Published event 2, subscribers reached: 1
   Published event 3, subscribers reached: 1

3. Receiving events...
   Received event 1: motion at front_door
   Received event 2: motion at front_door
   Received event 3: motion at front_door

4. Unsubscribing...
   Unsubscribed from example_events

============================================================
All examples completed successfully!
============================================================
"""


def environment(redis_url: str | None) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    return others | ({"REDIS_URL": redis_url} if redis_url else {})


def run(command: list[str], redis_url: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env=environment(redis_url), capture_output=True, text=True, timeout=30
    )


def read(output: str) -> tuple[str, str]:
    """Return the line that says which Redis it was, and the rest without the version."""
    which, _, rest = output.partition("\n")
    return which, re.sub(r"(?<=Redis version: )\d+\.\d+\.\d+$", "<version>", rest, flags=re.M)


@pytest.fixture
def default_url(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Without REDIS_URL, and with nobody at what stands for localhost:6379."""
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setattr(redis_example, "DEFAULT_URL", NOBODY_LISTENS)
    return monkeypatch


@pytest.fixture
def empty_server(
    private_server: PrivateServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[redis.Redis]:
    """A server that REDIS_URL names and nobody else uses; a client to look into it."""
    monkeypatch.setenv("REDIS_URL", private_server.url)
    with redis.Redis.from_url(private_server.url) as client:
        yield client


@pytest.mark.parametrize("command", [AS_A_MODULE, AS_A_SCRIPT], ids=["module", "script"])
def test_it_prints_what_the_guide_promises(command, redis_url):
    result = run(command, redis_url)
    assert read(result.stdout) == ("Redis: the server that REDIS_URL names", EXPECTED)
    assert (result.returncode, result.stderr) == (0, "")


def test_it_needs_no_setting_at_all():
    result = run(AS_A_MODULE)
    which, rest = read(result.stdout)
    assert (result.returncode, result.stderr, rest) == (0, "", EXPECTED)
    assert which in (
        "Redis: the server at localhost:6379",
        "Redis: a private server, started for these examples",
    )


async def test_a_server_at_the_default_address_is_taken(default_url, redis_url, capsys):
    default_url.setattr(redis_example, "DEFAULT_URL", redis_url)
    await main()
    assert read(capsys.readouterr().out) == ("Redis: the server at localhost:6379", EXPECTED)


@pytest.mark.usefixtures("default_url")
async def test_with_nobody_there_a_private_server_is_started(capsys):
    await main()
    which, rest = read(capsys.readouterr().out)
    assert (which, rest) == ("Redis: a private server, started for these examples", EXPECTED)


async def test_a_server_that_hangs_at_the_default_address_is_passed_over(
    default_url, private_server, capsys
):
    default_url.setattr(redis_example, "DEFAULT_URL", private_server.url)
    private_server.pause()
    await main()
    assert capsys.readouterr().out.startswith("Redis: a private server")


@pytest.mark.parametrize(
    "url",
    [NOBODY_LISTENS, "redis://:secret@localhost:port", "redis://:secret@localhost?colour=red"],
)
def test_a_wrong_redis_url_says_what_to_do_and_no_other_server_is_used(url):
    result = run(AS_A_MODULE, url)
    assert (result.returncode, result.stdout) == (1, "")
    assert "REDIS_URL names cannot be used" in result.stderr
    assert "correct REDIS_URL" in result.stderr
    assert "Traceback" not in result.stderr
    assert "secret" not in result.stderr


async def test_without_the_course_it_says_how_to_get_a_server(default_url):
    default_url.setitem(sys.modules, "private_redis", None)
    with pytest.raises(ExampleError, match=r"docker run(.|\n)*REDIS_URL"):
        await main()


async def test_with_no_server_to_start_it_says_so(default_url):
    def find_server() -> Path:
        raise RedisUnavailable("No Redis server to start.")

    default_url.setattr(private_redis.server, "find_server", find_server)
    with pytest.raises(ExampleError, match="No Redis server to start"):
        await main()


def test_the_backend_can_be_imported_without_the_course():
    code = (
        "import sys; sys.modules['course'] = None; "
        "import backend.api.app, backend.examples.redis_example"
    )
    result = run([sys.executable, "-c", code])
    assert (result.returncode, result.stderr) == (0, "")


def test_two_runs_at_once_do_not_meet(redis_url):
    runs = [
        subprocess.Popen(AS_A_MODULE, env=environment(redis_url), stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    outputs = [run.communicate(timeout=30)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert [read(output)[1] for output in outputs] == [EXPECTED, EXPECTED]


async def test_the_names_and_the_time_to_live_are_the_guides(redis_url, monkeypatch):
    monkeypatch.setenv("REDIS_URL", redis_url)
    async with wire.watch(CourseRedis(redis_url, redis_example.NAMESPACE, "")) as commands:
        await main()
    seen = str(commands)
    assert "RPUSH example_detections_queue {" in seen
    assert "LRANGE example_detections_queue 0 2" in seen
    assert seen.count("BLPOP example_detections_queue 1") == 5
    assert re.search(r"SET camera:front_door:status .* EX 300", seen)
    assert "SUBSCRIBE example_events" in seen
    assert seen.count("PUBLISH example_events") == 3


async def test_it_leaves_no_key_and_touches_no_other(empty_server):
    empty_server.set("camera:front_door:status", "a real one")
    empty_server.rpush("example_detections_queue", "a real one")
    await main()
    assert sorted(empty_server.scan_iter()) == [
        b"camera:front_door:status",
        b"example_detections_queue",
    ]


@pytest.mark.parametrize("method", ["get_from_queue", "get"])
async def test_a_failed_expectation_is_an_error_and_leaves_no_key(
    empty_server, monkeypatch, method
):
    async def nothing(*_: object, **__: object) -> None:
        return None

    monkeypatch.setattr(RedisClient, method, nothing)
    with pytest.raises(ExampleError, match="Expected"):
        await main()
    assert empty_server.dbsize() == 0


async def test_a_listener_that_hears_nothing_ends(redis_url, monkeypatch):
    async def lost(*_: object) -> int:
        return 1

    monkeypatch.setattr(RedisClient, "publish", lost)
    monkeypatch.setattr(redis_example, "PATIENCE", 0.1)
    with pytest.raises(ExampleError, match="3 events"):
        await redis_example.example_pubsub(redis_url)
    assert [task for task in asyncio.all_tasks() if "receive" in str(task.get_coro())] == []


def test_a_failure_on_the_way_ends_with_status_1_and_no_traceback(redis_url):
    code = (
        "import runpy; from backend.core.redis import RedisClient\n"
        "async def one(*_): return 1\n"
        "RedisClient.get_queue_length = one\n"
        "runpy.run_module('backend.examples.redis_example', run_name='__main__')"
    )
    result = run([sys.executable, "-c", code], redis_url)
    assert result.returncode == 1
    assert result.stderr.strip() == "Expected the queue length to be 5, but it is 1."
    assert "successfully" not in result.stdout


def test_it_runs_unchanged_in_a_notebook(redis_url, monkeypatch):
    monkeypatch.setenv("REDIS_URL", redis_url)
    cell = (
        "import runpy\n"
        "from course import nest_asyncio\n"
        "nest_asyncio.apply()\n"
        "_ = runpy.run_module('backend.examples.redis_example', run_name='__main__')"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    quiet = ["--log-level=ERROR"]
    NotebookClient(
        notebook, kernel_name="python3", timeout=30, coalesce_streams=True, extra_arguments=quiet
    ).execute()
    (output,) = notebook.cells[0].outputs
    assert output.name == "stdout"
    assert read(output.text)[1] == EXPECTED
