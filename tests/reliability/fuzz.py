"""A fuzz: things of no sense wherever the pipeline reads, for minutes, while good files go through.

    python -m tests.reliability.fuzz --seconds 600 --seed 1

All stages run, with the web application in front. Each round puts a few strange things in their
way: values of every Redis type under every key that they read, messages on their channels, files
of odd names and kinds in the cameras' folders (`strange.py`). A good file arrives at the same
time, and its event has to come once what lay over a key of ours is taken away.

It ends with status 1 if a good file was lost, a stage ended, or a traceback was logged. The seed
and the number of the round tell which things there were.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import logging
import random
import re
import sys
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Self

import httpx
from PIL import Image
from redis import exceptions
from tests.backend.services.images import jpeg
from tests.reliability import strange
from tests.support import until

from backend.api.app import create_app
from backend.core.redis import RedisClient
from backend.core.reliable_queue import queue_counts
from backend.services.analyzer import AnalysisWorker
from backend.services.analyzers.rules import RuleAnalyzer
from backend.services.batch_aggregator import BatchAggregator
from backend.services.detector import Detection, DetectionWorker
from backend.services.event_broadcaster import EventBroadcaster
from backend.services.file_watcher import FileWatcher
from backend.services.system_status import QUEUES, SystemStatus
from private_redis import PrivateServer

PATIENCE = 120.0  # seconds until a good file counts as missing: the machine may be busy
PAGES = ("/", "/api/events", "/api/system/health", "/api/system/health/ready")

OURS = {
    **dict.fromkeys(QUEUES, "list"),
    **{f"dlq:{queue}": "list" for queue in QUEUES},
    **{f"{queue}:{end}": "zset" for queue in QUEUES for end in ("consumers", "retry")},
    **{f"{queue}:swept": "string" for queue in QUEUES},
    "batch:deadlines": "zset",
    "cameras": "set",
    "events:recent": "list",
    "events:last_id": "string",
}
"""The keys that all work goes through, and their types. Those of living consumers come on top."""

STRANGE = (
    *("batch:strange:current", "batch:ab12:detections", "batch:ab12:started_at", "batch:ab12"),
    *("camera:strange:status", "detection:ab12-1", "batch_event:ab12", "health:probe"),
    *(f"stage:{name}:trouble" for name in ("file_watcher", "detector", "batch_aggregator")),
    *(f"{queue}:{end}:strange" for queue in QUEUES for end in ("processing", "lease")),
    "dedupe:ab12",
)
"""Keys of a camera, a batch, a consumer that are none of the good files'."""

REFERENCES = [
    ["SADD", "cameras", "strange", b"\xff", ""],
    ["ZADD", "batch:deadlines", 1, "strange"],
    *(["ZADD", f"{queue}:consumers", 1, "strange"] for queue in QUEUES),
    ["RPUSH", "analysis_queue", json.dumps(strange.SPECIMENS[1])],
]
"""What leads the stages to those keys."""

# Puts back what lay under a foreign value. What has come there meanwhile stays.
PUT_BACK = """
local key, aside, kind = KEYS[1], KEYS[2], ARGV[1]
if redis.call('TYPE', key).ok ~= kind then redis.call('DEL', key) end
if redis.call('TYPE', aside).ok ~= kind then return redis.call('DEL', aside) end  -- foreign too
if redis.call('EXISTS', key) == 0 then return redis.call('RENAME', aside, key) end
local add = {
    list = function() return {'RPUSH', key, unpack(redis.call('LRANGE', aside, 0, -1))} end,
    set = function() return {'SADD', key, unpack(redis.call('SMEMBERS', aside))} end,
    zset = function() return {'ZUNIONSTORE', key, 2, key, aside, 'AGGREGATE', 'MAX'} end,
}
if add[kind] then redis.call(unpack(add[kind]())) end
redis.call('DEL', aside)
"""


class SeesACar:
    """A detector that sees one thing in every image."""

    def detect(self, image: Image.Image, camera_id: str) -> list[Detection]:
        """See it."""
        return [Detection("car", 0.8, (1, 2, 20, 10))]


class Faults(logging.Handler):
    """Keeps every traceback that is logged, and what asyncio complains of."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Look at a line of the log."""
        if record.exc_info or (record.name == "asyncio" and record.levelno >= logging.ERROR):
            self.found.append(logging.Formatter("%(name)s: %(message)s").format(record))


class Line:
    """The whole pipeline, on a server of its own, in a folder of its own."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.heard: Counter[str] = Counter()
        """How often an event of each camera came to the browsers."""
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        enter = self._stack.enter_context
        logging.getLogger().addHandler(self.faults)
        self._stack.callback(logging.getLogger().removeHandler, self.faults)
        folder = enter(tempfile.TemporaryDirectory())
        self._stack.callback(strange.remove_all, Path(folder))
        self.root = Path(folder)
        server = enter(PrivateServer())
        client = await self._stack.enter_async_context(RedisClient(server.url))
        # What puts the strange things there has the patience that a busy machine may need.
        self.client = await self._stack.enter_async_context(
            RedisClient(server.url, timeout=PATIENCE)
        )
        broadcaster = EventBroadcaster(client, overview_every=0.2)
        self.stages = [
            BatchAggregator(client, idle=0.1, check_every=0.1),
            AnalysisWorker(client, RuleAnalyzer(), lease=2.0),
            DetectionWorker(client, SeesACar(), BatchAggregator(client, idle=0.1), lease=2.0),
            SystemStatus(client, every=0.2),
            broadcaster,
            FileWatcher(client, self.root, settle=0.05, rescan=0.3),
        ]
        self.tasks = {stage.name: stage.start() for stage in self.stages}
        for stage in self.stages:
            self._stack.push_async_callback(stage.stop)
        app = httpx.ASGITransport(create_app(client, broadcaster=broadcaster))
        self.browser = await self._stack.enter_async_context(
            httpx.AsyncClient(transport=app, base_url="http://localhost", timeout=60)
        )
        listening = asyncio.create_task(self._listen(broadcaster))
        self._stack.callback(listening.cancel)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def _listen(self, broadcaster: EventBroadcaster) -> None:
        with broadcaster.listen() as listener:
            async for text in listener:
                match json.loads(text):
                    case {"type": "event", "data": {"camera_id": str() as camera_id}}:
                        self.heard[camera_id] += 1


class Fuzz:
    """Rounds of strange things, and a good file in each.

    Args:
        line: the pipeline.
        seed: decides which things there are.
    """

    def __init__(self, line: Line, seed: int) -> None:
        self._line = line
        self._client = line.client
        self._seed = seed
        self._chance = random.Random(f"{seed}")
        self.things: Counter[str] = Counter()
        self.good: list[str] = []
        """The cameras of the good files: one each."""
        self.missing: list[str] = []
        self.problems: list[str] = []

    async def run(self, seconds: float) -> None:
        """Go through rounds for so long, then let everything settle."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends and len(self.problems) < 10:
            number = len(self.good)
            self._chance.seed(f"{self._seed}-{number}")  # a round can be tried again by itself
            things = await self._round(number)
            self._look_for_faults(f"round {number}: {', '.join(things)}")
        await self._settle()
        self._look_for_faults("at the end")

    async def _round(self, number: int) -> list[str]:
        content, camera = jpeg(number + 10**9), f"good-{number}"
        actions = [self._over_a_key, self._among_others, self._beside, self._say, self._file]
        chosen = self._chance.choices(actions, k=self._chance.randrange(1, 5))
        things = [await action(content) for action in chosen]
        self.things.update(things)
        self.good.append(camera)
        folder = self._line.root / camera
        folder.mkdir()
        (folder / "a.jpg").write_bytes(content)
        await asyncio.sleep(self._chance.uniform(0, 0.4))  # simulated: so long it stays strange
        things += [await self._ask(page) for page in PAGES]
        await self._put_everything_back()
        try:
            await until(lambda: self._line.heard[camera], within=PATIENCE)
        except TimeoutError:
            self.missing.append(camera)
            self.problems.append(f"round {number}: no event of {camera}, after {things}")
        strange.remove_all(self._line.root)
        await self._client.call("SREM", "cameras", camera)
        return things

    # ---- what is strange ----

    async def _over_a_key(self, content: bytes) -> str:
        """Lay a value of another type over a key that all work goes through."""
        names = dict(OURS)
        for queue in QUEUES:
            for raw in await self._consumers(queue):
                if (consumer := raw.decode(errors="replace")).isprintable() and "-" in consumer:
                    names[f"{queue}:processing:{consumer}"] = "list"
                    names[f"{queue}:lease:{consumer}"] = "string"
        sha256 = hashlib.sha256(content).hexdigest()
        names |= {f"dedupe:{sha256}": "string", f"queued_from:{sha256}": "string"}
        key = self._chance.choice(sorted(names))
        kind = self._chance.choice([each for each in strange.KINDS if each != names[key]])
        if not await self._client.call("EXISTS", f"aside:{key}"):
            with suppress(exceptions.ResponseError):  # there is none
                await self._client.call("RENAME", key, f"aside:{key}")
            await self._client.call("SADD", "aside", json.dumps([key, names[key]]))
            await self._create(key, kind)
        shown = re.sub(r"(:processing|:lease|dedupe|queued_from):.*", r"\1:…", key)
        return f"a {kind} over {shown}"

    async def _consumers(self, queue: str) -> list[bytes]:
        with suppress(exceptions.ResponseError):  # something lies over that key already
            return await self._client.call("ZRANGE", f"{queue}:consumers", 0, -1)
        return []

    async def _among_others(self, content: bytes) -> str:
        """Put values of no sense beside the good ones of a list, a set, a sorted set."""
        key = self._chance.choice([key for key, kind in OURS.items() if kind != "string"])
        await self._create(key, OURS[key])
        return f"among others in {key}"

    async def _beside(self, content: bytes) -> str:
        """Put values under keys that are read because something leads there."""
        for key in self._chance.sample(STRANGE, k=3):
            await self._client.call("DEL", key)
            await self._create(key, self._chance.choice(strange.KINDS))
        for reference in REFERENCES:
            with suppress(exceptions.ResponseError):
                await self._client.call(*reference)
        return "keys of a strange camera, batch and consumer"

    async def _say(self, content: bytes) -> str:
        """Publish something on the channels."""
        for channel in ("security_events", "system_status"):
            await self._client.call("PUBLISH", channel, strange.value(self._chance))
        return "messages"

    async def _file(self, content: bytes) -> str:
        return await asyncio.to_thread(strange.make_file, self._line.root, self._chance)

    async def _create(self, key: str, kind: str) -> None:
        with suppress(exceptions.ResponseError):  # no score is both inf and -inf
            await self._client.call(*strange.create(key, kind, self._chance))

    async def _put_everything_back(self) -> None:
        for raw in await self._client.call("SMEMBERS", "aside"):
            key, kind = json.loads(raw)
            await self._client.call("EVAL", PUT_BACK, 2, key, f"aside:{key}", kind)
        await self._client.call("DEL", "aside")

    # ---- what has to hold ----

    async def _ask(self, page: str) -> str:
        try:
            status = (await self._line.browser.get(page)).status_code
        except Exception as error:
            self.problems.append(f"{page}: {error!r}")
            return page
        if status not in (200, 503):
            self.problems.append(f"{page}: {status}")
        return f"{page} {status}"

    def _look_for_faults(self, when: str) -> None:
        for name, task in self._line.tasks.items():
            if task.done():
                self.problems.append(f"{when}: the stage {name} has ended")
        self.problems += [f"{when}: {fault}" for fault in self._line.faults.found]
        self._line.faults.found.clear()

    async def _settle(self) -> None:
        """Wait until nothing is left to do; look for good files among the dead letters."""

        async def is_settled() -> bool:
            counts = [await queue_counts(self._client, queue) for queue in QUEUES]
            return all(each["pending"] == each["processing"] == 0 for each in counts)

        for queue in QUEUES:  # else they would never be emptied
            await self._client.call("DEL", f"{queue}:processing:strange")
        try:
            await until(is_settled, within=PATIENCE)
        except TimeoutError:
            for queue in QUEUES:
                counts = await queue_counts(self._client, queue)
                self.problems.append(f"left in {queue}: {counts}")
        for queue in QUEUES:
            for letter in await self._client.call("LRANGE", f"dlq:{queue}", 0, -1):
                if b"good-" in letter:
                    self.problems.append(f"a dead letter of {queue}: {letter[:500]!r}")

    def say(self, seconds: float) -> None:
        """Print what was tried and what was counted."""
        twice = sum(self._line.heard[camera] > 1 for camera in self.good)
        print(f"seed {self._seed}, {seconds:g} s, {len(self.good)} rounds")
        for kind, number in sorted(self.things.items()):
            print(f"{number:6} {kind}")
        print(
            f"{len(self.good)} good files = {len(self.good) - len(self.missing)} handled + "
            f"{len(self.missing)} missing; {twice} handled twice; {len(self.problems)} problems"
        )
        for problem in self.problems:
            print("PROBLEM", problem[:3000])


async def fuzz(seconds: float, seed: int) -> bool:
    """Fuzz once, print the count, and return whether all went well."""
    async with Line() as line:
        fuzzing = Fuzz(line, seed)
        await fuzzing.run(seconds)
        fuzzing.say(seconds)
        return not fuzzing.problems


def main(arguments: list[str] | None = None) -> int:
    """Fuzz as the command line says; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.fuzz")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, nargs="+", default=[random.randrange(10**6)])
    options = parser.parse_args(arguments)
    print(f"seeds {options.seed}", flush=True)  # whatever comes: it can be tried again
    outcomes = [asyncio.run(fuzz(options.seconds, seed)) for seed in options.seed]
    return 0 if all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
