"""Find the bugs in a liveness and a readiness probe."""

from typing import Any

from exercises.writing import Bench, Exercise, NotYet, Wrong

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


EXERCISE = Exercise(
    place=3,
    statement="""\
### Exercise: find the bugs in two probes

These two functions look right, and passed review. On the night when Redis was down for a minute, the platform restarted every backend again and again, and still sent them requests. Repair both. Each returns an HTTP status, 200 or 503.
""",  # noqa: E501
    stub="""\
async def live(client):
    health = await client.health_check()
    return 200 if health["status"] == "healthy" else 503


async def ready(client):
    try:
        await client.health_check()
    except Exception:
        return 503
    return 200
""",
    answers=("live", "ready"),
    check=check,
    hints=(
        "Which question does each probe answer? Read the two bullets above once more.",
        "What would `live` have to know about Redis? And when does `ready` get to its `except`?",
        "`live` returns 200 without asking anybody. `ready` looks at `status`.",
    ),
    solution="""\
async def live(client):
    # Whoever can answer is alive. Redis is not asked: a restart of ours would not mend it.
    return 200


async def ready(client):
    health = await client.health_check()  # never raises once connected
    return 200 if health["status"] == "healthy" else 503
""",
    why="liveness decides about restarts and readiness about traffic; swapped, they make two "
    "failures of one.",
    wrong=(
        Wrong(
            LIVE_ASKS,
            """\
async def live(client):
    health = await client.health_check()
    return 200 if health["status"] == "healthy" else 503


async def ready(client):
    health = await client.health_check()
    return 200 if health["status"] == "healthy" else 503
""",
        ),
        Wrong(
            LIVE_WAITS,
            """\
async def live(client):
    await client.health_check()
    return 200


async def ready(client):
    health = await client.health_check()
    return 200 if health["status"] == "healthy" else 503
""",
        ),
        Wrong(
            READY_BLIND,
            """\
async def live(client):
    return 200


async def ready(client):
    health = await client.health_check()
    return 200 if "connected" in health else 503
""",
        ),
        Wrong(
            READY_ALWAYS_503,
            """\
async def live(client):
    return 200


async def ready(client):
    health = await client.health_check()
    return 200 if health["status"] is True else 503
""",
        ),
        Wrong(
            NOT_READY_RAISES,
            """\
async def live(client):
    return 200


async def ready(client):
    health = await client.health_check()
    if health["error"]:
        return 503
    return 200
""",
        ),
    ),
)
