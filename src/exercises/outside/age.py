"""Say how old the job at the front of the queue is."""

import os
import time
from datetime import UTC, datetime, timedelta, timezone

from exercises.bench import Bench, NotYet, expect

QUEUE = "detection_queue"
INDIA = timezone(timedelta(hours=5.5))
UNITS = 1 / 3600, 1 / 60, 1000
DAY, QUARTER = 86_400, 900
JOBS = (3 * DAY + 60, UTC, "+00:00"), (90, UTC, "Z"), (600, INDIA, "+05:30")
"""The age of a job in seconds, its camera's zone, and how that zone is written."""
OLDER = 5000
"""Seconds that the second job is older than the first: its camera was offline for a while."""
RAISED = {"offset-naive": "NAIVE", "does not match": "FORMAT", "unconverted": "FORMAT"}
JOB = {
    "camera_id": "front_door",
    "file_path": "/export/foscam/front_door/0001.jpg",
    "media_type": "image",
    "file_hash": "5f" * 32,
}


async def check(bench: Bench) -> None:
    """Ask for the age of jobs from several zones, of a long queue, and of an empty one."""
    os.environ["TZ"] = "Asia/Kathmandu"  # here, a moment without its zone is hours off
    time.tzset()
    earlier: list[datetime] = []
    for age, zone, ending in JOBS:
        taken = datetime.now(UTC) - timedelta(seconds=age)
        precision = "seconds" if ending == "Z" else "auto"  # ISO 8601 has both
        written = taken.astimezone(zone).isoformat(timespec=precision).replace("+00:00", ending)
        later = [taken + timedelta(seconds=number) for number in (-OLDER, *range(1, 49))]
        times = [written, *(each.isoformat() for each in later)]
        await bench.redis.clear()
        await bench.redis.add(QUEUE, *({**JOB, "timestamp": each} for each in times))
        await _ask(bench, taken, earlier, f"50 jobs wait, the first from {written}")
        earlier.append(taken)
    await bench.redis.clear()
    expect(await bench.ask(when="no job waits", raised="EMPTY_RAISES", within=2.0), None, "EMPTY")

    async def is_taken() -> None:
        await bench.redis.delete(QUEUE)

    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    await bench.redis.add(QUEUE, {**JOB, "timestamp": an_hour_ago.isoformat()})
    when = "a detector takes the only job, an hour old, after your first command"
    age = await bench.ask(when=when, between=is_taken, raised="EMPTY_RAISES")
    if age is not None and not 3599 < age < 3700:
        raise NotYet("EMPTY", expected="None, or about 3600", came=f"{age}")


async def _ask(bench: Bench, taken: datetime, earlier: list[datetime], when: str) -> None:
    right = (datetime.now(UTC) - taken).total_seconds()
    age = await bench.ask(when=when, watch=True, raised=RAISED)
    latest = (datetime.now(UTC) - taken).total_seconds()
    bench.watch.nothing_changed("CHANGED")
    expected = f"about {right:.0f}"
    if isinstance(age, bool) or not isinstance(age, int | float):
        raise NotYet("NO_NUMBER", expected=expected, came=repr(age))
    if not right - 1 <= age <= latest + 1:  # whole seconds are good enough
        off = abs(age - right)
        before = [age - right + (each - taken).total_seconds() for each in earlier]
        mistakes = {
            "NEGATIVE": abs(age + right) < 2,
            "REMEMBERED": any(abs(each) < 20 for each in before),
            "NEWEST": abs(off - 48) < 2,
            "OLDEST": abs(off - OLDER) < 2,
            "DAYS": abs(age - right % DAY) < 2,
            "UNIT": any(abs(age / right - by) < 0.1 * by for by in UNITS),
            "ZONE": abs(off - QUARTER * round(off / QUARTER)) < 2,
            "OTHER": True,
        }
        raise NotYet(mistakes, expected=expected, came=f"{age:g}")
    for name, *words in bench.client.commands:
        if name.upper() == "LRANGE":
            _, first, last = words
            shown = f"those from {first} to {last}"
            expect(last, first, "WHOLE_QUEUE", expected="one job read", shown=shown)
