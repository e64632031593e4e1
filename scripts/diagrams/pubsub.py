"""Lesson 04: a queue beside a channel, and what a subscriber misses."""

from __future__ import annotations

from collections.abc import Callable

from scripts.diagrams.kit import GREEN, INK, MUTED, ORANGE, PURPLE, Canvas

EVENTS = {number: 18.0 + 9 * number for number in range(1, 7)}
"""{event: where on the sheet it is published}."""


def queue_and_channel() -> Canvas:
    """Draw where one item goes: to one consumer of a queue, or to every subscriber of a channel."""
    sheet = Canvas(80, 34)
    for y, kind in ((23.5, "queue"), (6, "channel")):
        sheet.text(1, y + 7, kind, align="left", bold=True)
        sender = sheet.box(1, y, "sends 1", width=12, height=4.6, colour=MUTED, lit=False)
        if kind == "queue":
            held = sheet.items(28, y + 0.3, ["1"], width=8)
            sheet.text(held.bottom[0], y - 1.4, "kept until one takes it", size=8.5)
            others = "waits on"
        else:
            held = sheet.box(28, y + 0.3, "1", width=8, height=4, colour=PURPLE)
            sheet.text(held.bottom[0], y - 1.4, "kept for nobody", size=8.5)
            others = "gets 1"
        sheet.arrow(sender.right, held.left)
        for row, what in enumerate(("gets 1", others, others)):
            lit = what == "gets 1"
            reader = sheet.box(
                61, y + 5.3 - 5 * row, what, width=15, height=4, colour=GREEN, lit=lit
            )
            if lit:
                sheet.arrow(held.right, reader.left)
    return sheet


def missed_events() -> Canvas:
    """Draw which of six events three subscribers hear: always there, late, and cut off once."""
    sheet = Canvas(80, 24)
    sheet.text(1, 22, "published", align="left")
    for number, x in EVENTS.items():
        sheet.box(x - 1.5, 20.5, str(number), width=3, height=3, colour=PURPLE)
        sheet.arrow((x, 20.6), (x, 18))
    rows = {
        "always there": ((22, 78),),
        "subscribes late": ((40.5, 78),),
        "cut off for a moment": ((22, 49.5), (58.5, 78)),
    }
    for row, (name, spans) in enumerate(rows.items()):
        y = 15 - 5.5 * row
        sheet.text(1, y + 1.5, name, align="left")
        for start, end in spans:
            sheet.band(start, y, end - start, 3, colour=GREEN)
            sheet.line((start, y), (start, y + 3), colour=GREEN, width=2.2)
        for number, x in EVENTS.items():
            heard = any(start < x < end for start, end in spans)
            what, colour = (str(number), INK) if heard else ("missed", ORANGE)
            sheet.text(x, y + 1.5, what, size=9, bold=heard, colour=colour)
    return sheet


PICTURES: dict[str, Callable[[], Canvas]] = {
    "queue_and_channel": queue_and_channel,
    "missed_events": missed_events,
}
