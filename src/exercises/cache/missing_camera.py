"""A cache-aside read that survives a camera that does not answer."""

import asyncio
from typing import Any

from exercises.bench import Bench
from exercises.verdict import Mistake, NotYet, expect

UNKNOWN = {"status": "unknown"}


class Camera:
    """What an answer asks; it counts."""

    def __init__(self, name: str, status: dict[str, Any] | None) -> None:
        self.name, self.key = name, f"camera:{name}:status"
        self.status = status
        """None: the camera does not answer."""
        self.asked: list[str] = []

    async def __call__(self, camera_id: str) -> dict[str, Any]:
        """Answer, or not."""
        self.asked.append(camera_id)
        await asyncio.sleep(0.01)
        if self.status is None:
            raise TimeoutError("the camera does not answer")
        return dict(self.status)


async def check(bench: Bench) -> None:
    """Read from cameras that answer, from the cache, and from one that is silent for a while."""
    roof = Camera("roof", {"status": "online", "battery": 81})
    await _answers(bench, roof, "the camera answers")
    porch = Camera("porch", {"status": "offline"})
    await _answers(bench, porch, "another camera answers")
    await _is_in_the_cache(bench, Camera("attic", {"status": "offline"}))
    garage = Camera("garage", None)
    await _twice(bench, garage, UNKNOWN, 10, "the camera does not answer", SILENT)
    await bench.redis.delete(garage.key, roof.key)  # as if their time was over
    garage.status, garage.asked = {"status": "online", "battery": 5}, []
    await _answers(bench, garage, "it answers again, 10 seconds later", "REMEMBERED")
    roof.status, roof.asked = {"status": "offline", "battery": 3}, []
    await _answers(bench, roof, "the 300 seconds of another camera are over", "REMEMBERED")


ANSWERS = ("NOT_RETURNED", "NOT_STORED", {"NO_TTL": lambda left: left == -1, "WRONG_TTL": True})
SILENT = (
    {
        "NULL": lambda it: it[0] is None,
        "OTHER_WORD": lambda it: it[0] != UNKNOWN,
        "NOT_ASKED": True,
    },
    "ASKED_AGAIN",
    {"UNKNOWN_TOO_SHORT": lambda left: 0 < left <= 10, "UNKNOWN_TOO_LONG": True},
)
"""What is wrong with the first read, with the second, and with the time to live."""


async def _answers(bench: Bench, camera: Camera, when: str, not_asked: str = "NOT_ASKED") -> None:
    await _twice(bench, camera, camera.status, 300, when, ANSWERS, not_asked)


async def _twice(
    bench: Bench,
    camera: Camera,
    right: Any,
    seconds: int,
    when: str,
    mistakes: tuple[Mistake, str, Mistake],
    not_asked: str = "",
) -> None:
    """Read a camera's status twice, and look at what is stored for so many seconds."""
    at_first, again, lives = mistakes
    first = await _read(bench, camera, when)
    since, expected = bench.started, f"{right}, asked once"
    if not_asked and not camera.asked:
        raise NotYet(not_asked, expected=expected, came=f"{first!r}, not asked")
    came = [first, len(camera.asked)]
    expect(came, [right, 1], at_first, expected=expected, shown=f"{first!r}, asked {came[1]} times")
    second = await _read(bench, camera, f"{when}, and it is read once more")
    came = [second, len(camera.asked)]
    shown = f"{second!r}, asked {came[1]} times"
    mistake = {again: came[1] > 1, "OTHER_PLACE": True}
    expect(came, [right, 1], mistake, expected=f"{right} again, asked once in all", shown=shown)
    stored = await bench.redis.get(camera.key)
    expect(stored, right, "OTHER_PLACE", expected=f"{right} under `{camera.key}`")
    await bench.redis.lives(camera.key, seconds, lives, since=since)


async def _read(bench: Bench, camera: Camera, when: str) -> Any:
    """Call the answer, and watch the key that it makes after each command."""
    before, raised = [*camera.asked], {TimeoutError: "ESCAPES"}
    came = await bench.ask(camera.name, camera, when=when, watch=True, raised=raised)
    if camera.asked not in ([], [camera.name], [*before, camera.name]):
        expected = f"`{camera.name}` is asked once"
        raise NotYet("OTHER_ID", expected=expected, came=f"{camera.asked}")
    if camera.key in bench.watch.endless and await bench.redis.ttl(camera.key) != -1:
        expected = "a TTL from the first moment on"
        raise NotYet("TWO_STEPS", expected=expected, came="a TTL later")
    return came


async def _is_in_the_cache(bench: Bench, camera: Camera) -> None:
    """Read what is stored already, with most of its time over."""
    kept = {"status": "online", "from": "the cache"}
    await bench.redis.set(camera.key, kept, expire=77)
    came = await _read(bench, camera, "its status is stored already")
    shown = f"{came!r}, asked {len(camera.asked)} times"
    expect(
        [came, camera.asked],
        [kept, []],
        "IGNORES_CACHE",
        expected=f"{kept}, not asked",
        shown=shown,
    )
    if bench.watch.changed:
        now = f"{await bench.redis.get(camera.key)}, {await bench.redis.ttl(camera.key)} seconds"
        raise NotYet("TOUCHED", expected=f"{kept}, 77 seconds to live, as before", came=now)
