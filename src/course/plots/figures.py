"""Draw: functions that return a matplotlib figure, which a notebook shows when `show` says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from math import nan
from typing import Any, Literal

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from course.plots.lengths import Lengths, Mark, Outage
from course.plots.words import MARK, OUTAGE, ROW

SIZE = (8.0, 3.4)
"""Inches: the width of a notebook's column."""
# Okabe and Ito chose these for colour-blind readers. Those that are too pale on white are left out,
# and a marker and a dash tell the series apart where there is no colour at all.
COLOURS = tuple(matplotlib.color_sequences["okabe_ito"][place] for place in (5, 6, 3, 7, 0))
LOOKS: dict[str, Any] = {
    "color": COLOURS,
    "marker": ("o", "s", "^", "D", "v"),
    "linestyle": ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1))),
}
INK, PALE = "#333333", "#dddddd"
SILENT = "#e8e8e8"
LEGEND: dict[str, Any] = {"frameon": False, "fontsize": 10, "handlelength": 2.8}


def queue_lengths(lengths: Lengths, *, title: str, reach: tuple[float, float] = (0, 0)) -> Figure:
    """Draw the lengths of queues: by seconds, or by step when they were sampled step by step.

    Where the server gave no answer, no length is known: the lines have a gap there, on grey.

    Args:
        lengths: what `watch` has measured.
        title: what the reader shall see in it.
        reach: how far the axes reach at least, (seconds or steps, items): for figures to compare.
    """
    figure = line(
        lengths,
        x=lengths.x,
        title=title,
        x_label="seconds" if lengths.timed else "step",
        y_label="items waiting",
        draw="steps",  # a length holds until it changes
        marks=lengths.marks,
        outages=lengths.outages,
        reach=reach,
    )
    axes = figure.axes[0]
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10], integer=True))
    if not lengths.timed:
        axes.xaxis.set_major_locator(MaxNLocator(nbins=14, steps=[1, 2, 5, 10], integer=True))
    return figure


def round_trips(milliseconds: Sequence[float], *, title: str) -> Figure:
    """Draw one point for each round trip, in milliseconds, in the order in which they were made."""
    series = {"round trip": milliseconds}
    return line(series, title=title, x_label="call", y_label="milliseconds", draw="points")


def line(
    series: Mapping[str, Sequence[float]],
    *,
    x: Sequence[float] | None = None,
    title: str,
    x_label: str,
    y_label: str,
    draw: Literal["line", "steps", "points"] = "line",
    marks: Sequence[Mark] = (),
    outages: Sequence[Outage] = (),
    reach: tuple[float, float] = (0, 0),
) -> Figure:
    """Draw one or more series over the same x. The y axis begins at 0.

    Args:
        series: {label: values}.
        x: where the values stand, one for each; by default they are numbered from 1.
        title: what the reader shall see in it.
        x_label: what x counts, with its unit.
        y_label: what y counts, with its unit.
        draw: join the values by lines, hold each until the next ("steps"), or leave them as points.
        marks: moments on the x axis, drawn as vertical lines with their labels.
        outages: where on the x axis nothing was measured: the series have a gap, on a grey band.
        reach: how far the axes reach at least, (x, y): for figures that are to be compared.
    """
    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.add_subplot(xlabel=x_label, ylabel=y_label)
    axes.set_prop_cycle(**LOOKS)
    for number, (label, values) in enumerate(series.items()):
        places = range(1, len(values) + 1) if x is None else x
        few = draw == "points" or len(values) <= 30
        axes.plot(
            *with_gaps(places, values, outages),
            label=label,
            linewidth=0 if draw == "points" else 2,
            drawstyle="steps-post" if draw == "steps" else "default",
            # Markers tell several lines apart without colour: a dozen along each. On a single long
            # line they would only look like measurements of their own.
            markersize=(4 if draw == "points" else 5) if few or len(series) > 1 else 0,
            markevery=1 if few else (number * 3, len(values) // 12),
        )
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 3, 5, 10]))
    if x is None:  # numbered values: a reader may ask for each
        axes.xaxis.set_major_locator(MaxNLocator(nbins=18, steps=[1, 2, 5, 10], integer=True))
    finish(figure, axes, title, marks, outages, reach)
    return figure


def deliveries(panels: Mapping[str, Mapping[str, Sequence[int]]], *, title: str) -> Figure:
    """Draw who got which items: panels side by side, a row for each consumer, a dot for each item.

    Args:
        panels: {title of the panel: {consumer: numbers of the items that it got}}.
        title: what the reader shall see in it.
    """
    rows = max(len(consumers) for consumers in panels.values())
    figure = Figure(figsize=(SIZE[0], 1.5 + 0.4 * rows), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, color=INK)
    items = [item for panel in panels.values() for got in panel.values() for item in got]
    for place, (name, consumers) in enumerate(panels.items()):
        axes = figure.add_subplot(1, len(panels), place + 1, xlabel="item")
        axes.set_prop_cycle(**LOOKS)
        axes.set_title(name, loc="left", fontsize=11, color=INK)
        for row, (consumer, got) in enumerate(consumers.items()):
            axes.plot(
                got,
                [row] * len(got),
                label=consumer,
                gid=ROW,
                linewidth=0,
                markersize=9,
            )
        axes.set_yticks(range(len(consumers)), list(consumers))
        axes.set_ylim(len(consumers) - 0.5, -0.5)  # the first on top, as in a list
        axes.set_xlim(min(items, default=0) - 0.6, max(items, default=1) + 0.6)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=12, integer=True))
        _dress(axes)
    return figure


def finish(
    figure: Figure,
    axes: Axes,
    title: str,
    marks: Sequence[Mark],
    outages: Sequence[Outage],
    reach: tuple[float, float] = (0, 0),
) -> None:
    """Add what all figures have: limits, marks, outages, title and, where it helps, a legend."""
    for start, end in outages:
        axes.axvspan(start, end, gid=OUTAGE, label="no answer", color=SILENT, linewidth=0)
    drawn = axes.dataLim  # the box around all that is drawn
    right, top = max(drawn.x1, reach[0]), max(drawn.y1, reach[1]) or 1
    edge = 0.02 * (right - drawn.x0) or 0.5  # of a single value, half a step
    axes.set_xlim(drawn.x0 - edge, right + edge)
    axes.set_ylim(-0.04 * top, 1.04 * top)
    _dress(axes)
    handles = [*{part.get_label(): part for part in [*axes.lines, *axes.patches]}.values()]
    rows = _draw_marks(axes, marks)
    axes.set_title(title, loc="left", fontsize=12, color=INK, pad=8 + 14 * rows)
    if len(handles) > 1:  # below the axes, where it covers no data
        figure.legend(handles=handles, loc="outside lower center", ncols=4, **LEGEND)


def with_gaps(
    x: Sequence[float], y: Sequence[float], outages: Sequence[Outage]
) -> tuple[list[float], list[float]]:
    """Return the points of a series, with a point that is no number where each outage begins."""
    points = [*zip(x, y, strict=True)]
    for start, _ in outages:
        points.insert(sum(at <= start for at, _ in points), (start, nan))
    return [at for at, _ in points], [value for _, value in points]


def _dress(axes: Axes) -> None:
    """Leave of the frame and the grid what helps to read a value."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(INK)
    axes.tick_params(labelsize=10, colors=INK)
    axes.xaxis.label.set(fontsize=10, color=INK)
    axes.yaxis.label.set(fontsize=10, color=INK)
    axes.grid(axis="y", color=PALE, linewidth=0.8)
    axes.set_axisbelow(True)


def _draw_marks(axes: Axes, marks: Sequence[Mark]) -> int:
    """Draw the marks, their labels above the axes; return how many rows the labels take."""
    low, high = axes.get_xlim()
    ends: dict[int, float] = {}  # of each row: how far its labels reach, as a part of the width
    for mark in sorted(marks):
        axes.axvline(
            mark.at, gid=MARK, label=mark.label, color=INK, linestyle=(0, (2, 2)), linewidth=1
        )
        width = 0.0095 * len(mark.label)
        place = (mark.at - low) / (high - low)
        start, side = (place - width, "right") if place + width > 1 else (place, "left")
        row = next(row for row in count() if row not in ends or ends[row] < start)
        ends[row] = start + width + 0.01
        axes.annotate(
            mark.label,
            (place, 1),
            xycoords="axes fraction",
            xytext=(0, 2 + 14 * row),
            textcoords="offset points",
            horizontalalignment=side,
            fontsize=9,
            color=INK,
        )
    return len(ends)
