"""The page on the way from BLPOP to reserve: its code and its commands run, and the move loses
what the page says, and nothing else.
"""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from redis.exceptions import NoPermissionError
from tests.support import as_user, until

from backend.core import reliable_queue
from backend.core.redis import RedisClient
from backend.core.reliable_queue import Job, ReliableQueue, contents
from backend.core.scripts import Script
from backend.tools import dlq
from private_redis import PrivateServer

PAGE = (Path(__file__).parents[1] / "docs" / "from_blpop_to_reserve.md").read_text()
QUEUE = "detection_queue"
RETRY, CONSUMERS = f"{QUEUE}:retry", f"{QUEUE}:consumers"
LEASE = 1.0  # seconds: long enough for a busy machine

Handler = Callable[[int], Awaitable[None]]


def blocks(language: str) -> str:
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))


def commands(program: str) -> list[list[str]]:
    """Return the arguments of each call of a program in the page's blocks for the shell."""
    lines = [line for line in blocks("bash").splitlines() if line.startswith(f"{program} ")]
    words = [shlex.split(line, comments=True)[1:] for line in lines]
    return [line[: line.index("|")] if "|" in line else line for line in words]


def code_of_the_page() -> dict[str, Any]:
    """Return what the page's Python defines: `consume` and `main`."""
    names: dict[str, Any] = {}
    exec(compile(blocks("python"), "from_blpop_to_reserve.md", "exec"), names)
    return names


class Move:
    """A queue in use: a producer that never pauses, and consumers of both kinds."""

    def __init__(self, client: RedisClient, detector: RedisClient) -> None:
        self.client = client
        self.detector = detector  # the client of the consumers
        self.added: list[int] = []
        self.handled: list[int] = []
        self.failed: set[int] = set()
        self.good_times = False
        self.reserving: list[asyncio.Task[None]] = []
        self._consume = code_of_the_page()["consume"]

    @asynccontextmanager
    async def producing(self) -> AsyncIterator[None]:
        ending = asyncio.Event()
        task = asyncio.create_task(self._produce(ending))
        yield
        ending.set()
        await task

    async def _produce(self, ending: asyncio.Event) -> None:
        while not ending.is_set():
            item = len(self.added)
            self.added.append(item)
            await self.client.add_to_queue(QUEUE, item)
            await asyncio.sleep(0.003)

    async def handle(self, item: int) -> None:
        await asyncio.sleep(0.001)
        self.handled.append(item)

    async def handle_with_failures(self, item: int) -> None:
        if item % 5 == 0 and item not in self.failed and not self.good_times:
            self.failed.add(item)
            raise ValueError(f"{item} fails the first time")
        await self.handle(item)

    def start_plain(self, ending: asyncio.Event) -> asyncio.Task[None]:
        return asyncio.create_task(consume_plainly(self.detector, self.handle, ending))

    def start_reserving(self) -> asyncio.Task[None]:
        consuming = self._consume(self.detector, self.handle_with_failures, lease=LEASE)
        self.reserving.append(asyncio.create_task(consuming))
        return self.reserving[-1]

    async def goes_on(self) -> None:
        """Wait until a good number of further items are handled."""
        before = len(self.handled)
        await until(lambda: len(self.handled) >= before + 30, within=20)

    async def has_one_consumer_and_no_retries(self) -> bool:
        retries = await self.client.call("ZCARD", RETRY)
        return retries == 0 and len(await self.client.call("ZRANGE", CONSUMERS, 0, -1)) == 1

    async def is_empty(self) -> bool:
        return await self.client.get_queue_length(QUEUE) == 0


async def consume_plainly(client: RedisClient, handle: Handler, ending: asyncio.Event) -> None:
    """Consume with BLPOP, and end between two items."""
    while not ending.is_set():
        item = await client.get_from_queue(QUEUE, timeout=0.2)
        if item is not None:
            await handle(item)


async def is_cancelled_with_an_item(client: RedisClient) -> int:
    """Be a BLPOP consumer that is cancelled in the middle of its work; return what it held."""
    held: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def handle(item: int) -> None:
        held.set_result(item)
        await asyncio.Event().wait()

    consumer = asyncio.create_task(consume_plainly(client, handle, asyncio.Event()))
    item = await held
    await stop(consumer)
    return item


async def dies_with_an_item(client: RedisClient) -> Job:
    """Be a reserving consumer that dies in the middle of its work; return what it had in hand."""
    queue = await ReliableQueue(client, QUEUE, consumer="mortal", lease=0.5).__aenter__()
    job = await queue.take(10)
    assert job
    assert queue._heart
    await stop(queue._heart)
    return job


async def stop(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def end(ending: asyncio.Event, *tasks: asyncio.Task[None]) -> None:
    ending.set()
    await asyncio.gather(*tasks)


@pytest.fixture
async def admin(private_server: PrivateServer) -> AsyncIterator[RedisClient]:
    async with RedisClient(private_server.url) as client:
        yield client


@pytest.fixture
async def detector(admin: RedisClient) -> AsyncIterator[RedisClient]:
    """A client of the page's user, as it is before the move: it may do what BLPOP needs."""
    user = "ACL SETUSER detector on >word ~detection_queue +ping +blpop +client|setinfo"
    await admin.call(*user.split())
    url = as_user(admin.redis_url, "detector", "word")
    async with RedisClient(url) as client:
        yield client


async def grant(admin: RedisClient) -> None:
    """Run the line of the page that grants the permissions."""
    (line,) = [words for words in commands("redis-cli") if words[0] == "ACL"]
    await admin.call(*line)
    await admin.call("ACL", "LOG", "RESET")  # what was refused before


async def refused(admin: RedisClient) -> set[str]:
    """Return the commands and keys that the page's user was refused."""
    entries = [
        dict(zip(entry[::2], entry[1::2], strict=True)) for entry in await admin.call("ACL", "LOG")
    ]
    return {entry[b"object"].decode() for entry in entries}


async def go_there(move: Move) -> tuple[int, int]:
    """Replace BLPOP consumers by reserving ones, which stay; return what each that fell held."""
    ending = asyncio.Event()
    plain = [move.start_plain(ending) for _ in range(2)]
    await move.goes_on()
    move.start_reserving()
    await move.goes_on()
    lost = await is_cancelled_with_an_item(move.detector)
    dead = await dies_with_an_item(move.detector)
    move.start_reserving()
    await end(ending, *plain)
    await move.goes_on()
    await until(lambda: len(move.failed) > 5, within=20)
    return lost, dead.data


async def go_back(move: Move) -> tuple[asyncio.Event, list[asyncio.Task[None]]]:
    """Replace the reserving consumers by BLPOP ones, as the page says; return those."""
    ending = asyncio.Event()
    plain = [move.start_plain(ending) for _ in range(2)]
    last = move.reserving[-1]
    await stop(*move.reserving[:-1])
    move.good_times = True
    while True:
        await until(move.has_one_consumer_and_no_retries, within=40)
        await stop(last)
        if await move.client.call("EXISTS", RETRY, CONSUMERS) == 0:
            return ending, plain
        last = move.start_reserving()


async def test_the_move_and_the_way_back_lose_only_what_a_blpop_consumer_held(
    admin: RedisClient, detector: RedisClient
) -> None:
    await grant(admin)
    move = Move(admin, detector)
    async with move.producing():
        lost, dead = await go_there(move)
        ending, plain = await go_back(move)
        await move.goes_on()
    await until(move.is_empty, within=20)
    await end(ending, *plain)
    assert set(move.added) - set(move.handled) == {lost}
    assert dead in move.handled
    assert move.failed <= set(move.handled)
    assert not any((await contents(admin, QUEUE)).values())
    assert await refused(admin) == set()


async def test_each_redis_command_of_the_page_is_answered(admin: RedisClient) -> None:
    await admin.add_to_queue(QUEUE, "in hand")
    lines = commands("redis-cli")
    assert len(lines) > 10
    async with ReliableQueue(admin, QUEUE, consumer="c1") as queue, queue.reserve(timeout=5):
        for line in lines:
            words = [word.replace("<consumer>", "c1") for word in line]
            answer = await admin.call(*words)
            if words[0] == "LRANGE":
                assert answer == [b'"in hand"']
            if words[0] == "ZRANGE":
                assert answer == [b"c1"]
            if words[0] == "PTTL":
                assert answer > 0


async def test_a_blpop_consumer_that_waits_is_in_the_list_of_clients(admin: RedisClient) -> None:
    waiting = asyncio.create_task(admin.get_from_queue(QUEUE, timeout=20))

    async def is_listed() -> bool:
        return b"cmd=blpop" in await admin.call("CLIENT", "LIST")

    await until(is_listed)
    await admin.add_to_queue(QUEUE, 1)
    await waiting


def test_the_page_grants_each_command_of_the_scripts() -> None:
    scripts = [value.text for value in vars(reliable_queue).values() if isinstance(value, Script)]
    assert len(scripts) > 5
    (grant_line,) = [line for line in commands("redis-cli") if "SETUSER" in line]
    granted = {word[1:] for word in grant_line if word.startswith("+")}
    called = re.findall(r"redis\.p?call\('(\w+)'", "\n".join(scripts))
    assert {command.lower() for command in called} - granted == set()


async def test_before_the_permissions_are_granted_reserve_is_refused(
    admin: RedisClient, detector: RedisClient
) -> None:
    with pytest.raises(NoPermissionError):
        await ReliableQueue(detector, QUEUE).__aenter__()


async def test_with_the_permissions_of_the_page_nothing_that_a_consumer_does_is_refused(
    admin: RedisClient, detector: RedisClient
) -> None:
    await grant(admin)
    for item in "acknowledged", "given up":
        await admin.add_to_queue(QUEUE, item)
    async with ReliableQueue(detector, QUEUE, lease=0.3, max_attempts=1) as queue:
        await until(lambda: admin.exists(f"{QUEUE}:swept"))  # its heart has beaten when it was idle
        job = await queue.take(5)
        assert job
        await queue.give_back(job)
        job = await queue.take(5)
        assert job
        assert [await queue.acknowledge(job) for _ in range(2)] == [True, True]
        job = await queue.take(5)
        assert job
        await queue.fail(job, "no good")
    assert (await contents(admin, QUEUE))["dead_lettered"] == ["given up"]
    assert await refused(admin) == set()


async def test_an_item_in_hand_goes_back_at_sigterm(
    admin: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", admin.redis_url)
    await admin.add_to_queue(QUEUE, 1)
    at_work = asyncio.Event()

    async def handle(item: int) -> None:
        at_work.set()
        await asyncio.Event().wait()

    consumer = asyncio.create_task(code_of_the_page()["main"](handle))
    try:
        async with asyncio.timeout(10):
            await at_work.wait()
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait([consumer], timeout=10)
    finally:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
    assert consumer.cancelled()
    assert await admin.peek_queue(QUEUE) == [1]
    assert await admin.exists(RETRY, CONSUMERS) == 0


def test_the_calls_of_the_dead_letter_tool_are_understood() -> None:
    calls = re.findall(r"python -m backend\.tools\.dlq ([^`\n]*)", PAGE)
    assert [dlq.parser().parse_args(call.split()).command for call in calls] == ["list", "requeue"]
