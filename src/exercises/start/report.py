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
NOT_THE_LENGTH = (
    "`add_to_queue` already returns the length of the queue after the push, so there is nothing "
    "to count."
)

DETECTION = {"camera_id": "garage", "file_path": "/export/foscam/garage/0001.jpg"}


async def check(bench: Bench, report: Any) -> None:
    """Push twice; look what is in the queue, and what was returned."""
    for waiting in (1, 2):
        when = f"{waiting - 1} detections wait"
        length = await bench.run(report, bench.client, DETECTION, when=when)
        items = await bench.redis.peek_queue("detection_queue")
        if not items:
            raise NotYet(
                OTHER_QUEUE, expected="the detection in `detection_queue`", came="an empty queue"
            )
        if isinstance(items[0], str):
            raise NotYet(TEXT, expected=f"{DETECTION} in the queue", came=f"a text: {items[0]!r}")
        if length is None:
            raise NotYet(RETURNS_NOTHING, expected=f"it returns {waiting}", came="it returned None")
        if length != waiting or items != [DETECTION] * waiting:
            raise NotYet(
                NOT_THE_LENGTH,
                expected=f"it returns {waiting}, and {waiting} items wait",
                came=f"it returned {length!r}, and {len(items)} items wait",
            )
