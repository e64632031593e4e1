"""Publish an event, and say whether anybody heard it."""

from copy import deepcopy
from typing import Any

from exercises.bench import Bench, NotYet, expect

CHANNEL = "security_events"
EVENTS: tuple[tuple[int, str, dict[str, Any]], ...] = (
    (0, "nobody listens", {"event_id": 6, "risk_score": 3}),
    (1, "a dashboard listens", {"event_id": 7, "risk_score": 72}),
    (2, "two dashboards listen", {"event_id": 8, "summary": "A cat.", "objects": ["cat"]}),
    (0, "nobody listens any more", {"event_id": 9, "risk_score": 80}),
)


async def check(bench: Bench) -> None:
    """Announce to nobody, to one listener, to two, and to nobody again."""
    said = [await _announce(bench, *each) for each in EVENTS]
    for came, (listeners, when, _) in zip(said, EVENTS, strict=True):
        mistakes = {
            "NO_RESULT": came is None,
            "A_NUMBER": not isinstance(came, bool),
            "HEARS_ITSELF": bench.client.sent("SUBSCRIBE"),
            "AT_LEAST_ONE": listeners > 0,
            "ALWAYS_TRUE": True,
        }
        expect(came, listeners > 0, mistakes, when=f"`announce()` was called when {when}.")


async def _announce(bench: Bench, listeners: int, when: str, event: dict[str, Any]) -> Any:
    """Announce while so many listen, and look at what each of them has heard."""
    dashboards = [await bench.redis.subscribe(CHANNEL) for _ in range(listeners)]
    given, message = deepcopy(event), {"type": "event", "data": event}
    said = await bench.ask(given, when=when, watch=True)
    heard_by = await bench.redis.publish(CHANNEL, "the end")
    if heard_by > listeners:
        raise NotYet("HEARS_ITSELF", expected=f"{listeners} who listen", came=f"{heard_by}")
    for dashboard in dashboards:
        heard = []
        async for each in bench.redis.listen(dashboard):
            if each["data"] == "the end":
                break
            heard.append(each["data"])
        mistakes = {
            "OTHER_CHANNEL": not heard and bench.client.sent("PUBLISH"),
            "NOT_PUBLISHED": not heard,
            "MORE_THAN_ONE": len(heard) > 1,
            "TEXT": lambda it: isinstance(it[0], str),
            "NO_ENVELOPE": True,
        }
        expect(heard, [message], mistakes, expected=f"`{CHANNEL}` carries {message}, once")
    await bench.redis.unsubscribe()
    expect(given, event, "EVENT_CHANGED")
    if listeners or "any more" in when:  # at first, it may be that nothing was published
        bench.watch.nothing_changed("STORED")
    return said
