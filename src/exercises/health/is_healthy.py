"""Turn the answer of the health check into yes or no."""

from typing import Any

from exercises.writing import FORGOT_AWAIT, Bench, Exercise, NotYet, Wrong

ALWAYS_YES = (
    "Once connected, `health_check()` never raises, and the dict that it returns is never empty. "
    "Look at what stands in it under `status`."
)
NO_SUCH_WORD = "`status` is one of two words. Print the dict once and read them."
RAISES = "A server that is down is an answer here. Every branch of your function returns a bool."
NO_BOOL = "The caller asks yes or no: compare, and return the result of the comparison."


async def check(bench: Bench, is_healthy: Any) -> None:
    """Ask about a server that runs, then about the same one stopped."""
    server, client = await bench.server()
    with server:
        yes = await bench.run(is_healthy, client, when="Redis runs")
        server.stop()
        no = await bench.run(is_healthy, client, when="Redis is stopped", raised=RAISES)
    if no is True:
        raise NotYet(ALWAYS_YES, expected="False", came="True")
    if yes is False:
        bench.situation = "`is_healthy()` was called when Redis runs."
        raise NotYet(NO_SUCH_WORD, expected="True", came="False")
    if (yes, no) != (True, False):
        raise NotYet(NO_BOOL, expected="True, then False", came=f"{yes!r}, then {no!r}")


EXERCISE = Exercise(
    place=1,
    statement="""\
### Exercise: a yes or a no

A start-up script wants a plain answer. Write `is_healthy`: it returns `True` when Redis is well and `False` when it is not. The client that it gets is connected; the server may be stopped at any time.
""",  # noqa: E501
    stub="""\
async def is_healthy(client):
    # Your code goes here.
    ...
""",
    answers=("is_healthy",),
    check=check,
    hints=(
        "What does `health_check()` do when the server is down: raise, or answer?",
        "It answers with a dict. Which of its fields is worded so that it cannot be misread?",
        'Compare `health["status"]` with the word "healthy", and return that.',
    ),
    solution="""\
async def is_healthy(client):
    health = await client.health_check()
    # That it came back says nothing; its status is the answer.
    return health["status"] == "healthy"
""",
    why='a monitor of ours once took "it did not raise" for "it is healthy", and slept through it.',
    wrong=(
        Wrong(
            ALWAYS_YES,
            """\
async def is_healthy(client):
    try:
        await client.health_check()
    except Exception:
        return False
    return True
""",
        ),
        Wrong(
            ALWAYS_YES,
            """\
async def is_healthy(client):
    return bool(await client.health_check())
""",
        ),
        Wrong(
            FORGOT_AWAIT,
            """\
async def is_healthy(client):
    health = client.health_check()
    return health["status"] == "healthy"
""",
        ),
        Wrong(
            NO_SUCH_WORD,
            """\
async def is_healthy(client):
    health = await client.health_check()
    return health["status"] == "ok"
""",
        ),
        Wrong(
            RAISES,
            """\
async def is_healthy(client):
    health = await client.health_check()
    return health["redis_version"] != ""
""",
        ),
        Wrong(
            NO_BOOL,
            """\
async def is_healthy(client):
    return (await client.health_check())["status"]
""",
        ),
    ),
)
