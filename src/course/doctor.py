"""`python -m course doctor`: is everything there that the lessons need? One line for each thing.

Every line begins with `ok`, `warn` (the lessons run, but read this) or `FAIL`, and says what to do.
At its top, this file imports only what every Python has: the doctor must run where packages are
missing.
"""

from __future__ import annotations

import contextlib
import os
import re
import statistics
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Iterator, NamedTuple  # noqa: UP035 - older Pythons

if TYPE_CHECKING:
    import redis

PROJECT = Path(__file__).parents[2]
REQUIREMENTS = PROJECT / "requirements.txt"
SUPPORTED = [
    (3, int(minor))
    for minor in re.findall(
        r'"Programming Language :: Python :: 3\.(\d+)"',
        (PROJECT / "pyproject.toml").read_text(encoding="utf-8"),
    )
]
"""The supported Pythons, oldest first. No tomllib: an older Python has none."""
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
    """Look whether everything is there that the lessons need; one line for each thing.

    Return 1 if one of them failed, else 0.
    """
    failures = 0
    for finding in findings():
        print(finding, flush=True)
        failures += finding.mark == "FAIL"
    print(f"\n{failures} FAIL: the lessons cannot run." if failures else "\nThe lessons can run.")
    return 1 if failures else 0


def findings() -> Iterator[Finding]:
    """Look at one thing after the other; what stands on something that failed is left out."""
    yield python_version()
    if sys.version_info < SUPPORTED[0]:
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
        yield from server_findings(url)


def python_version() -> Finding:
    """Is this Python new enough?"""
    version = ".".join(map(str, sys.version_info[:3]))
    oldest, newest = (".".join(map(str, each)) for each in (SUPPORTED[0], SUPPORTED[-1]))
    if sys.version_info < SUPPORTED[0]:
        remedy = f"Install one, then `make lab PYTHON=/path/to/python{newest}`."
        return Finding("FAIL", "Python", f"{version}, but {oldest} or newer is needed. {remedy}")
    if sys.version_info[:2] > SUPPORTED[-1]:
        says = f"{version}; nest-asyncio suits {oldest} to {newest} only."
        return Finding("warn", "Python", says)
    return Finding("ok", "Python", version)


def packages(requirements: Path = REQUIREMENTS) -> Finding:
    """Is every package here, at the version that requirements.txt pins?"""
    try:
        from packaging.requirements import Requirement
    except ImportError:
        return Finding("FAIL", "packages", "the package packaging is missing. Run `make lab`.")
    lines = requirements.read_text(encoding="utf-8").splitlines()
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
        says = f"{len(wrong)} of the {len(wanted)} of {requirements.name} differ: {shown}."
        return Finding("FAIL", "packages", f"{says} Run `make lab`.")
    return Finding("ok", "packages", f"all {len(wanted)} of {requirements.name}")


def server_program(*, needed: bool) -> Finding:
    """Is there a server program to start? With REDIS_URL set, few lessons need it."""
    import private_redis as server

    try:
        program = server.find_server()
    except server.RedisUnavailable as error:
        return Finding("FAIL" if needed else "warn", "server program", str(error))
    version = ".".join(map(str, server.server_version(program)))
    return Finding("ok", "server program", f"{program}, version {version}")


def server_findings(url: str) -> Iterator[Finding]:
    """Look at the server that answers; a check that breaks off is a finding too."""
    import redis

    from private_redis import client_without_retries

    client = client_without_retries(url, timeout=5.0)
    checks: dict[str, Callable[[], Finding]] = {
        "server version": lambda: server_version(client),
        "round trip": lambda: round_trip(client),
        "memory policy": lambda: memory_policy(client),
        "permissions": lambda: permissions(url),
    }
    for subject, check in checks.items():
        try:
            yield check()
        except redis.exceptions.NoPermissionError:
            shown = "Lessons 01 and 04 show the server's version as unknown."
            yield Finding("warn", subject, f"this user may not ask (INFO). {shown}")
        except (redis.RedisError, OSError) as error:
            remedy = "Check the server, then run this again."
            yield Finding("FAIL", subject, f"the server went away ({error}). {remedy}")
    client.close()


def server_version(client: redis.Redis) -> Finding:
    """Does the server have every command that the lessons use?"""
    from private_redis import OLDEST_SERVER

    version = str(client.info("server").get("redis_version", "0"))
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


def permissions(url: str) -> Finding:
    """May this user do what the lessons do?"""
    from course.permissions import SPOILS, refusals

    refused = refusals(url)
    if not refused:
        return Finding("ok", "permissions", "everything that the lessons do is allowed")
    by_words: dict[str, list[str]] = {}
    for what, words in refused.items():
        by_words.setdefault(words, []).append(what)
    says = "; ".join(f"{', '.join(whats)} ({words})" for words, whats in by_words.items())
    says = f"refused: {says}. "
    if refused.keys() <= SPOILS.keys():
        says += " ".join(SPOILS[what] for what in refused)
        return Finding("warn", "permissions", f"{says} The rest will work.")
    says += "Ask for these commands on keys and channels that begin with course: or example:, "
    return Finding("FAIL", "permissions", says + "or use another server.")
