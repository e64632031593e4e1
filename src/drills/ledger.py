"""The account of every image: what became of it, read from the parts' logs and from Redis."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from redis.exceptions import ResponseError

from backend.core.reliable_queue import contents
from drills.system import System

WROTE = re.compile(r"wrote (\d+\.jpg)$")
LOOKED_AT = re.compile(r"'(\d+\.jpg)' shows ")


@dataclass(frozen=True)
class Account:
    """Where the images are that the cameras wrote. Each is in one place."""

    handled: int
    """A detector has looked at it."""
    waiting: int
    """It is in `detection_queue`, in hand, or to be tried again."""
    dead_lettered: int
    """It was given up."""
    missing: tuple[str, ...]
    """It is nowhere: not one of these, and no detector has looked at it."""
    twice: int
    """How many of those that were handled were handled again."""

    def __str__(self) -> str:
        total = self.handled + self.waiting + self.dead_lettered + len(self.missing)
        return (
            f"{total} images = {self.handled} handled + {self.waiting} waiting + "
            f"{self.dead_lettered} dead-lettered + {len(self.missing)} missing; "
            f"handled twice: {self.twice}"
        )


async def count(system: System, written: set[str]) -> Account:
    """Return what has become of these images."""
    looked_at = handled(system)
    try:
        places = await contents(system.client, "detection_queue")
    except ResponseError:  # something else lies under a name of the queue
        places = {}
    dead = names(places.get("dead_lettered", []))
    held = {name for place, jobs in places.items() for name in names(jobs)} - dead
    left = written - looked_at.keys()
    return Account(
        handled=len(written & looked_at.keys()),
        waiting=len(left & held),
        dead_lettered=len(left & dead),
        missing=tuple(sorted(left - held - dead)),
        twice=sum(number > 1 for number in looked_at.values()),
    )


def written(system: System) -> set[str]:
    """Return the names of the images that the cameras wrote."""
    return {found[1] for line in system.logs("camera") if (found := WROTE.search(line))}


def handled(system: System) -> Counter[str]:
    """Return how often a detector has looked at each image."""
    lines = system.logs("detector")
    return Counter(found[1] for line in lines if (found := LOOKED_AT.search(line)))


def names(jobs: list[Any]) -> set[str]:
    """Return the file names in jobs."""
    paths = (job.get("file_path") for job in jobs if isinstance(job, dict))
    return {str(path).rpartition("/")[2] for path in paths}
