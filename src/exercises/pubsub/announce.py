"""Publish an event, and say whether anybody heard it."""

from typing import Any

from exercises.writing import FORGOT_AWAIT, Bench, Exercise, NotYet, Wrong

A_QUEUE = (
    "A queue gives each item to one reader. The dashboards listen on a channel: which call sends "
    "to everyone who listens now?"
)
OTHER_CHANNEL = (
    "The dashboard listens to `security_events`. Redis sends to any channel that you name, and "
    "reaches nobody if nobody is there."
)
NO_ENVELOPE = (
    'Who listens reads `message["data"]["type"]` first. The event goes inside: `{"type": "event", '
    '"data": event}`.'
)
A_NUMBER = "`publish` returns how many were reached. The caller asks whether there were any."
ALWAYS_TRUE = (
    "Nobody listened, and the answer was yes. That `publish` did not raise says nothing: look at "
    "what it returned."
)

EVENT = {"event_id": 7, "risk_score": 72}


async def check(bench: Bench, announce: Any) -> None:
    """Announce once to a listener, and once to nobody."""
    dashboard = await bench.redis.subscribe("security_events")
    heard = await bench.run(announce, bench.client, EVENT, when="a dashboard listens")
    mark = await bench.redis.publish("security_events", "the end")
    assert mark == 1
    messages = []
    async for message in bench.redis.listen(dashboard):
        if message["data"] == "the end":
            break
        messages.append(message["data"])
    await bench.redis.unsubscribe()
    expected = {"type": "event", "data": EVENT}
    if not messages:
        pushed = any(command[0] == "RPUSH" for command in bench.client.sent)
        hint = A_QUEUE if pushed else OTHER_CHANNEL
        raise NotYet(hint, expected=f"a message on `security_events`: {expected}", came="none")
    if messages != [expected]:
        raise NotYet(NO_ENVELOPE, expected=f"{[expected]}", came=f"{messages}")
    unheard = await bench.run(announce, bench.client, EVENT, when="nobody listens")
    if (heard, unheard) == (True, True) or unheard is None:
        raise NotYet(ALWAYS_TRUE, expected="False", came=repr(unheard))
    if heard is not True or unheard is not False:
        came = f"{heard!r}, then {unheard!r}"
        raise NotYet(A_NUMBER, expected="True, then False when nobody listens", came=came)


EXERCISE = Exercise(
    place=1,
    statement="""\
### Exercise: did anybody hear it?

Write `announce`: it publishes the `event` to `security_events` in the production form, `{"type": "event", "data": event}`. It returns `True` if at least one subscriber was reached, else `False`.
""",  # noqa: E501
    stub="""\
async def announce(client, event):
    # Your code goes here.
    ...
""",
    answers=("announce",),
    check=check,
    hints=(
        "Which call sends a message to everyone who listens? What does it return?",
        'The message is `{"type": "event", "data": event}`.',
        "Compare the number that `publish` returns with 0, and return the result.",
    ),
    solution="""\
async def announce(client, event):
    reached = await client.publish("security_events", {"type": "event", "data": event})
    return reached > 0  # 0 is no error: nobody listens at the moment
""",
    why="an analyzer that reaches nobody for an hour is how you learn that the WebSocket server "
    "has died.",
    wrong=(
        Wrong(
            A_QUEUE,
            """\
async def announce(client, event):
    return await client.add_to_queue("security_events", {"type": "event", "data": event}) > 0
""",
        ),
        Wrong(
            OTHER_CHANNEL,
            """\
async def announce(client, event):
    return await client.publish("security_event", {"type": "event", "data": event}) > 0
""",
        ),
        Wrong(
            NO_ENVELOPE,
            """\
async def announce(client, event):
    return await client.publish("security_events", event) > 0
""",
        ),
        Wrong(
            A_NUMBER,
            """\
async def announce(client, event):
    return await client.publish("security_events", {"type": "event", "data": event})
""",
        ),
        Wrong(
            ALWAYS_TRUE,
            """\
async def announce(client, event):
    await client.publish("security_events", {"type": "event", "data": event})
    return True
""",
        ),
        Wrong(
            FORGOT_AWAIT,
            """\
async def announce(client, event):
    return client.publish("security_events", {"type": "event", "data": event}) is not None
""",
        ),
    ),
)
