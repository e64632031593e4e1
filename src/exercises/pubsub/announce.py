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
        hint = A_QUEUE if bench.sent("PUSH") else OTHER_CHANNEL
        raise NotYet(hint, expected=f"a message on `security_events`: {expected}", came="none")
    if messages != [expected]:
        raise NotYet(NO_ENVELOPE, expected=f"{[expected]}", came=f"{messages}")
    unheard = await bench.run(announce, bench.client, EVENT, when="nobody listens")
    if (heard, unheard) == (True, True) or unheard is None:
        raise NotYet(ALWAYS_TRUE, expected="False", came=repr(unheard))
    if heard is not True or unheard is not False:
        came = f"{heard!r}, then {unheard!r}"
        raise NotYet(A_NUMBER, expected="True, then False when nobody listens", came=came)
