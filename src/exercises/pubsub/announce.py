"""Publish an event, and say whether anybody heard it."""

from copy import deepcopy
from typing import Any

from exercises.bench import Bench
from exercises.verdict import NotYet

NOT_PUBLISHED = (
    "Nothing was published. A queue gives each item to one reader, and a key waits to be read. The "
    "dashboards listen on a channel: which call sends to everyone who listens now?"
)
OTHER_CHANNEL = (
    "The dashboard listens to `security_events`. Redis sends to any channel that you name, and "
    "reaches nobody if nobody is there."
)
TEXT = "The client turns the message into JSON by itself. Give it the dict, not a text of your own."
NO_ENVELOPE = (
    'Who listens reads `message["data"]["type"]` first. The event goes inside, as it is: '
    '`{"type": "event", "data": event}`.'
)
MORE_THAN_ONE = "The dashboards have heard the event twice. Publish it once, and keep the answer."
EVENT_CHANGED = "The caller's `event` is not as it was. Make a new dict for the message."
HEARS_ITSELF = (
    "Your function listens to the channel itself, so there is always one who hears. Whether others "
    "listen is what `publish` returns: how many were reached."
)
AT_LEAST_ONE = (
    "The event was heard, and the answer was another one than True. `publish` returns how many "
    "were reached: one is enough, and two or more are as good."
)
ALWAYS_TRUE = (
    "Nobody listened, and the answer was yes. That `publish` did not raise says nothing: look at "
    "what it returned."
)
A_NUMBER = (
    "`publish` returns how many were reached: 0, 1, 2 or more. The caller asks whether there were "
    "any, and wants True or False."
)
NO_RESULT = "The caller wants to know, and got None. Return True or False, in each case."

EVENTS = (
    (0, {"event_id": 6, "risk_score": 3}),
    (1, {"event_id": 7, "risk_score": 72}),
    (2, {"event_id": 8, "summary": "A cat.", "objects": ["cat"]}),
    (0, {"event_id": 9, "risk_score": 80}),
)


async def check(bench: Bench, announce: Any) -> None:
    """Announce to nobody, to one listener, to two, and to nobody again."""
    came = []
    for listeners, event in EVENTS:
        came.append(await _announce(bench, announce, event, listeners))
    for heard, (listeners, _) in zip(came, EVENTS, strict=True):
        right = listeners > 0
        if heard is right:
            continue
        count = {0: "nobody listens", 1: "one listens"}.get(listeners, f"{listeners} listen")
        hint = AT_LEAST_ONE if right else ALWAYS_TRUE
        if heard is None:
            hint = NO_RESULT
        elif not isinstance(heard, bool):
            hint = A_NUMBER
        elif bench.sent("SUBSCRIBE"):
            hint = HEARS_ITSELF
        raise NotYet(hint, expected=f"{right} when {count}", came=repr(heard))


async def _announce(bench: Bench, announce: Any, event: dict[str, Any], listeners: int) -> Any:
    """Announce while so many listen, and look at what each of them has heard."""
    dashboards = [await bench.redis.subscribe("security_events") for _ in range(listeners)]
    count = {0: "nobody listens", 1: "a dashboard listens"}
    given = deepcopy(event)
    heard = await bench.run(
        announce, bench.client, given, when=count.get(listeners, f"{listeners} dashboards listen")
    )
    if await bench.redis.publish("security_events", "the end") > listeners:
        raise NotYet(HEARS_ITSELF, expected=f"{listeners} who listen", came="one more")
    expected = {"type": "event", "data": event}
    for dashboard in dashboards:
        messages = []
        async for message in bench.redis.listen(dashboard):
            if message["data"] == "the end":
                break
            messages.append(message["data"])
        _is_heard(bench, messages, expected)
    await bench.redis.unsubscribe()
    if given != event:
        raise NotYet(EVENT_CHANGED, expected=f"{event}", came=f"{given}")
    return heard


def _is_heard(bench: Bench, messages: list[Any], expected: dict[str, Any]) -> None:
    if not messages:
        hint = OTHER_CHANNEL if bench.sent("PUBLISH") else NOT_PUBLISHED
        raise NotYet(hint, expected=f"a message on `security_events`: {expected}", came="none")
    if len(messages) > 1:
        raise NotYet(MORE_THAN_ONE, expected="one message", came=f"{len(messages)}")
    if messages != [expected]:
        hint = TEXT if isinstance(messages[0], str) else NO_ENVELOPE
        raise NotYet(hint, expected=f"{expected}", came=repr(messages[0]))
