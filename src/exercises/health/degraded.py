"""Tell a slow server from one that is down."""

from typing import Any

from exercises.writing import FORGOT_AWAIT, Bench, Exercise, NotYet, Wrong

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


EXERCISE = Exercise(
    place=2,
    statement="""\
### Exercise: degraded, or down?

Two words are not enough for the dashboard. Write `probe`: it returns

- `"healthy"` when Redis is well and the health check took 0.2 seconds or less,
- `"degraded"` when Redis is well and it took longer,
- `"down"` when Redis is not well, however long it took to find out.
""",
    stub="""\
async def probe(client):
    # Your code goes here.
    ...
""",
    answers=("probe",),
    check=check,
    hints=(
        "Take the time as `ask` does above: read the clock, call, read it again.",
        "A hung server takes long and is not well. Ask for `status` before you ask for the time.",
        '`if health["status"] != "healthy": return "down"` comes first, then the seconds.',
    ),
    solution="""\
async def probe(client):
    started = time.monotonic()
    health = await client.health_check()
    seconds = time.monotonic() - started
    if health["status"] != "healthy":  # first: a hung server is slow, too
        return "down"
    return "degraded" if seconds > 0.2 else "healthy"
""",
    why="a slow Redis wants a look today, a dead one wakes somebody up: do not mix the two alarms.",
    wrong=(
        Wrong(
            NEVER_SLOW,
            """\
async def probe(client):
    health = await client.health_check()
    return "healthy" if health["status"] == "healthy" else "down"
""",
        ),
        Wrong(
            NEVER_SLOW,
            """\
async def probe(client):
    started = time.monotonic()
    health = await client.health_check()
    if health["status"] != "healthy":
        return "down"
    return "degraded" if time.monotonic() - started > 200 else "healthy"
""",
        ),
        Wrong(
            HUNG_IS_DOWN,
            """\
async def probe(client):
    started = time.monotonic()
    health = await client.health_check()
    if time.monotonic() - started > 0.2:
        return "degraded"
    return "healthy" if health["status"] == "healthy" else "down"
""",
        ),
        Wrong(
            TOO_STRICT,
            """\
async def probe(client):
    try:
        async with asyncio.timeout(0.2):
            health = await client.health_check()
    except TimeoutError:
        return "down"
    return "healthy" if health["status"] == "healthy" else "down"
""",
        ),
        Wrong(
            ALWAYS_SLOW,
            """\
async def probe(client):
    started = time.perf_counter_ns()
    health = await client.health_check()
    if health["status"] != "healthy":
        return "down"
    return "degraded" if time.perf_counter_ns() - started > 200 else "healthy"
""",
        ),
        Wrong(
            RAISES,
            """\
async def probe(client):
    started = time.monotonic()
    health = await client.health_check()
    seconds = time.monotonic() - started
    if health["redis_version"] is None:
        return "down"
    return "degraded" if seconds > 0.2 else "healthy"
""",
        ),
        Wrong(
            FORGOT_AWAIT,
            """\
async def probe(client):
    started = time.monotonic()
    health = client.health_check()
    seconds = time.monotonic() - started
    if health["status"] != "healthy":
        return "down"
    return "degraded" if seconds > 0.2 else "healthy"
""",
        ),
        Wrong(
            OTHER_WORDS,
            """\
async def probe(client):
    started = time.monotonic()
    health = await client.health_check()
    if health["status"] != "healthy":
        return "unhealthy"
    return "degraded" if time.monotonic() - started > 0.2 else "healthy"
""",
        ),
    ),
)
