"""One look for each thing: `ok`, `warn` (the lessons run, but read this) or `FAIL`; what to do.

It runs where packages are missing, and on a Python that is too old, to say so: at its top, this
file imports only what every Python has.
"""

from __future__ import annotations

import contextlib
import os
import re
import statistics
import sys
import time
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Iterator, Tuple  # noqa: UP035 - older Pythons

if TYPE_CHECKING:
    import redis

PROJECT = Path(__file__).parents[2]
REQUIREMENTS = PROJECT / "requirements.txt"
_CLASSIFIER = r'"Programming Language :: Python :: 3\.(\d+)"'
_PYPROJECT = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
SUPPORTED = [(3, int(minor)) for minor in re.findall(_CLASSIFIER, _PYPROJECT)]
"""The supported Pythons, oldest first. No tomllib: an older Python has none."""
SLOW_ROUND_TRIP = 50.0
"""Milliseconds; with slower round trips the lessons show other pictures than they describe."""

FEW_FILES = 1024

Finding = Tuple[str, str]  # noqa: UP006 - older Pythons
"""A mark (`ok`, `warn` or `FAIL`), and what was found."""


def main() -> int:
    """Look whether everything is there that the lessons need; one line for each thing.

    Return 1 if one of them failed, else 0.
    """
    marks = []
    for subject, (mark, says) in findings():
        print(f"{mark:<4}  {subject}: {says}", flush=True)
        marks.append(mark)
    failures, warnings = marks.count("FAIL"), marks.count("warn")
    if failures:
        print(f"\n{failures} FAIL: the lessons cannot run.")
    else:
        print("\nThe lessons can run" + (f"; {warnings} warn: read first." if warnings else "."))
    return 1 if failures else 0


def findings() -> Iterator[tuple[str, Finding]]:
    """Look at one thing after the other; what stands on something that failed is left out."""
    yield "Python", python_version()
    if sys.version_info < SUPPORTED[0]:
        return
    yield "packages", packages()
    if found := foreign_code():
        yield "code", found
        return
    try:
        import private_redis
        from backend.core.diagnosis import describe
        from course import session
    except ImportError as error:
        yield "Redis", ("FAIL", f"not tried, since {error.name} is missing. Run `make lab`.")
        return

    from doctor.kernel import kernel

    yield "open files", open_files()
    yield "kernel", kernel()
    url = os.environ.get("REDIS_URL")
    yield "server program", server_program(needed=not url)
    with contextlib.ExitStack() as cleanup:
        try:
            if url:
                session.check(url)
                where = f"the server that REDIS_URL names ({describe(url)}) answers"
            else:
                url = cleanup.enter_context(private_redis.PrivateServer()).url
                where = "a private server starts and answers"
        except private_redis.RedisUnavailable as error:
            yield "Redis", ("FAIL", str(error))
            return
        yield "Redis", ("ok", where)
        yield from server_findings(url)


def python_version() -> Finding:
    """Is this Python new enough?"""
    version = ".".join(map(str, sys.version_info[:3]))
    oldest, newest = (".".join(map(str, each)) for each in (SUPPORTED[0], SUPPORTED[-1]))
    if sys.version_info < SUPPORTED[0]:
        remedy = f"Install one, then `make lab PYTHON=/path/to/python{newest}`."
        return "FAIL", f"{version}, but {oldest} or newer is needed. {remedy}"
    if sys.version_info[:2] > SUPPORTED[-1]:
        return "warn", f"{version}; the course knows {oldest} to {newest} only."
    return "ok", version


def foreign_code() -> Finding | None:
    """Are the course's packages those of this clone? Another `backend` may come before ours."""
    for name in ("backend", "course", "exercises", "private_redis"):
        spec = find_spec(name)
        where = spec.origin if spec else None
        if where and not Path(where).is_relative_to(PROJECT / "src"):
            remedy = "Unset PYTHONPATH, then run this again."
            return "FAIL", f"`{name}` comes from {where}, not from this clone. {remedy}"
    return None


def open_files() -> Finding:
    """How many files and connections may a program have open?"""
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit < FEW_FILES:
        remedy = f"In the shell, before `make lab`: ulimit -n {FEW_FILES}"
        return "warn", f"{limit}: some experiments may run out of them. {remedy}"
    return "ok", f"{limit} at once"


def packages(requirements: Path = REQUIREMENTS) -> Finding:
    """Is every package here, at the version that requirements.txt pins?"""
    try:
        from packaging.requirements import Requirement
    except ImportError:
        return "FAIL", "the package packaging is missing. Run `make lab`."
    lines = requirements.read_text(encoding="utf-8").splitlines()
    wanted = [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
    wanted = [one for one in wanted if one.marker is None or one.marker.evaluate()]
    wanted = [one for one in wanted if one.name != "pip"]  # people raise it; no lesson needs it
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
        differ = f"{len(wrong)} of the {len(wanted)} of {requirements.name} differ"
        return (
            "FAIL",
            f"{differ}: {shown}. Run `make lab`; if that does nothing, `make clean` first.",
        )
    return "ok", f"all {len(wanted)} of {requirements.name} that this system needs"


def server_program(*, needed: bool) -> Finding:
    """Is there a server program to start? With REDIS_URL set, few lessons need it."""
    import private_redis as server

    try:
        program = server.find_server()
    except server.RedisUnavailable as error:
        return "FAIL" if needed else "warn", str(error)
    return "ok", f"{program}, version {'.'.join(map(str, server.server_version(program)))}"


def server_findings(url: str) -> Iterator[tuple[str, Finding]]:
    """Look at the server that answers; a look that breaks off is a finding too."""
    import redis

    from private_redis import client_without_retries

    with client_without_retries(url, timeout=5.0) as client:
        for look in (server_version, round_trip, memory_policy, permissions):
            try:
                found = look(client, url)
            except redis.exceptions.NoPermissionError:
                shown = "Lessons 01 and 04 show the server's version as unknown."
                found = "warn", f"this user may not ask (INFO). {shown}"
            except (redis.RedisError, OSError) as error:
                remedy = "Check the server, then run this again."
                found = "FAIL", f"the server went away ({error}). {remedy}"
            yield look.__name__.replace("_", " "), found
            if look is server_version and found[0] == "FAIL":
                return  # the client would not connect to it


def server_version(client: redis.Redis, _url: str) -> Finding:
    """Can the server do what the lessons need? It is asked as the client asks it."""
    from backend.core.suitable import what_is_missing

    info = client.info()
    if problem := what_is_missing(info):
        return "FAIL", problem
    version = f"Redis {info.get('redis_version', 'unknown')}"
    if valkey := info.get("valkey_version"):
        return "ok", f"Valkey {valkey}, which answers as {version} does"
    return "ok", f"{version}, or compatible with it"


def round_trip(client: redis.Redis, _url: str) -> Finding:
    """How long does the server take to answer? The median of 20 PINGs."""
    times = []
    for _ in range(20):
        started = time.perf_counter()
        client.ping()
        times.append((time.perf_counter() - started) * 1000)
    median = statistics.median(times)
    if median > SLOW_ROUND_TRIP:
        return "warn", f"{median:.0f} ms is slow. Use a server that is nearer, or unset REDIS_URL."
    return "ok", f"{median:.2f} ms"


def memory_policy(client: redis.Redis, _url: str) -> Finding:
    """What does the server do when its memory is full? It must not drop queued items."""
    policy = client.info("memory").get("maxmemory_policy", "unknown")  # INFO: needs no CONFIG
    if policy == "noeviction":
        return "ok", "noeviction: when full, it refuses and drops nothing"
    remedy = "For queues, set maxmemory-policy to noeviction."
    return "warn", f"{policy}: when full, it may drop keys. {remedy}"


def permissions(_client: redis.Redis, url: str) -> Finding:
    """May this user do what the lessons do?"""
    from doctor.lessons import SPOILS, refusals

    refused = refusals(url)
    by_words = {words: [w for w in refused if refused[w] == words] for words in refused.values()}
    said = "; ".join(f"{', '.join(whats)} ({words})" for words, whats in by_words.items())
    if not refused:
        return "ok", "everything that the lessons do is allowed"
    if refused.keys() <= SPOILS.keys():
        spoilt = " ".join(SPOILS[what] for what in refused)
        return "warn", f"refused: {said}. {spoilt} The rest will work."
    remedy = "Ask for these commands on keys and channels that begin with course: or example:"
    return "FAIL", f"refused: {said}. {remedy}, or use another server."
