"""Turn the answer of the health check into yes or no."""

from exercises.bench import Bench, expect


async def check(bench: Bench) -> None:
    """Ask about a server that runs, is stopped, runs again, and hangs."""
    with await bench.server() as server:
        yes = await bench.ask(when="Redis runs")
        asked = bool(bench.client.commands)
        own_ping = bench.client.sent("PING") and not bench.client.sent("INFO")
        server.stop()
        raised = {"ConnectionError": "REDIS_ERROR", "": "RAISES"}
        no = await bench.ask(when="Redis is stopped", raised=raised)
        mistakes = {
            "THE_WRONG_WAY_ROUND": (yes, no) == (False, True),
            "REMEMBERED": no is True and asked and not bench.client.commands,
            "ALWAYS_YES": no is True,
            "OWN_PING": yes is False and own_ping,
            "NO_SUCH_WORD": yes is False,
            "NO_BOOL": True,
        }
        when = "`is_healthy()` was called twice: Redis runs, then not."
        for came, right in ((no, False), (yes, True)):
            shown = f"[{yes!r}, {no!r}]"
            expect(came, right, mistakes, expected="[True, False]", shown=shown, when=when)
        server.start()
        expect(await bench.ask(when="Redis runs again", raised="RAISES"), True, "REMEMBERED")
        server.pause()
        came = await bench.ask(when="Redis hangs", within=8, raised="RAISES")
        expect(came, False, "ALWAYS_YES")
