"""The tally of the images: what became of each, read from the parts' logs and from Redis."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from redis.exceptions import ResponseError

from backend.core.reliable_queue import contents
from course.failure_lab.tally import Tally
from drills.system import System

WROTE = re.compile(r"wrote (\d+\.jpg)$")
LOOKED_AT = re.compile(r"'(\d+\.jpg)' shows ")


async def count(system: System, written: set[str]) -> Tally:
    """Return what has become of these images: handled is what a detector has looked at."""
    looked_at = handled(system)
    try:
        places = await contents(system.client, "detection_queue")
    except ResponseError:  # something else lies under a name of the queue
        places = {place: [] for place in ("waiting", "in_hand", "retrying", "dead_lettered")}
    images = {place: names(jobs) for place, jobs in places.items()}
    return Tally.of(written, looked_at.elements(), images)


def unfinished(tally: Tally) -> int:
    """Return how many images wait, are in hand, or are to be tried again."""
    return tally.waiting + tally.in_hand + tally.retrying


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
