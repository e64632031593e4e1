"""Faults to plant in the client and in the services, each with the notebook that must notice it.

When the code changes and a text here no longer occurs exactly once, the test says so: write the
fault anew. When a lesson changes so that a fault goes unnoticed, it is the lesson that has a hole.
"""

from __future__ import annotations

from typing import NamedTuple

HEALTH, QUEUE, CACHE, PUBSUB = "01_health", "02_queue", "03_cache", "04_pubsub"
PIPELINE, LOSE_NOTHING, REDIS_FAILS = "05_pipeline", "06_lose_nothing", "07_when_redis_fails"
REDIS = "backend/core/redis.py"
SUBSCRIPTION = "backend/core/subscription.py"
ENCODING = "backend/core/encoding.py"
SERVICES = "backend/services"
BATCHES = f"{SERVICES}/lua/batches.lua"
CLOSE_DUE = f"{SERVICES}/lua/close_due.lua"
ADD_DETECTION = f"{SERVICES}/lua/add_detection.lua"
AGGREGATOR = f"{SERVICES}/batch_aggregator.py"
ANALYZER = f"{SERVICES}/analyzer.py"
PUBLISH_EVENT = f"{SERVICES}/lua/publish_event.lua"
BROADCASTER = f"{SERVICES}/event_broadcaster.py"
WATCHER = f"{SERVICES}/file_watcher.py"
MEDIA_FILE = f"{SERVICES}/media_file.py"
PUSH = "backend/core/lua/push.lua"
RELIABLE = "backend/core/reliable_queue.py"
ACKNOWLEDGE = "backend/core/lua/acknowledge.lua"
RESERVE = "backend/core/lua/reserve.lua"
RETURN_LOST = "backend/core/lua/return_lost.lua"
RULES = f"{SERVICES}/analyzers/rules.py"
MODEL = f"{SERVICES}/analyzers/model.py"
DETECTOR = f"{SERVICES}/detector.py"
RETRYING = "backend/core/retrying.py"


class Change(NamedTuple):
    """A text in a file below src/, and what stands there instead."""

    file: str
    old: str
    new: str


class Fault(NamedTuple):
    """What is wrong, who notices, how it is planted."""

    name: str
    notebook: str
    changes: tuple[Change, ...]


def in_redis(name: str, notebook: str, old: str, new: str) -> Fault:
    return Fault(name, notebook, (Change(REDIS, old, new),))


def in_queue(name: str, notebook: str, file: str, old: str, new: str) -> Fault:
    return Fault(name, notebook, (Change(file, old, new),))


def in_pipeline(name: str, file: str, old: str, new: str) -> Fault:
    return Fault(name, PIPELINE, (Change(file, old, new),))


FAULTS = (
    # ---- health ----------------------------------------------------------------------------------
    in_redis(
        "health_check always says healthy",
        HEALTH,
        'return {"status": "unhealthy", "connected": False, "error": str(error)}',
        'return {"status": "healthy", "connected": True, "redis_version": "7.2.4"}',
    ),
    in_redis(
        "health_check raises instead of answering",
        HEALTH,
        'return {"status": "unhealthy", "connected": False, "error": str(error)}',
        "raise",
    ),
    in_redis(
        "health_check answers before connect()",
        HEALTH,
        "        self._connected()\n        try:",
        "        try:",
    ),
    in_redis(
        "health_check gives no version",
        HEALTH,
        '"connected": True, "redis_version": version}',
        '"connected": True}',
    ),
    in_redis(
        "a server that hangs is never noticed",
        HEALTH,
        "with self._deadlines.within(seconds):",
        "with self._deadlines.within(3600):",
    ),
    in_redis(
        "connect() does not ask the server",
        HEALTH,
        "await self._retrying(\n                lambda: self._within("
        'self._timeout, "PING", redis.execute_command("PING"))\n            )',
        "pass",
    ),
    Fault(
        "connect() tries only once",
        HEALTH,
        (Change(RETRYING, "self._attempts = attempts", "self._attempts = 1"),),
    ),
    in_redis(
        "a call before connect() fails without advice",
        HEALTH,
        '"Redis client not connected: call `await client.connect()` first, "',
        '"No client: "',
    ),
    # ---- queue -----------------------------------------------------------------------------------
    in_redis(
        "the queue is a stack: pushed in front",
        QUEUE,
        '"RPUSH", self.full_name(queue_name), encode_item',
        '"LPUSH", self.full_name(queue_name), encode_item',
    ),
    in_redis(
        "the queue is a stack: popped from the end",
        QUEUE,
        '"BLPOP", ',
        '"BRPOP", ',
    ),
    in_redis(
        "add_to_queue returns the length before the push",
        QUEUE,
        "encode_item(data))",
        "encode_item(data)) - 1",
    ),
    in_redis(
        "add_to_queue adds everything twice",
        QUEUE,
        "encode_item(data))",
        "encode_item(data), encode_item(data))",
    ),
    in_redis(
        "get_from_queue leaves the JSON as text",
        QUEUE,
        "return decode(reply[1])",
        "return reply[1].decode()",
    ),
    in_redis(
        "get_from_queue ignores the timeout",
        QUEUE,
        "wait = min(LONGEST_BLOCK, timeout or LONGEST_BLOCK)",
        "ends, wait = 0, LONGEST_BLOCK",
    ),
    in_redis(
        "get_from_queue waits 5 s at least",
        QUEUE,
        "wait = min(LONGEST_BLOCK, timeout or LONGEST_BLOCK)",
        "wait = max(5, timeout)",
    ),
    in_redis(
        "get_from_queue does not wait",
        QUEUE,
        "wait = min(LONGEST_BLOCK, timeout or LONGEST_BLOCK)",
        "ends, wait = 0, 0.01",
    ),
    in_redis(
        "get_queue_length counts one too many",
        QUEUE,
        '"LLEN", self.full_name(queue_name), repeat=True)',
        '"LLEN", self.full_name(queue_name), repeat=True) + 1',
    ),
    in_redis(
        "peek_queue removes what it shows",
        QUEUE,
        '"LRANGE", self.full_name(queue_name), start, end, repeat=True',
        '"LPOP", self.full_name(queue_name), end - start + 1',
    ),
    in_redis(
        "peek_queue leaves out the last one",
        QUEUE,
        "(queue_name), start, end, repeat=True",
        "(queue_name), start, end - 1, repeat=True",
    ),
    in_redis(
        "peek_queue leaves out the first one",
        QUEUE,
        "(queue_name), start, end, repeat=True",
        "(queue_name), start + 1, end, repeat=True",
    ),
    in_redis(
        "clear_queue does nothing",
        QUEUE,
        "return await self.delete(queue_name) == 1",
        "return False",
    ),
    in_redis(
        "clear_queue says that there was one",
        QUEUE,
        "return await self.delete(queue_name) == 1",
        "return await self.delete(queue_name) is not None",
    ),
    # ---- cache -----------------------------------------------------------------------------------
    in_redis(
        "set() sets no TTL",
        CACHE,
        'ttl = () if expire is None else ("EX", expire)',
        "ttl = ()",
    ),
    in_redis(
        "set() takes the TTL for milliseconds",
        CACHE,
        'else ("EX", expire)',
        'else ("PX", expire)',
    ),
    in_redis(
        "set() without a TTL keeps the one before",
        CACHE,
        "ttl = () if expire is None",
        'ttl = ("KEEPTTL",) if expire is None',
    ),
    in_redis(
        "set() stores under another name",
        CACHE,
        '"SET", self.full_name(key), ',
        '"SET", self.full_name(key) + "s", ',
    ),
    in_redis(
        "get() of an absent key returns {}",
        CACHE,
        "return None if stored is None else decode(stored)",
        "return {} if stored is None else decode(stored)",
    ),
    in_redis(
        "get() leaves the JSON as text",
        CACHE,
        "return None if stored is None else decode(stored)",
        "return None if stored is None else stored.decode()",
    ),
    in_redis(
        "exists() always says 1",
        CACHE,
        '"EXISTS", *map(self.full_name, keys), repeat=True)',
        '"PING", repeat=True) and 1',
    ),
    in_redis(
        "delete() does nothing",
        CACHE,
        '"DEL", *map(self.full_name, keys))',
        '"EXISTS", *map(self.full_name, keys))',
    ),
    in_redis(
        "delete() removes only the first key",
        CACHE,
        '"DEL", *map(self.full_name, keys))',
        '"DEL", *map(self.full_name, keys[:1]))',
    ),
    Fault(
        "strings come back as numbers",
        CACHE,
        (
            Change(
                ENCODING,
                "return _TO_JSON.encode(value)",
                "return value.encode() if isinstance(value, str) else _TO_JSON.encode(value)",
            ),
        ),
    ),
    Fault(
        "JSON changes values in silence",
        "00_start_here",
        (
            Change(ENCODING, "raise TypeError(problem)", "break"),
            Change(ENCODING, "enc_hook=_bare", "enc_hook=str"),
        ),
    ),
    # ---- pub/sub ---------------------------------------------------------------------------------
    in_redis(
        "publish() sends to another channel",
        PUBSUB,
        '"PUBLISH", self.full_name(channel), encode(message)',
        '"PUBLISH", self.full_name(channel) + "s", encode(message)',
    ),
    in_redis(
        "publish() always says that one was reached",
        PUBSUB,
        "encode(message))",
        "encode(message)) and 1",
    ),
    Fault(
        "subscribe() returns before the confirmation",
        PUBSUB,
        (
            Change(
                SUBSCRIPTION,
                "await self._pubsub.subscribe(*self._full_names(self.channels))",
                "self._later = asyncio.create_task("
                "self._pubsub.subscribe(*self._full_names(self.channels)))",
            ),
            Change(SUBSCRIPTION, "for _ in self.channels:", "for _ in []:"),
        ),
    ),
    Fault(
        "listen() shows the confirmations",
        PUBSUB,
        (
            Change(SUBSCRIPTION, "for _ in self.channels:", "for _ in []:"),
            Change(SUBSCRIPTION, 'message["type"] == "message"', 'message["type"] != "pong"'),
            Change(
                SUBSCRIPTION,
                '"data": decode(message["data"])',
                '"data": decode(str(message["data"]).encode())',
            ),
        ),
    ),
    Fault(
        "listen() gives the full name of the channel",
        PUBSUB,
        (Change(SUBSCRIPTION, '"channel": channel,', '"channel": self._namespace + channel,'),),
    ),
    Fault(
        "two can listen to one subscription",
        PUBSUB,
        (Change(SUBSCRIPTION, "if self._reading and not self._reading.done():", "if False:"),),
    ),
    in_redis(
        "unsubscribe() does nothing",
        PUBSUB,
        "await subscription.leave(channels or tuple(subscription.channels))",
        "continue",
    ),
    in_redis(
        "unsubscribe() leaves all channels",
        PUBSUB,
        "channels or tuple(subscription.channels)",
        "tuple(subscription.channels)",
    ),
    # ---- names -----------------------------------------------------------------------------------
    in_redis("the namespace is dropped", PUBSUB, "return self.namespace + name", "return name"),
    in_redis(
        "the namespace is doubled",
        PUBSUB,
        "return self.namespace + name",
        "return 2 * self.namespace + name",
    ),
    # ---- the push with a limit -------------------------------------------------------------------
    in_queue(
        "a full queue takes what it should reject",
        QUEUE,
        PUSH,
        "if too_many > 0 and policy == 'reject' then",
        "if false then",
    ),
    in_queue(
        "the oldest job is dropped where it should be a dead letter",
        QUEUE,
        PUSH,
        "    if policy == 'dlq' then\n",
        "    if false then\n",
    ),
    in_queue(
        "a full queue grows by one",
        QUEUE,
        PUSH,
        "math.max(length + 1 - max_size, 0)",
        "math.max(length - max_size, 0)",
    ),
    in_queue(
        "the warning comes when the queue is full",
        QUEUE,
        "backend/core/push.py",
        "PRESSURE_THRESHOLD = 0.8",
        "PRESSURE_THRESHOLD = 1.0",
    ),
    in_queue(
        "a push that is sent again is not known again",
        REDIS_FAILS,
        PUSH,
        "redis.call('SET', dedupe, this_call .. ' ' .. too_many, 'EX', expire)",
        "redis.call('EXISTS', dedupe)",
    ),
    in_redis(
        "a read is sent once",
        REDIS_FAILS,
        '"GET", self.full_name(key), repeat=True)',
        '"GET", self.full_name(key))',
    ),
    # ---- the reliable queue ----------------------------------------------------------------------
    in_queue(
        "an acknowledged job stays in hand",
        LOSE_NOTHING,
        ACKNOWLEDGE,
        "redis.call('LPOP', processing, 2)",
        "redis.call('LRANGE', processing, 0, 1)",
    ),
    in_queue(
        "who comes too late is not told",
        LOSE_NOTHING,
        ACKNOWLEDGE,
        "end\nreturn 0",
        "end\nreturn 1",
    ),
    in_queue(
        "what the dead had in hand stays there",
        LOSE_NOTHING,
        RETURN_LOST,
        "elseif left == -2 then",
        "elseif false then",
    ),
    in_queue(
        "a job that fails is given up at once",
        LOSE_NOTHING,
        RELIABLE,
        '"give up" if job.attempt >= self._max_attempts else "retry"',
        '"give up"',
    ),
    in_queue(
        "a dead letter counts one attempt too few",
        LOSE_NOTHING,
        RELIABLE,
        "attempt_count=min(job.attempt, self._max_attempts)",
        "attempt_count=min(job.attempt, self._max_attempts) - 1",
    ),
    in_queue(
        "a dead letter does not say why",
        LOSE_NOTHING,
        RELIABLE,
        'error=text.encode(errors="backslashreplace").decode()',
        'error=""',
    ),
    in_queue(
        "bad times are taken for a bad job",
        REDIS_FAILS,
        RELIABLE,
        "if _ends_from_outside(error) or is_unavailable(error):",
        "if _ends_from_outside(error):",
    ),
    in_queue(
        "nothing can be taken when the memory is full",
        REDIS_FAILS,
        RESERVE,
        "#!lua flags=allow-oom",
        "#!lua",
    ),
    in_queue(
        "a lost answer to a take is asked for once",
        REDIS_FAILS,
        RELIABLE,
        "self.consumer, *arguments, repeat=True)",
        "self.consumer, *arguments)",
    ),
    in_queue(
        "a job that is cancelled is counted as failed",
        LOSE_NOTHING,
        "backend/core/lua/give_back.lua",
        "ARGV[3] == 'counts')",
        "true)",
    ),
    # ---- the file watcher ------------------------------------------------------------------------
    in_pipeline(
        "the same content is queued twice",
        PUSH,
        "local known = dedupe and",
        "local known = false and",
    ),
    in_pipeline(
        "the content is known for an hour",
        WATCHER,
        "DEDUPE_TTL = 300",
        "DEDUPE_TTL = 3600",
    ),
    in_pipeline(
        "a camera that sends is offline",
        WATCHER,
        '"status": "online",',
        '"status": "offline",',
    ),
    in_pipeline(
        "a camera's status stays for ever",
        WATCHER,
        "status, expire=STATUS_TTL)",
        "status)",
    ),
    in_pipeline(
        "a job has no hash",
        WATCHER,
        '            "file_hash": file.sha256,\n',
        "",
    ),
    in_pipeline(
        "a job says when it was queued, not when its file was written",
        MEDIA_FILE,
        "datetime.fromtimestamp(found.st_mtime, UTC)",
        "datetime.now(UTC)",
    ),
    in_pipeline(
        "a file that finds the queue full is forgotten",
        WATCHER,
        "await self._wait_for_room(added.error)",
        "break",
    ),
    # ---- the detector's worker -------------------------------------------------------------------
    in_pipeline(
        "the worker looks and hands nothing over",
        DETECTOR,
        "await self._aggregator.add_detection(record)",
        "pass",
    ),
    in_pipeline(
        "detections are kept without their box",
        DETECTOR,
        '"box": list(detection.box),',
        '"box": [],',
    ),
    in_pipeline(
        "a detection has the time of its analysis",
        DETECTOR,
        '"timestamp": job.timestamp.isoformat(),',
        '"timestamp": datetime.now(job.timestamp.tzinfo).isoformat(),',
    ),
    in_pipeline(
        "a detection has the name of another camera",
        DETECTOR,
        '"camera_id": job.camera_id,',
        '"camera_id": "garden",',
    ),
    in_pipeline(
        "the worker does each job twice",
        DETECTOR,
        "ids = []\n        for",
        "ids = []\n        self.record(str(job.file_path), started)\n        for",
    ),
    # ---- the batch aggregator --------------------------------------------------------------------
    in_pipeline(
        "a batch closes after its silence, not when it is reached",
        CLOSE_DUE,
        "'-inf', now)",
        "'-inf', '(' .. now)",
    ),
    in_pipeline(
        "the window is never reached",
        ADD_DETECTION,
        "if tonumber(ends_idle) < tonumber(ends) then",
        "if true then",
    ),
    in_pipeline(
        "silence ends no batch",
        ADD_DETECTION,
        "if tonumber(ends_idle) < tonumber(ends) then",
        "if false then",
    ),
    in_pipeline(
        "the fast path is at the end of the queue",
        ADD_DETECTION,
        "'LPUSH', queue",
        "'RPUSH', queue",
    ),
    in_pipeline(
        "the fast path begins above its edge",
        AGGREGATOR,
        'detection["confidence"] >= FAST',
        'detection["confidence"] > FAST',
    ),
    in_pipeline(
        "a detection that comes twice is added twice",
        ADD_DETECTION,
        "if redis.call('EXISTS', detection) == 1 then",
        "if false then",
    ),
    in_pipeline(
        "a closed batch stays behind",
        BATCHES,
        "redis.call('DEL', batches .. camera .. ':current', ",
        "redis.call('DEL', ",
    ),
    in_pipeline(
        "a batch has only its first detection",
        BATCHES,
        "'LRANGE', of_batch .. ':detections', 0, -1)",
        "'LRANGE', of_batch .. ':detections', 0, 0)",
    ),
    in_pipeline(
        "a closed batch is not handed over",
        BATCHES,
        "if #ids > 0 then",
        "if false then",
    ),
    # ---- the analyzer ----------------------------------------------------------------------------
    in_pipeline(
        "high begins at 61",
        ANALYZER,
        "score >= 60",
        "score > 60",
    ),
    in_pipeline(
        "medium begins at 31",
        ANALYZER,
        "score >= 30",
        "score > 30",
    ),
    in_pipeline(
        "critical begins at 86",
        ANALYZER,
        "score >= 85",
        "score > 85",
    ),
    in_pipeline(
        "a night ends at 7 o'clock",
        RULES,
        "DAY = range(6, 22)",
        "DAY = range(7, 22)",
    ),
    in_pipeline(
        "only the first detection of a batch is analysed",
        ANALYZER,
        "await self._detections(job.detection_ids)",
        "await self._detections(job.detection_ids[:1])",
    ),
    in_pipeline(
        "any score of the model is taken",
        MODEL,
        "0 <= number <= 100",
        "True",
    ),
    in_pipeline(
        "a model that does not answer means no risk",
        MODEL,
        "FALLBACK_SCORE = 50",
        "FALLBACK_SCORE = 0",
    ),
    # ---- events and browsers ---------------------------------------------------------------------
    in_pipeline(
        "a batch that is done twice has two events",
        PUBLISH_EVENT,
        "if id then return id end",
        "",
    ),
    in_pipeline(
        "the records of detections stay for ever",
        PUBLISH_EVENT,
        "redis.call('EXPIRE', KEYS[place], ttl)",
        "",
    ),
    in_pipeline(
        "an event is kept and not published",
        PUBLISH_EVENT,
        "redis.call('PUBLISH', channel, message)",
        "",
    ),
    in_pipeline(
        "the oldest event comes first",
        PUBLISH_EVENT,
        "'LPUSH', recent",
        "'RPUSH', recent",
    ),
    in_pipeline(
        "the list of events grows for ever",
        PUBLISH_EVENT,
        "redis.call('LTRIM', recent, 0, most - 1)",
        "",
    ),
    in_pipeline(
        "a late browser gets nothing",
        BROADCASTER,
        "for message in self._events.values():",
        "for message in ():",
    ),
    in_pipeline(
        "a gap is not made up for",
        BROADCASTER,
        'if message["type"] == "gap":\n                    await self._catch_up(client)',
        'if message["type"] == "gap":\n                    pass',
    ),
    in_pipeline(
        "a browser that takes nothing is kept",
        BROADCASTER,
        "self.too_slow.set()",
        "pass",
    ),
)
