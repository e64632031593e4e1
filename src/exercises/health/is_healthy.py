"""Turn the answer of the health check into yes or no."""

from typing import Any

from exercises.bench import Bench
from exercises.verdict import NotYet

ALWAYS_YES = (
    "Once connected, `health_check()` never raises, and the dict that it returns is never empty. "
    "Look at what stands in it under `status`."
)
NO_SUCH_WORD = "`status` is one of two words. Print the dict once and read them."
RAISES = "A server that is down is an answer here. Every branch of your function returns a bool."
NO_BOOL = "The caller asks yes or no: compare, and return the result of the comparison."
THE_WRONG_WAY_ROUND = "It is the other way round: `True` says that Redis is well."
REMEMBERED = "The same server was asked a moment later. Ask it anew each time."


async def check(bench: Bench, is_healthy: Any) -> None:
    """Ask about a server that runs, is stopped, runs again, and hangs."""
    server, client = await bench.server()
    with server:
        yes = await bench.run(is_healthy, client, when="Redis runs")
        server.stop()
        no = await bench.run(is_healthy, client, when="Redis is stopped", raised=RAISES)
        _judge(bench, yes, no)
        server.start()
        again = await bench.run(is_healthy, client, when="Redis runs again", raised=RAISES)
        if again is not True:
            raise NotYet(REMEMBERED, expected="True", came=repr(again))
        server.pause()
        hung = await bench.run(is_healthy, client, when="Redis hangs", raised=RAISES)
        if hung is not False:
            raise NotYet(ALWAYS_YES, expected="False", came=repr(hung))


def _judge(bench: Bench, yes: Any, no: Any) -> None:
    if (yes, no) == (False, True):
        raise NotYet(THE_WRONG_WAY_ROUND, expected="True, then False", came=f"{yes!r}, then {no!r}")
    if no is True:
        raise NotYet(ALWAYS_YES, expected="False", came="True")
    if yes is False:
        bench.situation = "`is_healthy()` was called when Redis runs."
        raise NotYet(NO_SUCH_WORD, expected="True", came="False")
    if yes is not True or no is not False:
        raise NotYet(NO_BOOL, expected="True, then False", came=f"{yes!r}, then {no!r}")
