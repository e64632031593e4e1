"""Find the bugs in a liveness and a readiness probe."""

from typing import Any

from exercises.bench import Bench
from exercises.verdict import NotYet

LIVE_ASKS = (
    "The platform restarts a backend that is not live. Does restarting the backend mend Redis?"
)
LIVE_WAITS = (
    "`live()` gave the right answer, but asked Redis on the way, and the platform does not wait "
    "for ever. It has to answer without Redis."
)
READY_BLIND = (
    "`health_check()` answers instead of raising, so this `try` never fails. Look at the answer."
)
READY_ALWAYS_503 = "Redis is well, and nobody may send requests. Compare with the word in `status`."
NOT_READY_RAISES = "A probe answers with a number in every state: 200 or 503."
NO_NUMBER = "A probe returns its HTTP status as a number: no text, no bool."
OTHER_NUMBER = "There are two answers: 200 is well, 503 is not now."
LIVE_ALWAYS_503 = "`live` was asked while all is well. This process answers, so it lives."


async def check(bench: Bench, live: Any, ready: Any) -> None:
    """Ask both probes while the server runs, is stopped, hangs, and runs again."""
    server, client = await bench.server(timeout=1.0)
    asked = []

    async def ask(state: str, ready_expected: int) -> None:
        when, raised = f"Redis {state}", NOT_READY_RAISES
        before = len(client.sent)
        code = await bench.run(live, client, when=when, raised=raised)
        asked.extend(client.sent[before:])
        _judge(code, 200, LIVE_ALWAYS_503 if state == "runs" else LIVE_ASKS)
        code = await bench.run(ready, client, when=when, raised=raised)
        _judge(code, ready_expected, READY_ALWAYS_503 if ready_expected == 200 else READY_BLIND)

    with server:
        await ask("runs", 200)
        server.stop()
        await ask("is stopped", 503)
        server.start()
        server.pause()
        await ask("hangs", 503)
        server.resume()
        await ask("runs again", 200)
    if asked:
        bench.situation = "`live()` was called in four states of Redis."
        raise NotYet(LIVE_WAITS, expected="200, nothing sent", came=f"it sent {asked[0][0]}")


def _judge(code: Any, right: int, hint: str) -> None:
    if not isinstance(code, int) or isinstance(code, bool):
        raise NotYet(NO_NUMBER, expected=str(right), came=repr(code))
    if code not in (200, 503):
        raise NotYet(OTHER_NUMBER, expected=str(right), came=repr(code))
    if code != right:
        raise NotYet(hint, expected=str(right), came=repr(code))
