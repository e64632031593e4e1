"""Tell a slow server from one that is down."""

from typing import Any

from backend.core.redis import RedisClient
from exercises.bench import Bench, expect

STATES: dict[str, tuple[str, dict[str, str]]] = {
    "runs": ("healthy", {"degraded": "ALWAYS_SLOW", "down": "ALWAYS_DOWN"}),
    "takes 0.13 s": ("healthy", {"degraded": "OTHER_LIMIT", "down": "TOO_STRICT"}),
    "takes 0.3 s": ("degraded", {"healthy": "NEVER_SLOW", "down": "TOO_STRICT"}),
    "hangs": ("down", {}),
    "is stopped": ("down", {}),
}
"""The right answer in each, and the mistakes behind the others."""


async def check(bench: Bench) -> None:
    """Ask about the same server in five states, then look at the five answers."""
    came: dict[str, Any] = {}

    async def ask(state: str, pause: int = 0) -> None:
        if pause:
            await bench.client.call("CLIENT", "PAUSE", pause, "ALL")
        came[state] = await bench.ask(when=f"Redis {state}", raised="RAISES")

    with await bench.server() as server:
        async with RedisClient(server.url) as admin:
            await admin.call("CONFIG", "SET", "hz", 100)  # a pause then ends within 0.01 s
        await ask("runs")
        for _ in range(5):  # a machine under load may take longer than the server
            await ask("takes 0.13 s", 130)
            if bench.seconds < 0.19:
                break
        else:
            came["takes 0.13 s"] = "healthy"
        await ask("takes 0.3 s", 300)
        server.pause()
        await ask("hangs")
        server.stop()
        await ask("is stopped")

    for state, (word, others) in STATES.items():
        given = came[state]
        mistakes = {
            "OTHER_WORDS": given not in ("healthy", "degraded", "down"),
            "SWAPPED": given == "degraded" and came["takes 0.3 s"] == "healthy",
            "HUNG_IS_DOWN": state == "hangs" and came["is stopped"] == "down",
            others.get(str(given), "NEVER_DOWN"): True,
        }
        expect(given, word, mistakes, when=f"`probe()` was called when Redis {state}.")
