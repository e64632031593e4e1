"""Reserve, work, acknowledge: where an item is, and the way back when its consumer dies."""

from __future__ import annotations

from collections.abc import Sequence

from scripts.diagrams.kit import BLUE, GREEN, MUTED, ORANGE, PURPLE, Canvas, Shape

PANEL = 20


def reserve() -> Canvas:
    """Draw the two lists four times, with item 7 on its way."""
    sheet = Canvas(80, 30)
    _panel(sheet, 0, "1  it waits", ["7", "8", "9"], "")
    queue, held = _panel(sheet, 1, "2  reserve", ["8", "9"], "7")
    head = (queue.x + 2.2, queue.y)
    sheet.arrow(head, (held.x + 2.2, held.y + 4), colour=ORANGE)
    sheet.text(queue.x + 9.3, 15, "moved, in\none step", size=8.5)
    _, held = _panel(sheet, 2, "3  acknowledge", ["8", "9"], "")
    sheet.arrow((held.x + 4.6, held.y + 2), (held.x + 9.4, held.y + 2), colour=GREEN)
    sheet.text(held.x + 12.4, held.y + 2, "done", size=9, colour=GREEN, bold=True)
    _, held = _panel(sheet, 3, "or: it dies", ["8", "9"], "")
    retry = sheet.items(held.x + 9.2, held.y, ["7"], width=4.6, colour=PURPLE)
    sheet.arrow(held.right, retry.left, colour=PURPLE, dashed=True)
    sheet.text(retry.bottom[0], held.y - 1.8, "retry", size=8)
    sheet.text(held.x + 7, 15, "its lease ran out", size=8.5)
    for number in (1, 2, 3):
        sheet.line((number * PANEL, 2), (number * PANEL, 28), colour=MUTED, dashed=True, width=0.8)
    return sheet


def _panel(
    sheet: Canvas, number: int, title: str, waiting: Sequence[str], held: str
) -> tuple[Shape, Shape]:
    """Draw the queue, and below it the processing list of one consumer; return both."""
    x = number * PANEL + 3
    sheet.text(x, 27.4, title, bold=True, align="left", size=10)
    queue = sheet.items(x, 20, waiting, places=3, width=4.6)
    sheet.text(x, 25, "detection_queue", size=8, align="left")
    place = sheet.items(x, 8, [held], width=4.6, colour=BLUE)
    sheet.text(x, 6.2, "processing list", size=8, align="left")
    sheet.text(x, 4.2, "of detector-1", size=8, align="left")
    return queue, place


PICTURES = {"reserve": reserve}
