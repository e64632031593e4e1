"""Lesson 02: a queue, step by step; and what a push does when it is full."""

from __future__ import annotations

from collections.abc import Callable

from scripts.diagrams.kit import BLUE, GREEN, MUTED, ORANGE, PURPLE, Canvas

STEPS = [  # (what is called, what lies in the queue afterwards, what goes in, what comes out)
    ("add_to_queue(job 1)", ["1"], "1", ""),
    ("add_to_queue(job 2)", ["1", "2"], "2", ""),
    ("add_to_queue(job 3)", ["1", "2", "3"], "3", ""),
    ("get_from_queue()", ["2", "3"], "", "1"),
    ("get_from_queue()", ["3"], "", "2"),
]
LEFT, PLACE, ROW = 40, 6, 6.0


def fifo() -> Canvas:
    """Draw five calls, one below the other: jobs go in at the tail and come out at the head."""
    sheet = Canvas(80, 6 + ROW * len(STEPS))
    top = 4 + ROW * len(STEPS)
    right = LEFT + 3 * PLACE
    sheet.text(LEFT + 0.5 * PLACE, top + 0.2, "head", size=8.5, colour=MUTED)
    sheet.text(right - 0.5 * PLACE, top + 0.2, "tail", size=8.5, colour=MUTED)
    for number, (call, items, pushed, taken) in enumerate(STEPS, 1):
        y = top - ROW * number
        sheet.text(1, y + 2, call, mono=True, size=9, align="left")
        sheet.items(LEFT, y, items, places=3, width=PLACE, height=4)
        if pushed:
            box = sheet.box(66, y, pushed, width=5, height=4, colour=BLUE, round_corners=False)
            sheet.arrow(box.left, (right + 0.5, y + 2), "RPUSH", colour=BLUE)
        if taken:
            box = sheet.box(27, y, taken, width=5, height=4, colour=GREEN, round_corners=False)
            sheet.arrow((LEFT - 0.5, y + 2), box.right, "BLPOP", colour=GREEN, lift=1.4, size=7.5)
    sheet.text(LEFT + 1.5 * PLACE, 1.6, "detection_queue", mono=True, size=9)
    return sheet


def overflow() -> Canvas:
    """Draw three policies, one below the other: a full queue, and job 6 that comes."""
    sheet, left = Canvas(80, 31), 36
    sheet.text(left + 0.5 * PLACE, 29.5, "oldest", size=8.5, colour=MUTED)
    sheet.text(left + 4.5 * PLACE, 29.5, "newest", size=8.5, colour=MUTED)
    full, moved_on = ["1", "2", "3", "4", "5"], ["2", "3", "4", "5", "6"]
    for y, policy, items in [
        (23, "reject", full),
        (13, "dlq", moved_on),
        (3, "drop_oldest", moved_on),
    ]:
        sheet.text(1, y + 2, policy, mono=True, size=9, align="left")
        queue = sheet.items(left, y, items, width=PLACE, height=4)
        start = (queue.x - 0.5, y + 2)
        if policy == "reject":
            new = sheet.box(74, y, "6", width=5, height=4, colour=BLUE, round_corners=False)
            sheet.arrow(new.left, (69.9, y + 2), colour=BLUE, dashed=True, head="-")
            sheet.text(69, y + 1.9, "✕", size=13, colour=ORANGE, bold=True)
            sheet.text(76.5, y - 1.5, "not added", size=8.5)
        elif policy == "dlq":
            letters = sheet.box(20, y, "1", width=5, height=4, colour=PURPLE, round_corners=False)
            sheet.arrow(start, letters.right, colour=PURPLE)
            sheet.text(22.5, y - 1.5, "dead-letter queue", size=8.5)
        else:
            sheet.arrow(start, (29.8, y + 2), dashed=True, head="-")
            sheet.text(29, y + 1.9, "✕", size=13, colour=ORANGE, bold=True)
            sheet.text(29, y - 1.5, "1 is gone", size=8.5)
    return sheet


PICTURES: dict[str, Callable[[], Canvas]] = {"queue_fifo": fifo, "queue_overflow": overflow}
