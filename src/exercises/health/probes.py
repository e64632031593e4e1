"""Find the bugs in a liveness and a readiness probe."""

from enum import IntEnum
from typing import Any

from exercises.bench import Bench, NotYet, expect


async def check(bench: Bench) -> None:
    """Ask both probes while the server runs, is stopped, hangs, and runs again."""
    live, ready = bench.answers
    asked: list[Any] = []

    async def ask(state: str, right: int) -> None:
        await _probe(bench, live, state, 200, "LIVE_ALWAYS_503" if state == "runs" else "LIVE_ASKS")
        asked.extend(bench.client.commands)
        mistakes = {"runs": "READY_ALWAYS_503", "runs again": "READY_NO_MORE"}
        await _probe(bench, ready, state, right, mistakes.get(state, "READY_BLIND"))

    with await bench.server() as server:
        await ask("runs", 200)
        server.stop()
        await ask("is stopped", 503)
        server.start()
        server.pause()
        await ask("hangs", 503)
        server.resume()
        await ask("runs again", 200)
    if asked:
        when, came = "`live()` was called in four states of Redis.", f"it sent {asked[0][0]}"
        raise NotYet("LIVE_WAITS", expected="200, nothing sent", came=came, when=when)


async def _probe(bench: Bench, probe: Any, state: str, right: int, mistake: str) -> None:
    raised = {"ConnectionError": "REDIS_ERROR", "": "NOT_READY_RAISES"}
    when, within = f"Redis {state}", 8 if state == "hangs" else 3
    code = await bench.run(probe, bench.client, when=when, within=within, raised=raised)
    if isinstance(code, IntEnum):  # as HTTPStatus.OK, which FastAPI takes
        code = int(code)
    mistakes = {
        "NO_NUMBER": not isinstance(code, int) or isinstance(code, bool),
        "OTHER_NUMBER": code not in (200, 503),
        mistake: True,
    }
    expect(code, right, mistakes)
