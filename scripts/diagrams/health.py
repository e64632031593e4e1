"""Lesson 01: what a platform does with the answers of two probes, while Redis is down."""

from __future__ import annotations

from collections.abc import Callable

from scripts.diagrams.kit import BLUE, INK, MUTED, ORANGE, Canvas

KUBERNETES, BACKEND, WIDTH = 16, 43, 13
"""Where the box of Kubernetes ends, where that of the backend begins, and how wide it is."""


def probes() -> Canvas:
    """Draw the right probes above, and below them the restart loop of a wrong one."""
    sheet = Canvas(80, 48)
    sheet.text(1, 46, "live never asks Redis", bold=True, align="left")
    _question(sheet, 43, "live?", "200: leave it alone", INK)
    _question(sheet, 37.2, "ready?", "503: send it no requests", ORANGE, asks_redis=True)
    _row(sheet, 31.5)
    sheet.line((1, 28), (79, 28), colour=MUTED, dashed=True, width=0.8)
    sheet.text(1, 25.4, "live asks Redis too", bold=True, align="left")
    _question(sheet, 22.4, "live?", "503: restart it", ORANGE, asks_redis=True)
    _row(sheet, 10.9)
    sheet.line((9, 10.9), (9, 5), colour=ORANGE, width=2.2)
    sheet.line((9, 5), (49.5, 5), colour=ORANGE, width=2.2)
    sheet.arrow((49.5, 5), (49.5, 10.9), colour=ORANGE)
    sheet.text(29, 6.8, "restart: again and again, until Redis is back", size=9, bold=True)
    sheet.text(29, 2.6, "Redis is no better for it.", size=8.5, colour=MUTED)
    return sheet


def _question(
    sheet: Canvas, y: float, asked: str, answer: str, colour: str, *, asks_redis: bool = False
) -> None:
    """Draw a question of the platform, its answer, and whether Redis is asked for it."""
    sheet.arrow((KUBERNETES, y), (BACKEND, y), asked, lift=1.1)
    sheet.arrow((BACKEND, y - 3), (KUBERNETES, y - 3), answer, colour=colour, lift=1.1)
    if asks_redis:
        sheet.arrow((BACKEND + WIDTH, y - 1.5), (67, y - 1.5), "PING", lift=1.1)


def _row(sheet: Canvas, y: float) -> None:
    sheet.box(2, y, "Kubernetes", width=KUBERNETES - 2, height=12.5, lit=False)
    sheet.box(BACKEND, y, "Backend", width=WIDTH, height=12.5, colour=BLUE)
    sheet.box(67, y, "Redis,\ndown", width=11, height=12.5, lit=False)


PICTURES: dict[str, Callable[[], Canvas]] = {"health_probes": probes}
