"""Lesson 03: how long a key lives, cache-aside, and many readers at once."""

from __future__ import annotations

from collections.abc import Callable

from scripts.diagrams.kit import BLUE, GREEN, MUTED, ORANGE, Canvas

REPORTS = (0, 10, 23, 30)
"""Seconds at which the camera reports: every ten, once three seconds late, then no more."""
AXIS, SECOND = 12.0, 0.8
"""Where second 0 is on the sheet, and how wide a second is."""


def time_to_live() -> Canvas:
    """Draw when a key is there that a camera sets anew with each report, for three TTLs."""
    sheet = Canvas(80, 29)
    end = AXIS + 80 * SECOND
    silent = AXIS + REPORTS[-1] * SECOND
    sheet.band(silent, 5, end - silent, 20, colour=MUTED)
    sheet.text((silent + end) / 2, 23.5, "the camera is silent", size=8.5, colour=MUTED)
    sheet.text(1, 21, "reports", align="left")
    for second in REPORTS:
        at = AXIS + second * SECOND
        sheet.arrow((at, 23.5), (at, 19.4))
    sheet.text(AXIS + 24.2 * SECOND, 26.5, "3 s late", size=8.5)
    for row, ttl in enumerate((10, 30, 300)):
        y = 15 - 4.4 * row
        sheet.text(1, y + 1.2, f"TTL {ttl} s", align="left")
        for start, stop in _there(ttl):
            # 90 lies beyond the sheet: what lasts longer leaves it, and has no end.
            x, width = AXIS + start * SECOND, (min(stop, 90) - start) * SECOND
            sheet.box(x, y, "", width=width, height=2.4, colour=GREEN, round_corners=False)
    sheet.text(AXIS + 42 * SECOND, 16.2, "vanished once while it was well", size=8.5, align="left")
    sheet.text(AXIS + 62 * SECOND, 11.8, "gone after 60 s", size=8.5, align="left")
    sheet.text(AXIS + 40 * SECOND, 7.4, "looks alive until 330 s", size=8.5)
    sheet.arrow((AXIS + 54 * SECOND, 7.4), (79.5, 7.4))
    sheet.line((AXIS, 4.6), (end, 4.6))
    for second in range(0, 81, 10):
        at = AXIS + second * SECOND
        sheet.line((at, 4.6), (at, 3.8))
        sheet.text(at, 2.6, str(second), size=8.5)
    sheet.text(end, 1, "seconds", size=8.5, align="right")
    return sheet


def _there(ttl: int) -> list[tuple[int, int]]:
    """Return from when to when the key is there: (second, second) of each stretch."""
    stretches: list[tuple[int, int]] = []
    for second in REPORTS:
        start = stretches.pop()[0] if stretches and second <= stretches[-1][1] else second
        stretches.append((start, second + ttl))
    return stretches


def cache_aside() -> Canvas:
    """Draw the three steps of a read through a cache."""
    sheet = Canvas(80, 20)
    reader = sheet.box(1, 1, "Dashboard", width=13, height=18)
    cache = sheet.box(63, 1, "Cache\n(Redis)", width=13, height=18, colour=ORANGE)
    camera = sheet.box(36, 7, "Camera", width=13, height=6, colour=GREEN)
    right = reader.right[0]
    sheet.arrow((right, 15.8), (cache.x, 15.8), "1 look: GET", size=9)
    sheet.arrow(reader.right, camera.left, "2 ask, on a miss", dashed=True, size=9)
    sheet.arrow((right, 3), (cache.x, 3), "3 store: SET … EX 300", size=9)
    return sheet


def stampede() -> Canvas:
    """Draw many readers that miss at once: each asks, or one asks and the others wait."""
    sheet = Canvas(80, 30)
    sheet.text(2, 28, "Stampede: each reader asks", align="left", bold=True)
    sheet.text(42, 28, "Single flight: one reader asks", align="left", bold=True)
    sheet.line((39.5, 1), (39.5, 29), colour=MUTED, dashed=True)
    all_ask = sheet.box(27, 9, "Camera", width=10, height=9, colour=GREEN)
    one_asks = sheet.box(67, 18, "Camera", width=11, height=6, colour=GREEN)
    turn = sheet.box(67, 3.5, "the turn\nis taken", width=11, height=8, colour=ORANGE)
    for row in range(4):
        y = 20 - 6 * row
        reader = sheet.box(2, y, f"reader {row + 1}", height=4, colour=BLUE)
        sheet.arrow(reader.right, (all_ask.x, 16.5 - 2 * row), dashed=True)
        reader = sheet.box(42, y, f"reader {row + 1}", height=4, colour=BLUE, lit=row == 0)
        if row == 0:
            sheet.arrow(reader.right, one_asks.left, dashed=True)
            sheet.text(60, 24, "SET NX: OK", size=8.5)
        else:
            sheet.arrow(reader.right, (turn.x, 9.9 - 1.6 * row), colour=MUTED)
    sheet.text(60.5, 17, "SET NX: None", size=8.5)
    sheet.text(78, 1.2, "the others wait, and look again", size=8.5, align="right")
    return sheet


PICTURES: dict[str, Callable[[], Canvas]] = {
    "time_to_live": time_to_live,
    "cache_aside": cache_aside,
    "stampede": stampede,
}
