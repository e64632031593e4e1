"""The table as a picture: each ratio against its goal, readable without colour."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from bench.measure import Ratio
from bench.report import Row

TITLE = "What a call costs, against its goal"
INK = "#333333"
# A shape as well as a colour: see `COLOURS` in course.plots.figures.
MARKER_AND_COLOUR = {"met": ("o", "#0072b2"), "missed": ("X", "#d55e00")}


def in_words(rows: Sequence[Row]) -> str:
    """Return what the chart shows: its alternative text."""
    said = [f"{row.path}: {row.value:.2f}, goal {row.goal}, {row.verdict}." for row in _drawn(rows)]
    return " ".join([f"{TITLE}.", *said])


def draw(rows: Sequence[Row], file: Path) -> None:
    """Draw every ratio that has a goal, as an SVG with the words in it.

    The goal of each row is the dashed line. What has missed it is on the right, whether it was to
    be at most or at least so much.
    """
    drawn = _drawn(rows)
    figure = Figure(figsize=(9, 1.2 + 0.3 * len(drawn)), layout="constrained")
    axes = figure.add_subplot(xlabel="← better      the goal is 1      worse →")
    for place, row in enumerate(drawn):
        if isinstance(row.measured, Ratio):
            low, middle, high = (
                value / row.at_most if row.at_most else (row.at_least or 0) / value
                for value in (row.measured.low, row.measured.median, row.measured.high)
            )
            marker, colour = MARKER_AND_COLOUR[row.verdict]
            axes.plot([low, high], [place, place], color=colour)
            axes.plot(middle, place, marker=marker, color=colour, markersize=8)
    axes.axvline(1, color=INK, linestyle="--", linewidth=1)
    labels = [f"{row.path}   {row.value:,.2f} (goal {row.goal}, {row.verdict})" for row in drawn]
    axes.set_yticks(range(len(drawn)), labels)
    axes.invert_yaxis()  # the first on top, as in the table
    axes.set_title(TITLE, loc="left", color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, metadata={"Title": TITLE, "Description": in_words(rows)})


def _drawn(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.verdict and isinstance(row.measured, Ratio)]
