"""Lesson 10: one primary with spares that Sentinels watch, and a Cluster that shares the keys."""

from __future__ import annotations

from scripts.diagrams.kit import BLUE, GREEN, MUTED, ORANGE, PURPLE, Canvas

HALF = 40


def several_servers() -> Canvas:
    """Draw Sentinel on the left and a Cluster on the right."""
    sheet = Canvas(80, 33)
    _sentinel(sheet)
    sheet.line((HALF - 1, 1), (HALF - 1, 32), colour=MUTED, dashed=True, width=0.8)
    _cluster(sheet)
    return sheet


def _sentinel(sheet: Canvas) -> None:
    sheet.text(1, 31.4, "Sentinel: one primary, and its spares", bold=True, align="left")
    client = sheet.box(1, 13, "client", width=8, height=5, colour=BLUE)
    watch = sheet.box(12, 22.5, "3 Sentinels", width=14, height=5, colour=PURPLE)
    primary = sheet.box(17, 13, "primary", width=10, height=5, colour=GREEN)
    sheet.arrow(client.top, (watch.x, 24))
    sheet.text(3, 21.8, "where?", size=8.5, align="left")
    sheet.arrow((watch.x + 10, watch.y), primary.top, colour=PURPLE, dashed=True)
    sheet.text(23.2, 20.2, "watch", size=8.5, colour=PURPLE, align="left")
    sheet.arrow(client.right, primary.left, "writes")
    for x in (10, 25):
        spare = sheet.box(x, 3, "replica", width=10, height=5, colour=GREEN, lit=False)
        sheet.arrow((primary.x + (2.5 if x == 10 else 7.5), primary.y), spare.top, colour=MUTED)
    sheet.text(22.4, 10.4, "each change", size=8.5, colour=MUTED)


def _cluster(sheet: Canvas) -> None:
    sheet.text(HALF + 1, 31.4, "Cluster: each shard has some of the slots", bold=True, align="left")
    client = sheet.box(HALF + 1, 13, "client", width=8, height=5, colour=BLUE)
    homes = (("shard 1", "{home-3}:…"), ("shard 2", "{home-1}:…"), ("shard 3", "{home-0}:…"))
    for row, (shard, keys) in enumerate(homes):
        lit = row == 2
        y = 22.5 - 9.5 * row
        box = sheet.box(HALF + 19, y, shard, width=9, height=5, colour=GREEN, lit=lit)
        sheet.items(HALF + 28.5, y + 0.5, [keys], width=10.5, height=4, colour=ORANGE, lit=lit)
        if lit:
            sheet.arrow(client.right, box.left)
            sheet.text(HALF + 2, 8.2, "all that begins\nwith {home-0}:", size=8.5, align="left")


PICTURES = {"several_servers": several_servers}
