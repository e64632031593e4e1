"""Tell a slow server from one that is down."""

from typing import Any

from backend.core.redis import RedisClient
from exercises.bench import Bench
from exercises.verdict import NotYet

NEVER_SLOW = (
    "The server answered well, and took 0.3 s for it. Read the clock before and after the call; "
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
SWAPPED = "You have the two words the wrong way round: what takes longer is degraded."
ALWAYS_DOWN = (
    "Redis is well here, and says so. Print `status` once, and compare with that very word."
)
NEVER_DOWN = (
    "Redis does not answer here at all. Which field of the answer says so? Look at `status`."
)
OTHER_LIMIT = "The health check took less than 0.2 s here. Where does your line lie?"

RIGHT = {"runs": "healthy", "0.13 s": "healthy", "0.3 s": "degraded", "hung": "down", "off": "down"}
STATES = {
    "runs": "Redis runs",
    "0.13 s": "Redis takes 0.13 s",
    "0.3 s": "Redis takes 0.3 s",
    "hung": "Redis hangs",
    "off": "Redis is stopped",
}


async def check(bench: Bench, probe: Any) -> None:
    """Ask about the same server in five states."""
    server, client = await bench.server(timeout=1.0)

    async def ask(state: str) -> Any:
        return await bench.run(probe, client, when=STATES[state], raised=RAISES)

    async def ask_slow(state: str, milliseconds: int) -> Any:
        await client.call("CLIENT", "PAUSE", milliseconds, "ALL")
        return await ask(state)

    with server:
        async with RedisClient(server.url) as admin:
            await admin.call("CONFIG", "SET", "hz", 100)  # a pause then ends within 0.01 s
        came = {"runs": await ask("runs")}
        for _ in range(5):  # a machine under load may take longer than the server
            came["0.13 s"] = await ask_slow("0.13 s", 130)
            if bench.seconds < 0.19:
                break
        else:
            came["0.13 s"] = "healthy"
        came["0.3 s"] = await ask_slow("0.3 s", 300)
        server.pause()
        came["hung"] = await ask("hung")
        server.stop()
        came["off"] = await ask("off")

    for state, word in RIGHT.items():
        if came[state] != word:
            bench.situation = f"`probe()` was called when {STATES[state]}."
            raise NotYet(_hint(state, came), expected=repr(word), came=repr(came[state]))


def _hint(state: str, came: dict[str, Any]) -> str:
    """Return the hint for the first state that was answered wrongly."""
    word = came[state]
    if word not in ("healthy", "degraded", "down"):
        return OTHER_WORDS
    if word == "degraded" and came["0.3 s"] == "healthy":
        return SWAPPED
    return {
        ("runs", "degraded"): ALWAYS_SLOW,
        ("0.13 s", "degraded"): OTHER_LIMIT,
        ("0.3 s", "healthy"): NEVER_SLOW,
        ("0.3 s", "down"): TOO_STRICT,
        ("0.13 s", "down"): TOO_STRICT,
        ("runs", "down"): ALWAYS_DOWN,
        ("hung", "degraded"): HUNG_IS_DOWN if came["off"] == "down" else NEVER_DOWN,
    }.get((state, word), NEVER_DOWN)
