"""Tell a slow server from one that is down."""

from typing import Any

from exercises.bench import Bench
from exercises.verdict import NotYet

NEVER_SLOW = (
    "The server answered well, and took 0.4 s for it. Read the clock before and after the call; "
    "`time.monotonic()` counts seconds."
)
HUNG_IS_DOWN = (
    "A server that hangs is slow as well as down, and down is worse. Which of the two do you ask "
    "about first?"
)
TOO_STRICT = (
    "You gave up before the answer came. It was a good one: wait for it, then look how long it "
    "took."
)
ALWAYS_SLOW = "This one answered within a few milliseconds. In which unit do you compare?"
RAISES = "A health check that is down has no `redis_version`, and never raises: look at `status`."
OTHER_WORDS = 'The three answers are "healthy", "degraded" and "down".'


async def check(bench: Bench, probe: Any) -> None:
    """Ask about the same server in four states."""
    server, client = await bench.server(timeout=1.0)
    came = {}
    with server:
        came["runs"] = await bench.run(probe, client, when="Redis runs", raised=RAISES)
        await client.call("CLIENT", "PAUSE", 400, "ALL")
        came["slow"] = await bench.run(probe, client, when="Redis takes 0.4 s", raised=RAISES)
        server.pause()
        came["hung"] = await bench.run(probe, client, when="Redis hangs", raised=RAISES)
        server.stop()
        came["stopped"] = await bench.run(probe, client, when="Redis is stopped", raised=RAISES)

    expected = {"runs": "healthy", "slow": "degraded", "hung": "down", "stopped": "down"}
    for state, word in expected.items():
        if came[state] != word:
            hint = {
                ("runs", "degraded"): ALWAYS_SLOW,
                ("slow", "healthy"): NEVER_SLOW,
                ("slow", "down"): TOO_STRICT,
                ("hung", "degraded"): HUNG_IS_DOWN,
            }.get((state, came[state]), OTHER_WORDS)
            bench.situation = f"`probe()` was called in four states of Redis; this one: {state}."
            raise NotYet(hint, expected=repr(word), came=repr(came[state]))
