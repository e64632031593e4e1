"""When a batch closes: 30 seconds after its last detection, or 90 after its first."""

from __future__ import annotations

from collections.abc import Sequence

from scripts.diagrams.kit import BLUE, GREEN, INK, ORANGE, Canvas

LEFT, SECOND = 14.0, 0.5  # where 0 s is, and how wide a second


def batch_window() -> Canvas:
    """Draw two batches over the seconds since their first detection."""
    sheet = Canvas(80, 27)
    _batch(sheet, 18, "front_door", (0, 10, 35), "30 s of silence")
    _batch(sheet, 7, "garden", (0, 20, 40, 60, 80), "")
    sheet.line((LEFT, 4), (LEFT + 105 * SECOND, 4))
    for second in range(0, 101, 10):
        x = LEFT + second * SECOND
        sheet.line((x, 3.4), (x, 4))
        sheet.text(x, 2.2, str(second), size=8.5)
    sheet.text(LEFT + 107.5 * SECOND, 4, "s", size=9)
    return sheet


def _batch(sheet: Canvas, y: float, camera: str, seen: Sequence[int], silence: str) -> None:
    """Draw one camera's detections, and where their batch closes."""
    closes = min(seen[-1] + 30, seen[0] + 90)
    x, last, end = (LEFT + second * SECOND for second in (seen[0], seen[-1], closes))
    sheet.text(LEFT - 1.5, y + 2, camera, size=9, mono=True, align="right")
    sheet.band(x, y, end - x, 4, colour=BLUE)
    for second in seen:
        middle = LEFT + second * SECOND
        sheet.line((middle, y + 0.8), (middle, y + 3.2), colour=ORANGE, width=4)
    sheet.line((end, y - 0.6), (end, y + 4.6), colour=GREEN, width=2.6)
    why = "idle" if silence else "window"
    sheet.text(end + 1, y + 2, f"closed: {why}", size=9.5, bold=True, align="left")
    if silence:
        sheet.arrow((last, y + 5.4), (end, y + 5.4), silence, colour=INK, head="<|-|>")
    else:
        sheet.arrow((x, y + 5.4), (end, y + 5.4), "90 s in all", colour=INK, head="<|-|>")


PICTURES = {"batch_window": batch_window}
