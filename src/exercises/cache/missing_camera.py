"""A cache-aside read that survives a camera that does not answer."""

import asyncio
from functools import partial
from typing import Any

from exercises.bench import Bench, Mistake, NotYet, expect

UNKNOWN = {"status": "unknown"}


class Camera:
    """What an answer asks; it counts."""

    def __init__(self, name: str, status: dict[str, Any] | None, *, takes: float = 0.01) -> None:
        self.name, self.key, self.takes = name, f"camera:{name}:status", takes
        self.status = status
        """None: the camera does not answer."""
        self.asked: list[str] = []

    async def __call__(self, camera_id: str) -> dict[str, Any]:
        """Answer, or not."""
        self.asked.append(camera_id)
        await asyncio.sleep(self.takes)
        if self.status is None:
            raise TimeoutError("the camera does not answer")
        return dict(self.status)


async def check(bench: Bench) -> None:
    """Read from cameras that answer, from the cache, and from one that is silent for a while."""
    roof = Camera("roof", {"status": "online", "battery": 81})
    await _miss(bench, roof, "the camera answers")
    porch = Camera("porch", {"status": "offline"}, takes=0.5)
    await _miss(bench, porch, "another camera answers, after half a second")
    attic, kept = Camera("attic", {"status": "offline"}), {"status": "online", "from": "the cache"}
    await bench.redis.set(attic.key, kept, expire=77)
    await _read(bench, attic, kept, 0, "its status is stored already", "IGNORES_CACHE")
    bench.watch.nothing_changed("TOUCHED")
    expires = partial(bench.redis.let_time_pass, 77)
    came = await bench.ask(attic.name, attic, when="a stored status expires", between=expires)
    if came not in (kept, attic.status):
        raise NotYet("EXPIRED", expected=f"{kept}, or what the camera says", came=f"{came}")
    garage = Camera("garage", None)
    await _miss(bench, garage, "the camera does not answer")
    await bench.redis.let_time_pass(10)
    garage.status, garage.asked = {"status": "online", "battery": 5}, []
    await _miss(bench, garage, "it answers again, 10 seconds later", "REMEMBERED")
    await bench.redis.let_time_pass(300)
    roof.status, roof.asked = {"status": "offline", "battery": 3}, []
    await _miss(bench, roof, "the 300 seconds of another camera are over", "REMEMBERED")
    async for _ in bench.interrupted("roof", roof, ways=["killed"]):  # on any connection
        await bench.redis.all_live_for_a_time("TWO_STEPS")
    await bench.ends_when_cancelled("roof", lend="ask_camera")
    expect(await bench.redis.get(roof.key), None, "STORED", expected=f"no `{roof.key}`")


async def _miss(bench: Bench, camera: Camera, when: str, not_asked: str = "NOT_ASKED") -> None:
    """Read what is not stored, then once more: the camera is asked once, and it is stored."""
    if camera.status:
        right, seconds, again = camera.status, 300, "NOT_STORED"
        at_first: Mistake = {
            not_asked: lambda it: it[1] == 0,
            "GAVE_UP": lambda it: it[0] == UNKNOWN,
            "NOT_RETURNED": True,
        }
        ttl: Mistake = {"NO_TTL": lambda left: left == -1, "WRONG_TTL": True}
    else:
        right, seconds, again = UNKNOWN, 10, "ASKED_AGAIN"
        at_first = {
            "NULL": lambda it: it[0] is None,
            "OTHER_WORD": lambda it: it[0] != UNKNOWN,
            "NOT_ASKED": True,
        }
        ttl = {"UNKNOWN_TOO_SHORT": lambda left: 0 < left <= 10, "UNKNOWN_TOO_LONG": True}
    await _read(bench, camera, right, 1, when, at_first)
    began, kept = bench.started, await bench.redis.get(camera.key) == right
    mistake = {
        "IGNORES_CACHE": kept and camera.status is not None,
        again: lambda it: it[1] > 1,
        "OTHER_PLACE": True,
    }
    await _read(bench, camera, right, 1, f"{when}, and it is read once more", mistake)
    stored = await bench.redis.get(camera.key)
    expect(stored, right, "OTHER_PLACE", expected=f"{right} under `{camera.key}`")
    await bench.redis.lives(camera.key, seconds, ttl, during=(began, bench.during[1]))


async def _read(
    bench: Bench, camera: Camera, right: Any, times: int, when: str, mistake: Mistake
) -> None:
    """Read a camera's status, which is this, and see that it was asked so many times in all."""
    before, raised = [*camera.asked], {"TimeoutError": "ESCAPES"}
    came = await bench.ask(camera.name, camera, when=when, watch=True, raised=raised)
    if camera.asked not in ([], [camera.name], [*before, camera.name]):
        expected = f"`{camera.name}` is asked once"
        raise NotYet("OTHER_ID", expected=expected, came=f"{camera.asked}")
    bench.watch.no_key_waited_for_its_ttl("TWO_STEPS")
    asked = len(camera.asked)
    expected, shown = (f"{each}, asked {n} times" for each, n in ((right, times), (came, asked)))
    expect([came, asked], [right, times], mistake, expected=expected, shown=shown)
