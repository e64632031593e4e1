"""Publish an event, and say whether anybody heard it."""

from typing import Any

from exercises.bench import Bench
from exercises.verdict import NotYet

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
A_NUMBER = (
    "`publish` returns how many were reached: 0, 1, 2 or more. The caller asks whether there were "
    "any, and wants True or False."
)
MORE_THAN_ONE = "The dashboards have heard the event twice. Publish it once, and keep the answer."
ALWAYS_TRUE = (
    "Nobody listened, and the answer was yes. That `publish` did not raise says nothing: look at "
    "what it returned."
)

EVENT = {"event_id": 7, "risk_score": 72}


async def check(bench: Bench, announce: Any) -> None:
    """Announce to two listeners, to one, and to nobody."""
    heard = [
        await _announce(bench, announce, event, listeners)
        for event, listeners in ((EVENT, 2), ({"event_id": 8, "summary": "A cat."}, 1))
    ]
    unheard = await bench.run(announce, bench.client, EVENT, when="nobody listens")
    if heard == [True, True] and unheard is True:
        raise NotYet(ALWAYS_TRUE, expected="False", came=repr(unheard))
    if heard != [True, True] or not all(each is True for each in heard) or unheard is not False:
        came = f"{heard[0]!r}, {heard[1]!r}, then {unheard!r}"
        expected = "True for two listeners, True for one, then False when nobody listens"
        raise NotYet(A_NUMBER, expected=expected, came=came)


async def _announce(bench: Bench, announce: Any, event: dict[str, Any], listeners: int) -> Any:
    """Announce while so many listen; what the last of them hears is looked at."""
    dashboards = [await bench.redis.subscribe("security_events") for _ in range(listeners)]
    when = "a dashboard listens" if listeners == 1 else f"{listeners} dashboards listen"
    heard = await bench.run(announce, bench.client, dict(event), when=when)
    await bench.redis.publish("security_events", "the end")
    messages = []
    async for message in bench.redis.listen(dashboards[-1]):
        if message["data"] == "the end":
            break
        messages.append(message["data"])
    await bench.redis.unsubscribe()
    expected = {"type": "event", "data": event}
    if not messages:
        hint = A_QUEUE if bench.sent("PUSH") else OTHER_CHANNEL
        raise NotYet(hint, expected=f"a message on `security_events`: {expected}", came="none")
    if len(messages) > 1:
        raise NotYet(MORE_THAN_ONE, expected="one message", came=f"{len(messages)}")
    if messages != [expected]:
        raise NotYet(NO_ENVELOPE, expected=f"{expected}", came=f"{messages[0]}")
    return heard
