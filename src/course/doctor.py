"""`python -m course doctor`: is everything there that the lessons need? One line for each thing.

Every line begins with `ok`, `warn` (the lessons run, but read this) or `FAIL`, and says what to do.
At its top, this file imports only what every Python has: the doctor must run where packages are
missing.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import statistics
import sys
import time
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Iterator, NamedTuple  # noqa: UP035 - older Pythons

if TYPE_CHECKING:
    import redis

REQUIREMENTS = Path(__file__).parents[2] / "requirements.txt"
SLOW_ROUND_TRIP = 50.0
"""Milliseconds; with slower round trips the lessons show other pictures than they describe."""


class Finding(NamedTuple):
    """One line of the report."""

    mark: str
    """`ok`, `warn` or `FAIL`."""
    subject: str
    says: str

    def __str__(self) -> str:
        return f"{self.mark:<4}  {self.subject}: {self.says}"


def main() -> int:
    """Print one line for each thing that was looked at; return 1 if one of them failed, else 0."""
    failures = 0
    for finding in findings():
        print(finding, flush=True)
        failures += finding.mark == "FAIL"
    print(f"\n{failures} FAIL: the lessons cannot run." if failures else "\nThe lessons can run.")
    return 1 if failures else 0


def findings() -> Iterator[Finding]:
    """Look at one thing after the other; what stands on something that failed is left out."""
    yield python_version()
    if sys.version_info < (3, 11):  # noqa: UP036 - this is where an older Python is told so
        return
    yield packages()
    try:
        import private_redis
        from backend.core.diagnosis import describe
        from course import session
    except ImportError as error:
        yield Finding("FAIL", "Redis", f"not tried, since {error.name} is missing. Run `make lab`.")
        return

    url = os.environ.get("REDIS_URL")
    yield server_program(needed=not url)
    with contextlib.ExitStack() as cleanup:
        try:
            if url:
                session.check(url)
                where = f"the server that REDIS_URL names ({describe(url)}) answers"
            else:
                url = cleanup.enter_context(private_redis.PrivateServer()).url
                where = "a private server starts and answers"
        except private_redis.RedisUnavailable as error:
            yield Finding("FAIL", "Redis", str(error))
            return
        yield Finding("ok", "Redis", where)
        client = cleanup.enter_context(private_redis.client_without_retries(url, timeout=5.0))
        yield from server_findings(client)


def python_version() -> Finding:
    """Is this Python new enough?"""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < (3, 11):  # noqa: UP036
        remedy = "Install one, then `make lab PYTHON=/path/to/python3.12`."
        return Finding("FAIL", "Python", f"{version}, but 3.11 or newer is needed. {remedy}")
    if sys.version_info >= (3, 14):
        return Finding("warn", "Python", f"{version}; nest-asyncio suits 3.11 to 3.13 only.")
    return Finding("ok", "Python", version)


def packages(requirements: Path = REQUIREMENTS) -> Finding:
    """Is every package here, at the version that requirements.txt pins?"""
    try:
        from packaging.requirements import Requirement
    except ImportError:
        return Finding("FAIL", "packages", "the package packaging is missing. Run `make lab`.")
    if requirements.exists():
        source = requirements.name
        lines = requirements.read_text(encoding="utf-8").splitlines()
    else:
        source = "the course"
        try:
            lines = metadata.requires("home-security-redis-course") or []
        except metadata.PackageNotFoundError:
            return Finding("FAIL", "packages", "the course is not installed. Run `make lab`.")

    wanted = [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
    wanted = [one for one in wanted if one.marker is None or one.marker.evaluate()]
    wrong = []
    for one in wanted:
        try:
            found = metadata.version(one.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{one.name} is missing")
        else:
            if not one.specifier.contains(found, prereleases=True):
                wrong.append(f"{one.name} is {found}, not {one.specifier}")
    if wrong:
        shown = "; ".join(wrong[:5]) + ("; …" if len(wrong) > 5 else "")
        says = f"{len(wrong)} of the {len(wanted)} of {source} differ: {shown}. Run `make lab`."
        return Finding("FAIL", "packages", says)
    return Finding("ok", "packages", f"all {len(wanted)} of {source}")


def server_program(*, needed: bool) -> Finding:
    """Is there a server program to start? With REDIS_URL set, few lessons need it."""
    import private_redis as server

    try:
        program = server.find_server()
    except server.RedisUnavailable as error:
        return Finding("FAIL" if needed else "warn", "server program", str(error))
    version = ".".join(map(str, server.server_version(program)))
    return Finding("ok", "server program", f"{program}, version {version}")


def server_findings(client: redis.Redis) -> Iterator[Finding]:
    """Look at the server that answers; a check that breaks off is a finding too."""
    import redis

    checks: dict[str, Callable[[redis.Redis], Finding]] = {
        "server version": server_version,
        "round trip": round_trip,
        "memory policy": memory_policy,
        "permissions": permissions,
    }
    for subject, check in checks.items():
        try:
            yield check(client)
        except redis.exceptions.NoPermissionError:
            remedy = "The person who runs the server can tell you, or allow INFO."
            yield Finding("warn", subject, f"this user may not ask. {remedy}")
        except (redis.RedisError, OSError) as error:
            remedy = "Check the server, then run this again."
            yield Finding("FAIL", subject, f"the server went away ({error}). {remedy}")


def server_version(client: redis.Redis) -> Finding:
    """Does the server have every command that the lessons use?"""
    import redis

    from private_redis import OLDEST_SERVER

    try:
        version = str(client.info("server").get("redis_version", "0"))
    except redis.exceptions.NoPermissionError:
        says = "this user may not ask (INFO). Lessons 01 and 04 will show it as unknown, so their "
        return Finding("warn", "server version", says + "outputs differ from the stored ones.")
    oldest = ".".join(map(str, OLDEST_SERVER))
    if tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) < OLDEST_SERVER:
        says = f"{version} is older than {oldest}: some cells will show other results."
        return Finding("warn", "server version", says)
    return Finding("ok", "server version", f"Redis {version}, or compatible with it")


def round_trip(client: redis.Redis) -> Finding:
    """How long does the server take to answer? The median of 20 PINGs."""
    times = []
    for _ in range(20):
        started = time.perf_counter()
        client.ping()
        times.append((time.perf_counter() - started) * 1000)
    median = statistics.median(times)
    if median > SLOW_ROUND_TRIP:
        remedy = "Use a server that is nearer, or unset REDIS_URL."
        return Finding("warn", "round trip", f"{median:.0f} ms is slow. {remedy}")
    return Finding("ok", "round trip", f"{median:.2f} ms")


def memory_policy(client: redis.Redis) -> Finding:
    """What does the server do when its memory is full? It must not drop queued items."""
    policy = client.info("memory").get("maxmemory_policy", "unknown")  # INFO: needs no CONFIG
    if policy == "noeviction":
        return Finding("ok", "memory policy", "noeviction: when full, it refuses and drops nothing")
    remedy = "For queues, set maxmemory-policy to noeviction."
    return Finding("warn", "memory policy", f"{policy}: when full, it may drop keys. {remedy}")


def permissions(client: redis.Redis) -> Finding:
    """May we use the commands of the lessons? Each is tried under a namespace of its own."""
    import redis

    ours = secrets.token_hex(4)
    namespace, example = f"course:{ours}:", f"example:{ours}:doctor"
    channel = f"{namespace}doctor"
    tries: dict[str, Callable[[], object]] = {
        command[0]: partial(client.execute_command, *command) for command in commands(namespace)
    }
    tries |= {
        "SUBSCRIBE": lambda: _pubsub(client, "SUBSCRIBE", channel),
        "UNSUBSCRIBE": lambda: _pubsub(client, "UNSUBSCRIBE", channel),
        "MONITOR": lambda: _monitor(client),
        "example:": lambda: (client.publish(example, "message"), client.delete(example)),
    }
    spoils = {
        "MONITOR": "The cells that watch commands on the wire will fail. ",
        "example:": "The example script, which lesson 04 runs too, will fail. ",
    }
    refused: dict[str, str] = {}
    for command, attempt in tries.items():
        if command == "example:" and refused.keys() - spoils.keys():
            continue  # what is refused everywhere has been named
        try:
            attempt()
        except redis.ResponseError as error:
            refused[command] = str(error)
    if not refused:
        return Finding("ok", "permissions", "every command that the lessons use is allowed")
    says = f"{', '.join(refused)} refused; the server says: {next(iter(refused.values()))}. "
    if refused.keys() <= spoils.keys():
        says += "".join(spoils[what] for what in refused)
        return Finding("warn", "permissions", says + "The rest will work.")
    says += "Ask for these commands on keys and channels that begin with course: or example:, "
    return Finding("FAIL", "permissions", says + "or use another server.")


def commands(namespace: str) -> list[list[str]]:
    """Return what the lessons send, the client's scripts included; nothing is left afterwards.

    The scripts run as the user who sends them, so what they use has to be allowed as well.
    """
    queue, text, number, fields, members, scores = (
        f"{namespace}{key}" for key in ("list", "text", "number", "hash", "set", "zset")
    )
    lines = f"""
        RPUSH {queue} item item item
        LPUSH {queue} item
        LLEN {queue}
        LRANGE {queue} 0 -1
        LINDEX {queue} 0
        LPOS {queue} item
        LMOVE {queue} {queue} LEFT RIGHT
        BLMOVE {queue} {queue} LEFT LEFT 0.1
        LREM {queue} 1 item
        LTRIM {queue} 0 99
        LPOP {queue}
        BLPOP {queue} 0.1
        SET {text} value EX 10
        GET {text}
        MGET {text} {number}
        INCR {number}
        EXISTS {text}
        TYPE {text}
        EXPIRE {text} 10
        PEXPIRE {text} 10000
        TTL {text}
        PTTL {text}
        HSETNX {fields} field 1
        HINCRBY {fields} field 1
        HGET {fields} field
        HDEL {fields} field
        SADD {members} member
        SMEMBERS {members}
        ZADD {scores} 1 member
        ZSCORE {scores} member
        ZRANGEBYSCORE {scores} -inf 1
        ZCARD {scores}
        ZRANGE {scores} 0 -1
        ZREM {scores} member
        SCRIPT LOAD return(1)
        EVALSHA 930269f31393d0be681588b6ab08dccee7d6bb67 1 {text}
        TIME
        ECHO hello
        PUBLISH {namespace}doctor message
        PUBSUB CHANNELS {namespace}*
        SCAN 0 MATCH {namespace}*
        UNLINK {queue} {fields} {members}
        DEL {text} {number} {scores}
    """
    return [line.split() for line in lines.strip().splitlines()]


def _pubsub(client: redis.Redis, command: str, channel: str) -> None:
    with client.pubsub() as subscription:
        subscription.execute_command(command, channel)
        subscription.parse_response(block=False, timeout=5)  # the confirmation, or the refusal


def _monitor(client: redis.Redis) -> None:
    with client.monitor():
        pass
