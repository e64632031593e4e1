"""A call without an answer: the same for the client, whether it has been done or not."""

from __future__ import annotations

from scripts.diagrams.kit import BLUE, GREEN, INK, MUTED, ORANGE, Canvas

HALF = 40


def lost_reply() -> Canvas:
    """Draw client and server twice, time running down: the request is lost, or its answer."""
    sheet = Canvas(80, 31)
    for number, title in enumerate(("The request is lost", "The answer is lost")):
        x = number * HALF
        sheet.text(x + 2, 29.4, title, bold=True, align="left", size=10.5)
        client = sheet.box(x + 2, 22.6, "client", width=9, height=4, colour=BLUE)
        server = sheet.box(x + 27, 22.6, "Redis", width=9, height=4, colour=GREEN)
        left, right = client.bottom[0], server.bottom[0]
        sheet.line(client.bottom, (left, 5), colour=MUTED)
        if number == 0:
            sheet.line(server.bottom, (right, 5), colour=MUTED)
            _cut(sheet, (left, 18), (right - 10, 17), "RPUSH")
            sheet.text(right, 3.4, "0 in the queue", size=9, bold=True)
        else:
            sheet.arrow((left, 19.4), (right, 18.4), "RPUSH")
            sheet.line(server.bottom, (right, 16.2), colour=MUTED)
            sheet.line((right, 13.2), (right, 5), colour=MUTED)
            sheet.items(right - 2.5, 13.2, ["job"], width=5, height=3)
            _cut(sheet, (right, 11.8), (left + 10, 10.8), "1")
            sheet.text(right, 3.4, "1 in the queue", size=9, bold=True)
        sheet.text(left + 1, 7.2, "ConnectionError", size=9, colour=ORANGE, bold=True, align="left")
        sheet.text(left, 3.4, "it cannot know", size=9)
    sheet.line((HALF - 1, 2), (HALF - 1, 30), colour=MUTED, dashed=True, width=0.8)
    return sheet


def _cut(sheet: Canvas, start: tuple[float, float], end: tuple[float, float], text: str) -> None:
    """Draw an arrow that does not arrive."""
    sheet.arrow(start, end, text, colour=INK, dashed=True, head="-")
    away = 1.2 if end[0] > start[0] else -1.2
    sheet.text(end[0] + away, end[1] - 0.1, "✕", size=15, colour=ORANGE, bold=True)


PICTURES = {"lost_reply": lost_reply}
