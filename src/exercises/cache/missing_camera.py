"""A cache-aside read that survives a camera that does not answer."""

from typing import Any

from exercises.writing import FORGOT_AWAIT, Bench, Exercise, NotYet, Wrong

NOT_STORED = "The camera was asked for each read. Store its answer for the next reader."
NO_TTL = "The answer is stored for good: this camera would stay online for ever. Name a TTL."
WRONG_TTL = "An answer is kept for 300 seconds, `expire` counts seconds."
NOT_ASKED = "The cache was empty, and the camera was not asked. What does a miss look like?"
ESCAPES = (
    "A camera that does not answer is an everyday thing, and now it breaks the whole dashboard. "
    "Catch the TimeoutError and return the unknown status."
)
ASKED_AGAIN = (
    "The silent camera was asked again at once, and each question takes half a second. Remember "
    "for 10 seconds that it did not answer."
)
UNKNOWN_TOO_LONG = (
    "The camera is back after a second, and is shown as unknown for minutes. Keep what you do not "
    "know for 10 seconds only."
)
NULL = (
    "The caller got None, and cannot tell a silent camera from a mistake. Return, and store, "
    'something that says what it means: `{"status": "unknown"}`.'
)

ONLINE, UNKNOWN = {"status": "online"}, {"status": "unknown"}


async def check(bench: Bench, camera_status: Any) -> None:
    """Read twice from a camera that answers, then twice from one that does not."""
    asked: list[str] = []

    async def ask_camera(camera_id: str) -> dict[str, str]:
        asked.append(camera_id)
        if camera_id == "garage":
            raise TimeoutError("the camera does not answer")
        return dict(ONLINE)

    async def read_twice(camera_id: str, when: str, **hints: Any) -> tuple[list[Any], int]:
        asked.clear()
        arguments = (bench.client, camera_id, ask_camera)
        reads = [await bench.run(camera_status, *arguments, when=when, **hints) for _ in "12"]
        key = bench.redis.full_name(f"camera:{camera_id}:status")
        return reads, await bench.redis.call("TTL", key)

    reads, ttl = await read_twice("roof", "the camera answers")
    if not asked:
        raise NotYet(NOT_ASKED, expected=f"{ONLINE}", came=f"{reads[0]!r}")
    if reads != [ONLINE, ONLINE] or len(asked) > 1:
        expected, came = f"{ONLINE} twice, asked once", f"{reads}, asked {len(asked)} times"
        raise NotYet(NOT_STORED, expected=expected, came=came)
    if ttl == -1:
        raise NotYet(NO_TTL, expected="300 seconds to live", came="no TTL")
    if not 298 <= ttl <= 300:
        raise NotYet(WRONG_TTL, expected="300 seconds to live", came=f"{ttl}")

    reads, ttl = await read_twice("garage", "the camera does not answer", raised=ESCAPES)
    if reads[0] is None:
        raise NotYet(NULL, expected=f"{UNKNOWN}", came="None")
    if reads != [UNKNOWN, UNKNOWN] or len(asked) > 1:
        expected, came = f"{UNKNOWN} twice, asked once", f"{reads}, asked {len(asked)} times"
        raise NotYet(ASKED_AGAIN, expected=expected, came=came)
    if ttl == -1 or ttl > 10:
        came = "no TTL" if ttl == -1 else f"{ttl}"
        raise NotYet(UNKNOWN_TOO_LONG, expected="10 seconds to live", came=came)


EXERCISE = Exercise(
    place=2,
    statement="""\
### Exercise: a camera that does not answer

Write a better `camera_status`. It looks under `camera:<camera_id>:status` first. On a miss it awaits `ask_camera(camera_id)`, stores the answer for 300 seconds and returns it.

A camera that is unplugged makes `ask_camera` raise `TimeoutError`. Then the function returns `{"status": "unknown"}`, and stores that for 10 seconds only, so that the silent camera is not asked again for every browser.
""",  # noqa: E501
    stub="""\
async def camera_status(client, camera_id, ask_camera):
    # Your code goes here.
    ...
""",
    answers=("camera_status",),
    check=check,
    hints=(
        "Begin with the three steps of cache-aside: look, ask, store.",
        "Only the asking can raise: put `try` and `except TimeoutError` around that one line.",
        'In the `except`: status is `{"status": "unknown"}` and the TTL is 10.',
    ),
    solution="""\
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        ttl = 300
        try:
            status = await ask_camera(camera_id)
        except TimeoutError:
            # Not knowing is an answer too, and worth remembering: but not for long.
            status, ttl = {"status": "unknown"}, 10
        await client.set(key, status, expire=ttl)
    return status
""",
    why="one dead camera must neither break the dashboard nor be asked by every browser at once.",
    wrong=(
        Wrong(
            NOT_STORED,
            """\
async def camera_status(client, camera_id, ask_camera):
    status = await client.get(f"camera:{camera_id}:status")
    if status is None:
        status = await ask_camera(camera_id)
    return status
""",
        ),
        Wrong(
            NO_TTL,
            """\
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        status = await ask_camera(camera_id)
        await client.set(key, status)
    return status
""",
        ),
        Wrong(
            WRONG_TTL,
            """\
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        status = await ask_camera(camera_id)
        await client.set(key, status, expire=300_000)
    return status
""",
        ),
        Wrong(
            NOT_ASKED,
            """\
async def camera_status(client, camera_id, ask_camera):
    status = await client.get(f"camera:{camera_id}:status")
    return {"status": "unknown"} if status is None else status
""",
        ),
        Wrong(
            ESCAPES,
            """\
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        status = await ask_camera(camera_id)
        await client.set(key, status, expire=300)
    return status
""",
        ),
        Wrong(
            ASKED_AGAIN,
            """\
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        try:
            status = await ask_camera(camera_id)
        except TimeoutError:
            return {"status": "unknown"}
        await client.set(key, status, expire=300)
    return status
""",
        ),
        Wrong(
            UNKNOWN_TOO_LONG,
            """\
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        try:
            status = await ask_camera(camera_id)
        except Exception:
            status = {"status": "unknown"}
        await client.set(key, status, expire=300)
    return status
""",
        ),
        Wrong(
            NULL,
            """\
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        try:
            status = await ask_camera(camera_id)
        except TimeoutError:
            status = None
        await client.set(key, status, expire=300)
    return status
""",
        ),
        Wrong(
            FORGOT_AWAIT,
            """\
async def camera_status(client, camera_id, ask_camera):
    key = f"camera:{camera_id}:status"
    status = await client.get(key)
    if status is None:
        status = ask_camera(camera_id)
        await client.set(key, status, expire=300)
    return status
""",
        ),
    ),
)
