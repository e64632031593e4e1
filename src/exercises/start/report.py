"""Put one detection into the queue, and say how many wait."""

from typing import Any

from exercises.bench import Bench
from exercises.verdict import NotYet

OTHER_QUEUE = (
    "Redis makes a queue of any name that is pushed to. Compare the name in your code with the "
    "one that the detector reads, letter for letter."
)
TEXT = "The client turns the value into JSON by itself. Give it the dict, not a text of your own."
RETURNS_NOTHING = (
    "The detection is in the queue. Now hand on what `add_to_queue` returned: begin the line "
    "with `return`."
)
OTHER_ITEM = (
    "Something is in the queue, and it is not the detection that your function was given. Hand on "
    "`detection` as it is, once, and nothing else."
)
IN_FRONT = "The newest detection is the first in the queue. `add_to_queue` adds at the other end."
NOT_THE_LENGTH = (
    "`add_to_queue` already returns the length of the queue after the push, so there is nothing "
    "to count."
)

DETECTIONS: list[dict[str, Any]] = [
    {"camera_id": "garage", "file_path": "/export/foscam/garage/0001.jpg"},
    {"camera_id": "Küche", "file_path": "/export/foscam/kueche/0207.jpg", "size": 48_113},
    {"camera_id": "garage", "file_path": "/export/foscam/garage/0002.jpg"},
]


async def check(bench: Bench, report: Any) -> None:
    """Push three; look what is in the queue, and what was returned."""
    for number, detection in enumerate(DETECTIONS, 1):
        when = f"{number - 1} detections wait"
        length = await bench.run(report, bench.client, dict(detection), when=when)
        items = await bench.redis.peek_queue("detection_queue")
        _look_at_queue(items, DETECTIONS[:number])
        if length is None:
            raise NotYet(RETURNS_NOTHING, expected=f"it returns {number}", came="it returned None")
        if type(length) is not int or length != number:
            came = f"it returned {length!r}"
            raise NotYet(NOT_THE_LENGTH, expected=f"it returns {number}", came=came)


def _look_at_queue(items: list[Any], right: list[dict[str, Any]]) -> None:
    if len(items) < len(right):
        came = f"{len(items)} items in it" if items else "an empty queue"
        raise NotYet(OTHER_QUEUE, expected="the detection in `detection_queue`", came=came)
    if any(isinstance(item, str) for item in items):
        text = next(item for item in items if isinstance(item, str))
        raise NotYet(TEXT, expected=f"{right[-1]} in the queue", came=f"a text: {text!r}")
    if items != right:
        hint = IN_FRONT if items == [right[-1], *right[:-1]] else OTHER_ITEM
        raise NotYet(hint, expected=f"{right} in the queue", came=f"{items}")
