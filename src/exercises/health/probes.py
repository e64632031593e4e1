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


async def check(bench: Bench, live: Any, ready: Any) -> None:
    """Ask both probes while the server runs, is stopped, and hangs."""
    server, client = await bench.server(timeout=1.0)

    asked = []

    async def ask(state: str, ready_expected: int) -> None:
        when, raised = f"Redis {state}", NOT_READY_RAISES
        before = len(client.sent)
        code = await bench.run(live, client, when=when, raised=raised)
        asked.extend(client.sent[before:])
        if code != 200:
            raise NotYet(LIVE_ASKS, expected="200: this process lives", came=repr(code))
        code = await bench.run(ready, client, when=when, raised=raised)
        if code != ready_expected:
            hint = READY_ALWAYS_503 if ready_expected == 200 else READY_BLIND
            raise NotYet(hint, expected=str(ready_expected), came=repr(code))

    with server:
        await ask("runs", 200)
        server.stop()
        await ask("is stopped", 503)
        server.start()
        server.pause()
        await ask("hangs", 503)
    if asked:
        bench.situation = "`live()` was called in three states of Redis."
        raise NotYet(LIVE_WAITS, expected="200, nothing sent", came=f"it sent {asked[0][0]}")
