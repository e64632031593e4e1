"""The system in one line: programs above, what Redis holds for them below."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from scripts.diagrams.kit import GREEN, INK, MUTED, ORANGE, Canvas

PROGRAMS = {
    "cameras": "Camera\nfolders",
    "watcher": "File\nwatcher",
    "detector": "Detector",
    "aggregator": "Batch\naggregator",
    "analyzer": "Analyzer",
    "dashboard": "Dashboard",
}
HELD = {  # by Redis: (below the gap behind which program, text)
    "detection_queue": (1, "detection_queue"),
    "batch": (2, "batch:<id>:…"),
    "analysis_queue": (3, "analysis_queue"),
    "security_events": (4, "security_events"),
}
KINDS = {"detection_queue": "queue", "batch": "the open batches", "analysis_queue": "queue"}
STEP, WIDTH = 13.4, 10.6

LIT: dict[str, Collection[str]] = {
    "start": ("watcher", "detection_queue", "detector"),
    "health": ("redis",),
    "queue": ("watcher", "detection_queue", "detector"),
    "cache": ("redis", "batch", "aggregator"),
    "pubsub": ("analyzer", "security_events", "dashboard"),
    "stages": (*PROGRAMS, *HELD, "redis"),
    "lose_nothing": ("detection_queue", "detector"),
    "redis_fails": ("redis", *HELD),
    "outside": ("redis", "detection_queue", "analysis_queue"),
    "on_call": (*PROGRAMS, *HELD, "redis"),
    "faster": ("redis", *HELD),
}
"""{picture: what is lit}."""


def pipeline(lit: Collection[str]) -> Canvas:
    """Draw the system.

    Args:
        lit: names of `PROGRAMS` and of `HELD`, and "redis"; the others are pale.
    """
    sheet = Canvas(80, 20)
    middles = []
    for place, (name, text) in enumerate(PROGRAMS.items()):
        box = sheet.box(1 + place * STEP, 13.4, text, width=WIDTH, height=6, lit=name in lit)
        middles.append(box.bottom[0])
    sheet.arrow((1 + WIDTH, 16.4), (1 + STEP, 16.4), colour=INK if "cameras" in lit else MUTED)
    on = "redis" in lit
    sheet.box(13, 1.2, "", width=62, height=8.2, colour=GREEN, lit=on)
    sheet.text(14.5, 5.3, "Redis", bold=on, align="left", colour=INK if on else MUTED)
    for name, (gap, text) in HELD.items():
        shines = name in lit
        middle = (middles[gap] + middles[gap + 1]) / 2
        held = sheet.box(
            middle - 6.4, 3, "", width=12.8, height=4.6, colour=ORANGE, lit=shines,
            round_corners=False,
        )  # fmt: skip
        colour = INK if shines else MUTED
        sheet.text(middle, 6, text, size=8, mono=True, bold=shines, colour=colour)
        sheet.text(middle, 4.2, KINDS.get(name, "channel"), size=8, colour=colour)
        sheet.arrow((middles[gap] + 1.5, 13.4), (held.x + 3, 7.6), colour=colour)
        sheet.arrow((held.x + 9.8, 7.6), (middles[gap + 1] - 1.5, 13.4), colour=colour)
    return sheet


PICTURES: dict[str, Callable[[], Canvas]] = {
    f"pipeline_{name}": partial(pipeline, lit) for name, lit in LIT.items()
}
