"""Tell a slow server from one that is down."""

from typing import Any

from backend.core.redis import RedisClient
from exercises.bench import Bench, expect

STATES: dict[str, tuple[str, dict[str, str]]] = {
    "runs": ("healthy", {"degraded": "ALWAYS_SLOW", "down": "ALWAYS_DOWN"}),
    "takes 0.13 s": ("healthy", {"degraded": "OTHER_LIMIT", "down": "TOO_STRICT"}),
    "takes 0.23 s": ("degraded", {"healthy": "NEVER_SLOW", "down": "TOO_STRICT"}),
    "takes 0.6 s": ("degraded", {"healthy": "NEVER_SLOW", "down": "TOO_STRICT"}),
    "hangs": ("down", {}),
    "is stopped": ("down", {}),
}
"""The right answer in each, and the mistakes behind the others."""


async def check(bench: Bench) -> None:
    """Ask about the same server in six states, then look at the six answers."""
    came: dict[str, Any] = {}

    async def ask(state: str, pause: int = 0) -> None:
        if pause:
            await bench.client.call("CLIENT", "PAUSE", pause, "ALL")
        came[state] = await bench.ask(when=f"Redis {state}", raised="RAISES")

    async def ask_slow(state: str, pause: int, least: float, most: float) -> None:
        for _ in range(5):  # a machine under load may take longer than the server
            await ask(state, pause)
            if bench.seconds < most and (bench.seconds > least or came[state] == "down"):
                return
        came[state] = STATES[state][0]

    with await bench.server() as server:
        async with RedisClient(server.url) as admin:
            await admin.call("CONFIG", "SET", "hz", 100)  # a pause then ends within 0.01 s
        await ask("runs")
        await ask_slow("takes 0.13 s", 130, 0, 0.19)
        await ask_slow("takes 0.23 s", 230, 0.22, 0.245)
        await ask_slow("takes 0.6 s", 600, 0, 0.9)
        server.pause()
        await ask("hangs")
        gave_up = bench.seconds < 0.9  # the client itself waits for a second
        server.stop()
        await ask("is stopped")

    for state, (word, others) in STATES.items():
        given = came[state]
        mistakes = {
            "OTHER_WORDS": given not in ("healthy", "degraded", "down"),
            "SWAPPED": given == "degraded" and came["takes 0.6 s"] == "healthy",
            "TOO_STRICT": state == "hangs" and gave_up,
            "HUNG_IS_DOWN": state == "hangs" and came["is stopped"] == "down",
            others.get(str(given), "NEVER_DOWN"): True,
        }
        expect(given, word, mistakes, when=f"`probe()` was called when Redis {state}.")
