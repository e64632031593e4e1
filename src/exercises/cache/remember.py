"""Store a camera's status for five minutes."""

from typing import Any

from exercises.writing import FORGOT_AWAIT, Bench, Exercise, NotYet, Wrong

NO_TTL = (
    "It is stored for good. When this camera is unplugged, its last status stays on the dashboard "
    "for ever: name a TTL."
)
MILLISECONDS = "`expire` counts seconds, not milliseconds."
TWO_STEPS = (
    "For a moment the key was there without a TTL. A program that is killed in that moment leaves "
    "it for ever: value and TTL belong into one command."
)
OTHER_KEY = "The dashboard looks under `camera:<camera_id>:status`. Compare, letter for letter."
TEXT = "The client turns the value into JSON by itself. Give it the dict, not a text of your own."

STATUS = {"camera_id": "garage", "status": "online"}


async def check(bench: Bench, remember: Any) -> None:
    """Store one status, and look at its key after each command."""
    key = "camera:garage:status"
    seconds: list[int] = []

    async def ttl(_: str) -> None:
        seconds.append(await bench.redis.call("TTL", bench.redis.full_name(key)))

    bench.client.after_each = ttl
    await bench.run(remember, bench.client, "garage", STATUS, when="the garage reports")
    stored = await bench.redis.get(key)
    if stored is None:
        raise NotYet(OTHER_KEY, expected=f"a value under `{key}`", came="none")
    if stored != STATUS:
        raise NotYet(TEXT, expected=f"{STATUS}", came=f"a {type(stored).__name__}: {stored!r}")
    if seconds[-1] == -1:
        raise NotYet(NO_TTL, expected="300 seconds to live", came="no TTL")
    if seconds[-1] > 300:
        raise NotYet(MILLISECONDS, expected="300 seconds to live", came=f"{seconds[-1]}")
    if -1 in seconds:
        raise NotYet(TWO_STEPS, expected="a TTL from the first moment on", came="a TTL later")
    if seconds[-1] < 298:
        raise NotYet(NO_TTL, expected="300 seconds to live", came=f"{seconds[-1]}")


EXERCISE = Exercise(
    place=1,
    statement="""\
### Exercise: remember for five minutes

Complete `remember`: it stores the `status` of a camera under its production key, `camera:<camera_id>:status`, for 300 seconds.
""",  # noqa: E501
    stub="""\
async def remember(client, camera_id, status):
    # Your code goes here.
    ...
""",
    answers=("remember",),
    check=check,
    hints=(
        "One call does it all: value and time to live.",
        'An f-string makes the key: `f"camera:{camera_id}:status"`.',
        "`set` has a parameter `expire`, in seconds.",
    ),
    solution="""\
async def remember(client, camera_id, status):
    # SET with EX: value and TTL in one command, so there is no moment without a TTL.
    await client.set(f"camera:{camera_id}:status", status, expire=300)
""",
    why="a status that nobody confirms disappears by itself, and the dashboard stays honest.",
    wrong=(
        Wrong(
            NO_TTL,
            """\
async def remember(client, camera_id, status):
    await client.set(f"camera:{camera_id}:status", status)
""",
        ),
        Wrong(
            MILLISECONDS,
            """\
async def remember(client, camera_id, status):
    await client.set(f"camera:{camera_id}:status", status, expire=300_000)
""",
        ),
        Wrong(
            TWO_STEPS,
            """\
async def remember(client, camera_id, status):
    key = f"camera:{camera_id}:status"
    await client.set(key, status)
    await client.call("EXPIRE", client.full_name(key), 300)
""",
        ),
        Wrong(
            OTHER_KEY,
            """\
async def remember(client, camera_id, status):
    await client.set(f"camera_{camera_id}_status", status, expire=300)
""",
        ),
        Wrong(
            TEXT,
            """\
async def remember(client, camera_id, status):
    await client.set(f"camera:{camera_id}:status", str(status), expire=300)
""",
        ),
        Wrong(
            FORGOT_AWAIT,
            """\
async def remember(client, camera_id, status):
    client.set(f"camera:{camera_id}:status", status, expire=300)
""",
        ),
    ),
)
